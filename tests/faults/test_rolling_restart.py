"""A rolling restart: every engine, replay and gateway is told to go and comes again, one after the other, while viewers
watch. They drain: no bin is lost, none comes twice, and nobody waits for a lease, a silence or a timeout.
"""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path

import pytest

from tests.faults.arena import arena
from tests.faults.watching import Watcher, all_go_on, follow

SESSIONS = 3
VIEWERS = 6
SECONDS = 75
PAUSE_S = 2.0
"""Less than any patience: a drained worker says so instead of being missed."""


@pytest.mark.slow
async def test_a_rolling_restart_loses_no_bin_and_is_hardly_seen(tmp_path: Path) -> None:
    async with arena(tmp_path, SECONDS) as made:
        await made.make_sessions(SESSIONS, SECONDS)
        watchers = [Watcher(made.played[i % SESSIONS]) for i in range(VIEWERS)]
        steps: list[tuple[str, float]] = []
        async with asyncio.TaskGroup() as group:
            viewers = [
                group.create_task(follow(made.stack, made.gateways, watcher, random.Random(i)))
                for i, watcher in enumerate(watchers)
            ]
            assert await all_go_on(watchers, 0.0, 20)
            for service in [*(e.service for e in made.engines), *made.replays, *made.gateways]:
                await asyncio.sleep(1)
                began_s = time.monotonic()
                assert await asyncio.to_thread(service.stop) == 0, service.log.read_text()
                service.start(wait=False)
                await asyncio.to_thread(service.wait_ready)
                assert await all_go_on(watchers, time.monotonic(), 20)
                pauses = [p.seconds for w in watchers for p in w.pauses if p.until_s > began_s]
                steps.append((service.name, max(pauses, default=0.0)))
            await made.speed_up(10)
            await asyncio.gather(*viewers)
        for name, pause in steps:
            print(
                f"{name} restarted: longest pause {pause:.2f} s" if pause else f"{name} restarted: no pause"
            )
        codes = sorted({code for watcher in watchers for code in watcher.closes})
        print(f"{sum(w.connections for w in watchers)} connections of {VIEWERS} viewers, closed with {codes}")
        assert all(watcher.whole for watcher in watchers), [(w.bins, w.lost, w.wrong) for w in watchers]
        assert codes == [1000, 1012]
        assert max(pause for _, pause in steps) < PAUSE_S
