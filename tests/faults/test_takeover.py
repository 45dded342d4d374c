"""A killed engine's session goes on at another one within 5 s of its last heartbeat; short stalls move none."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from pathlib import Path

import pytest

from qmcore.contracts.bus_messages import SessionStatus
from tests.faults.arena import Arena, arena, logs_of
from tests.faults.watching import Watcher, all_go_on, follow

SECONDS = 60
KILLS = 3
TAKEOVER_S = 5.0
STALL_S = 1.2
"""Less than a lease lasts after its last renewal, and than the queue's patience."""


async def the_session(made: Arena) -> SessionStatus:
    """The one that runs."""
    (status,) = await made.running()
    return status


async def takeover(made: Arena, watcher: Watcher) -> tuple[float, float]:
    """Kill the session's engine; seconds from its last heartbeat to the other one's, and to the viewer's next bin."""
    engine = await made.engine_of(await the_session(made))
    assert engine is not None
    killed = engine.service.pid
    await asyncio.to_thread(engine.service.kill)
    killed_s, before = time.monotonic(), watcher.bins
    # What was under way has come by now, so that the next bin is the other engine's.
    await asyncio.sleep(0.3)
    last = await the_session(made)
    assert last.worker.endswith(f"-{killed}")
    while (await the_session(made)).worker == last.worker:
        assert time.monotonic() - killed_s < 20, logs_of(made.stack.folder)
        await asyncio.sleep(0.01)
    other_s = time.time_ns() / 1e9 - last.updated_ns / 1e9
    assert await all_go_on([watcher], killed_s + 0.3, 20)
    assert watcher.bins > before
    pause = watcher.pauses[-1]
    beat_s = last.updated_ns / 1e9 + (time.monotonic() - time.time())
    engine.service.start(wait=False)
    await asyncio.to_thread(engine.service.wait_ready)  # its wires are of this loop
    return other_s, pause.until_s - beat_s


@pytest.mark.slow
async def test_a_killed_engines_session_goes_on_within_five_seconds(tmp_path: Path) -> None:
    async with arena(tmp_path, SECONDS) as made:
        await made.make_sessions(1, SECONDS)
        watcher = Watcher(made.played[0])
        choice = random.Random(1)
        async with asyncio.TaskGroup() as group:
            viewer = group.create_task(follow(made.stack, made.gateways, watcher, choice))
            assert await all_go_on([watcher], 0.0, 20)
            times = []
            for _ in range(KILLS):
                await asyncio.sleep(choice.uniform(2, 4))
                times.append(await takeover(made, watcher))
            await made.speed_up(10)
            await viewer
        for other, bin_ in times:
            print(
                f"takeover after {other:.2f} s, next bin after {bin_:.2f} s (since the last heartbeat, at 1x)"
            )
        assert watcher.whole, watcher.wrong
        assert max(bin_ for _, bin_ in times) <= TAKEOVER_S


@pytest.mark.slow
async def test_an_engine_that_stalls_for_a_moment_keeps_its_session(tmp_path: Path) -> None:
    async with arena(tmp_path, 20) as made:
        await made.make_sessions(1, 20)
        watcher = Watcher(made.played[0])
        async with asyncio.TaskGroup() as group:
            viewer = group.create_task(follow(made.stack, made.gateways, watcher, random.Random(1)))
            assert await all_go_on([watcher], 0.0, 20)
            before = await the_session(made)
            engine = await made.engine_of(before)
            assert engine is not None
            for _ in range(3):
                engine.service.send(signal.SIGSTOP)
                await asyncio.sleep(STALL_S)
                engine.service.send(signal.SIGCONT)
                assert await all_go_on([watcher], time.monotonic(), 10)
                await asyncio.sleep(1)
            assert (await the_session(made)).worker == before.worker
            await made.speed_up(10)
            await viewer
        assert watcher.whole, watcher.wrong
