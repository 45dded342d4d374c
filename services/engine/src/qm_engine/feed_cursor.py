"""What to do with a message of ``mbo.<session>``: use it, ignore it, or ask for a new feed. Pure."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from qmcore.contracts.bus_messages import BatchHeader, BatchKind

SILENCE_S: Final = 2.0
"""Replay workers send a heartbeat every half second; a feed that is silent for so long is dead."""


class Verdict(Enum):
    """What to do with a message. ``ASK_AGAIN`` is said once a feed; the rest of it is ignored."""

    USE = auto()
    IGNORE = auto()
    ASK_AGAIN = auto()


class FeedCursor:
    """Follows one session's feeds, one after the other; no record is taken twice, none is left out."""

    def __init__(self, lease_epoch: int, first_event_index: int, *, attempt: int = 0) -> None:
        """``attempt``: how often this worker has begun with the session before."""
        self._epoch = (lease_epoch << 20) + (attempt << 10)
        self._next_index = first_event_index
        self._next_batch = 0
        self._heard_s: float | None = None
        self._broken = False

    @property
    def epoch(self) -> int:
        """Epoch of the newest feed: it grows with every request, also across workers."""
        return self._epoch

    @property
    def next_index(self) -> int:
        """Index of the next record to take."""
        return self._next_index

    def new_feed(self) -> int:
        """A new feed is asked for, from ``next_index`` on; the answer is its epoch."""
        self._epoch += 1
        self._next_batch = 0
        self._heard_s = None
        self._broken = False
        return self._epoch

    def feeding(self, now_s: float) -> None:
        """A replay worker has accepted the request."""
        self._heard_s = now_s

    def receive(self, header: BatchHeader, now_s: float) -> Verdict:
        """A message has come. Messages of older feeds, and repeated ones, are ignored."""
        if header.epoch != self._epoch or self._broken:
            return Verdict.IGNORE
        self._heard_s = now_s
        if header.kind is BatchKind.HEARTBEAT or header.batch < self._next_batch:
            return Verdict.IGNORE
        hole = header.kind is BatchKind.RECORDS and header.first_event_index != self._next_index
        if header.kind is BatchKind.HANDOVER or header.batch > self._next_batch or hole:
            self._broken = True
            return Verdict.ASK_AGAIN
        self._next_batch += 1
        self._next_index += header.count
        return Verdict.USE

    def silent(self, now_s: float) -> bool:
        """Whether the feed is dead."""
        return self._heard_s is not None and now_s - self._heard_s > SILENCE_S
