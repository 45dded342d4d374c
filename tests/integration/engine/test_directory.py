"""The session directory against a real Redis: one session a serving, one worker a session, nothing that must last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from qmcore.contracts.bus_messages import Pace, SessionStart, SessionStatus
from qmcore.contracts.messages import SessionState
from qmcore.contracts.subjects import new_session_id
from qmcore.errors import Unavailable
from qmcore.sessions import RedisWatch, SessionDirectory, Wish
from tests.fixtures.brokers import RedisServer
from tests.fixtures.eventually import eventually
from tests.fixtures.market import config, serving


@pytest.fixture
async def directory(redis_server: RedisServer) -> AsyncIterator[SessionDirectory]:
    made = SessionDirectory(redis_server.url)
    yield made
    await made.close()


def new_start(tanh_scale: float) -> SessionStart:
    spec = serving(config(flow_tanh_scale=tanh_scale))
    return SessionStart(
        session_id=new_session_id(), serving_name="x", serving=spec, created_ns=time.time_ns()
    )


def status_of(start: SessionStart, state: SessionState = "pending") -> SessionStatus:
    return SessionStatus(
        session_id=start.session_id,
        serving_id=start.serving.serving_id,
        serving_name=start.serving_name,
        symbol="ESH5",
        state=state,
        pace=Pace(),
        bin_seq=-1,
        event_index=0,
        progress=0,
        market_ns=0,
        start_ns=0,
        end_ns=1,
        lag_ms=0,
        updated_ns=1,
    )


async def test_of_many_gateways_one_makes_the_session(directory: SessionDirectory) -> None:
    starts = [new_start(11.0) for _ in range(20)]
    won = await asyncio.gather(*(directory.create(s, status_of(s), Wish(), instead_of=None) for s in starts))
    assert sum(won) == 1
    winner = starts[won.index(True)]
    assert await directory.session_of(winner.serving.serving_id) == winner.session_id
    assert await directory.start_of(winner.session_id) == winner
    loser = starts[won.index(False)]
    assert await directory.status(loser.session_id) is None
    again = new_start(11.0)
    assert not await directory.create(again, status_of(again), Wish(), instead_of=loser.session_id)
    assert await directory.create(again, status_of(again), Wish(), instead_of=winner.session_id)


async def test_a_session_has_one_worker_at_a_time_and_epochs_grow(directory: SessionDirectory) -> None:
    session = new_session_id()
    first = await directory.take_lease(session, "a", 0.3)
    assert first is not None
    assert await directory.take_lease(session, "b", 0.3) is None
    assert await directory.keep_lease(session, "a", first, 0.3)
    await asyncio.sleep(0.4)
    second = await directory.take_lease(session, "b", 5)
    assert second is not None
    assert second > first
    assert not await directory.keep_lease(session, "a", first, 5), "it stood still past its lease"
    await directory.drop_lease(session, "a")
    assert await directory.keep_lease(session, "b", second, 5), "nobody drops another one's lease"
    await directory.drop_lease(session, "b")
    assert not await directory.keep_lease(session, "a", first, 5), "an older epoch does not come back"
    third = await directory.take_lease(session, "c", 5)
    assert third is not None
    assert third > second


async def test_what_redis_forgot_is_written_again_by_the_engine(directory: SessionDirectory) -> None:
    start = new_start(12.0)
    assert await directory.keep_lease(start.session_id, "a", 7, 5), (
        "after a loss the worker is still the worker"
    )
    assert await directory.take_lease(start.session_id, "a", 5) == 8
    await directory.report(start, status_of(start, "running"), keep_s=60)
    assert await directory.session_of(start.serving.serving_id) == start.session_id
    assert await directory.start_of(start.session_id) == start
    assert start.session_id in [s.session_id for s in await directory.sessions()]


async def test_a_finished_session_is_forgotten_after_its_time(directory: SessionDirectory) -> None:
    start = new_start(13.0)
    await directory.create(start, status_of(start), Wish(), instead_of=None)
    assert await directory.take_lease(start.session_id, "a", 5)
    assert await directory.save_checkpoint(start.session_id, "a", b"checkpoint")
    assert not await directory.save_checkpoint(start.session_id, "b", b"of a worker that lost the session")
    assert await directory.load_checkpoint(start.session_id) == b"checkpoint"
    await directory.report(start, status_of(start, "ended"), keep_s=0.2)
    assert await directory.load_checkpoint(start.session_id) is None
    assert await directory.status(start.session_id) is not None
    await asyncio.sleep(0.3)
    assert await directory.status(start.session_id) is None
    assert start.session_id not in [s.session_id for s in await directory.sessions()]
    assert not await directory.save_checkpoint(start.session_id, "a", b"too late"), "nothing would delete it"


async def test_a_session_is_watched_for_as_long_as_somebody_says_so(directory: SessionDirectory) -> None:
    session = new_session_id()
    assert not await directory.is_watched(session)
    await directory.mark_watched(session, 0.2)
    assert await directory.is_watched(session)
    await asyncio.sleep(0.3)
    assert not await directory.is_watched(session)


async def test_a_redis_that_is_down_is_unavailable_and_comes_back(tmp_path: Path) -> None:
    server = RedisServer(tmp_path / "redis")
    directory = SessionDirectory(server.url)
    watch = RedisWatch(directory)
    watching = asyncio.create_task(watch.run())
    with pytest.raises(Unavailable, match="Redis is unavailable"):
        await directory.ping()
    await asyncio.sleep(0.2)
    assert "Redis" in watch.problem
    server.start()
    try:
        await directory.ping()
        await eventually(lambda: not watch.problem)
    finally:
        watching.cancel()
        await directory.close()
        server.stop()
