"""Everything dies, stands still, is cut off, comes late or twice, in a random order that a seed repeats; and every
viewer that comes again has every bin of its session exactly once, byte for byte as in the offline dataset.

The short version is part of every run, the long one is ``make faults``. ``QM_FAULTS``, ``QM_FAULTS_SESSIONS``,
``QM_FAULTS_VIEWERS``, ``QM_FAULTS_SEED`` and ``QM_FAULTS_SECONDS`` (market time of a session) change either.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.arena import arena, logs_of
from tests.faults.figures import Figures
from tests.faults.injection import Injection
from tests.faults.plan import make_plan
from tests.faults.watching import Watcher, all_go_on, follow

RECOVERY_S = 60.0
"""Longer than any fault may take to mend on a busy machine."""

LAST_SPEED = 6.0
"""Once the last fault is mended, the rest is played at this speed."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    faults: int
    sessions: int
    viewers: int
    seed: int
    seconds: int

    @classmethod
    def of(cls, **default: int) -> Size:
        """``default``, unless the environment says otherwise."""
        names = {"faults": "QM_FAULTS"} | {n: f"QM_FAULTS_{n.upper()}" for n in default if n != "faults"}
        return cls(**{name: int(os.environ.get(names[name], default[name])) for name in default})


async def run(folder: Path, size: Size) -> tuple[Figures, list[Watcher]]:
    """The faults of the seed, one after the other, each mended before the next one."""
    async with arena(folder, size.seconds) as made:
        await made.make_sessions(size.sessions, size.seconds)
        watchers = [Watcher(made.played[i % size.sessions]) for i in range(size.viewers)]
        figures, injection = Figures(), Injection(made)
        async with asyncio.TaskGroup() as group:
            viewers = [
                group.create_task(follow(made.stack, made.gateways, watcher, random.Random(size.seed + i)))
                for i, watcher in enumerate(watchers)
            ]
            assert await all_go_on(watchers, 0.0, RECOVERY_S), logs_of(folder)
            for fault in make_plan(size.seed, size.faults):
                if all(watcher.end for watcher in watchers):
                    break
                done = await injection.inject(fault)
                figures.done.append((fault, done))
                print(f"{time.monotonic() - figures.began_s:6.1f} s  {fault.kind}", flush=True)
                if not await all_go_on(watchers, done.whole_s, RECOVERY_S):
                    still = {w.played.alias for w in watchers if w.end is None and w.last_s <= done.whole_s}
                    raise AssertionError(f"{sorted(still)} did not go on after: {fault}\n{logs_of(folder)}")
                await made.all_ready()
                await asyncio.sleep(fault.then_s)
            await made.speed_up(LAST_SPEED)
            async with asyncio.timeout(RECOVERY_S + size.seconds):
                await asyncio.gather(*viewers)
    print(figures.table(watchers))
    return figures, watchers


def check(size: Size, figures: Figures, watchers: list[Watcher]) -> None:
    """Nothing was lost, nothing came twice, all is as in the dataset."""
    assert len(figures.done) == size.faults, "the sessions were over before the faults: QM_FAULTS_SECONDS"
    for watcher in watchers:
        assert watcher.wrong == []
        assert (watcher.lost, watcher.duplicated) == (0, 0)
        assert watcher.whole, f"{watcher.bins} of {len(watcher.played.digests)} bins, end: {watcher.end}"


@pytest.mark.slow
async def test_no_bin_is_lost_and_none_comes_twice(tmp_path: Path) -> None:
    size = Size.of(faults=8, sessions=3, viewers=6, seed=11, seconds=75)
    check(size, *await run(tmp_path, size))


@pytest.mark.slow_faults
@pytest.mark.timeout(3600)
async def test_fifty_faults(tmp_path: Path) -> None:
    size = Size.of(faults=50, sessions=8, viewers=40, seed=1, seconds=540)
    check(size, *await run(tmp_path, size))
