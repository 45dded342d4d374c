"""Viewers that come again after every close, and hold each bin against the offline dataset as it comes."""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from qm_harness.dataset import Dataset
from tests.fixtures.stack import Service, Stack

COME_AGAIN_S = {1012: 0.05, 1013: 0.5}
"""By close code; the page waits about so long as well."""

NOTICEABLE_S = 0.5


def digest(arrow: bytes) -> bytes:
    """Enough of a frame to know it by."""
    return hashlib.blake2b(arrow, digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Played:
    """A session to watch: an alias, and what the offline dataset says about each of its bins."""

    alias: str
    digests: Sequence[bytes]

    @classmethod
    def of(cls, alias: str, dataset: Dataset) -> Played:
        """What ``dataset`` holds."""
        return cls(alias, [digest(frame) for frame in dataset.frames()])


@dataclass(frozen=True, slots=True)
class Pause:
    """A viewer had nothing new between two times of the monotonic clock."""

    since_s: float
    until_s: float

    @property
    def seconds(self) -> float:
        """How long."""
        return self.until_s - self.since_s


@dataclass(slots=True)
class Watcher:
    """One viewer over all its connections."""

    played: Played
    session_id: str = ""
    bins: int = 0
    lost: int = 0
    duplicated: int = 0
    wrong: list[str] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    last_s: float = 0.0
    connections: int = 0
    closes: list[int] = field(default_factory=list)
    end: dict[str, object] | None = None

    def take(self, session_id: str, seq: int, arrow: bytes, dropped: int) -> None:
        """A bin has come."""
        now = time.monotonic()
        if self.session_id and session_id != self.session_id:
            self.wrong.append(f"session {session_id} after {self.session_id}, bin {self.bins}")
        self.session_id = session_id
        if seq < self.bins:
            self.duplicated += 1
            return
        self.lost += max(seq - self.bins, dropped)
        if seq >= len(self.played.digests) or digest(arrow) != self.played.digests[seq]:
            self.wrong.append(f"bin {seq} is not the dataset's")
        if self.bins and now - self.last_s > NOTICEABLE_S:
            self.pauses.append(Pause(self.last_s, now))
        self.bins, self.last_s = seq + 1, now

    @property
    def whole(self) -> bool:
        """Whether it has every bin once, and the end."""
        ended = self.end is not None and self.end["state"] == "ended"
        return (
            ended
            and self.bins == len(self.played.digests)
            and not (self.lost or self.duplicated or self.wrong)
        )


async def follow(stack: Stack, gateways: Sequence[Service], watcher: Watcher, choice: random.Random) -> None:
    """Watch to the end, at any gateway, coming again with a resume point as often as it takes."""
    while watcher.end is None:
        resume = (watcher.session_id, watcher.bins - 1) if watcher.bins else None
        wait_s = 0.3
        try:
            async with stack.watch(watcher.played.alias, choice.choice(gateways), resume=resume) as viewer:
                watcher.connections += 1
                while await viewer.read_message():
                    for got in viewer.bins:
                        watcher.take(viewer.session_id, got.seq, got.arrow, int(got.update.get("dropped", 0)))
                    viewer.bins.clear()
                watcher.end = viewer.end
                watcher.closes.append(viewer.close_code or 0)
                wait_s = COME_AGAIN_S.get(viewer.close_code or 0, wait_s)
        except (OSError, EOFError, TimeoutError):
            pass  # the gateway is down
        await asyncio.sleep(wait_s)


async def all_go_on(watchers: Sequence[Watcher], since_s: float, patience_s: float) -> bool:
    """Wait until every viewer had a bin after ``since_s``, or the end; false when that takes too long."""

    def gone_on() -> bool:
        return all(w.end is not None or w.last_s > since_s for w in watchers)

    return await true_within(gone_on, patience_s)


async def true_within(happened: Callable[[], bool], patience_s: float) -> bool:
    """Whether ``happened()`` within the time."""
    end = time.monotonic() + patience_s
    while not happened():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.05)
    return True
