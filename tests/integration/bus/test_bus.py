"""The bus against a real NATS server, which is killed and restarted under it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats.aio.client
import pytest

from qmcore.bus import (
    JOB_QUEUE,
    Bus,
    GridLog,
    Outgoing,
    RawMessage,
    StreamReader,
    WorkQueue,
    enqueue_job,
    ensure_jobs_stream,
    ensure_streams,
    grid_streams,
    last_sequence,
)
from qmcore.bus.publish_window import LogLost
from qmcore.contracts.bus_messages import GridKind, JobStart
from qmcore.contracts.subjects import JOBS_STREAM, MBO_STREAM, grid_stream, mbo_subject, new_session_id
from qmcore.errors import Fenced, Unavailable
from tests.fixtures.brokers import NatsServer


@asynccontextmanager
async def connected(server: NatsServer) -> AsyncIterator[Bus]:
    bus = Bus(server.url, "test")
    await bus.connect()
    try:
        yield bus
    finally:
        await bus.close()


@pytest.fixture
def own_nats(tmp_path: Path) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path / "nats").start()
    yield server
    server.stop()


def bins(first: int, count: int) -> list[Outgoing]:
    return [Outgoing(s, GridKind.BIN, f"bin at {s}".encode()) for s in range(first, first + count)]


async def owner() -> bool:
    return True


async def read(bus: Bus, stream: str, start: int, count: int) -> list[tuple[int, bytes]]:
    got: list[tuple[int, bytes]] = []
    async with asyncio.timeout(20), StreamReader(bus, stream, start=start, batch=16) as reader:
        while len(got) < count:
            got += [(m.sequence, m.data) for m in await reader.take()]
    return got


async def test_a_service_waits_for_a_broker_that_is_down_at_its_start(tmp_path: Path) -> None:
    server = NatsServer(tmp_path / "nats")
    bus = Bus(server.url, "test")
    connecting = asyncio.create_task(bus.connect())
    await asyncio.sleep(0.3)
    assert "NATS" in bus.problem
    with pytest.raises(Unavailable):
        await bus.publish("anything")
    server.start()
    try:
        async with asyncio.timeout(10):
            await connecting
        assert bus.problem == ""
        await ensure_streams(bus)
        await bus.close()
    finally:
        server.stop()


async def test_what_is_written_is_read_in_order_from_any_start(nats_server: NatsServer) -> None:
    session = new_session_id()
    async with connected(nats_server) as bus, GridLog(bus, session, 1000, owner) as log:
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(log.watch())
            await log.write(bins(1, 700))
            await log.flush()
            watch.cancel()
        assert log.last_bin_seq == 698
        assert await read(bus, grid_stream(session), 1, 700) == [
            (s, f"bin at {s}".encode()) for s in range(1, 701)
        ]
        assert (await read(bus, grid_stream(session), 650, 51))[0] == (650, b"bin at 650")
        assert session in {s.session_id for s in await grid_streams(bus)}


async def test_only_the_newest_bins_are_kept_and_the_config_with_them(nats_server: NatsServer) -> None:
    session = new_session_id()
    async with connected(nats_server) as bus, GridLog(bus, session, 10, owner) as log:
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(log.watch())
            await log.write([Outgoing(1, GridKind.CONFIG, b"config"), *bins(2, 40)])
            await log.flush()
            watch.cancel()
        kept = await read(bus, grid_stream(session), 1, 12)
        assert kept[0] == (1, b"config")
        assert [sequence for sequence, _ in kept[1:]] == list(range(31, 42))


async def test_a_worker_that_lost_its_session_is_fenced_and_publishes_nothing(
    nats_server: NatsServer,
) -> None:
    session = new_session_id()
    owners = {"old": True}

    async def old_owner() -> bool:
        return owners["old"]

    async with (
        connected(nats_server) as bus,
        GridLog(bus, session, 100, old_owner) as old,
        GridLog(bus, session, 100, owner) as new,
    ):
        old_watch, new_watch = asyncio.create_task(old.watch()), asyncio.create_task(new.watch())
        await old.write(bins(1, 5))
        await old.flush()
        await new.write([*bins(1, 5), Outgoing(6, GridKind.BIN, b"from the new worker")])
        await new.flush()
        owners["old"] = False
        await old.write([Outgoing(6, GridKind.BIN, b"from the old worker")])
        async with asyncio.timeout(10):
            with pytest.raises(Fenced, match="lost to another worker"):
                await old_watch
        new_watch.cancel()
        assert (await read(bus, grid_stream(session), 6, 1)) == [(6, b"from the new worker")]


async def test_the_owner_goes_on_after_what_another_worker_stored_meanwhile(nats_server: NatsServer) -> None:
    session = new_session_id()
    async with (
        connected(nats_server) as bus,
        GridLog(bus, session, 100, owner) as first,
        GridLog(bus, session, 100, owner) as second,
    ):
        async with asyncio.TaskGroup() as group:
            watches = [group.create_task(first.watch()), group.create_task(second.watch())]
            await first.write(bins(1, 8))
            await first.flush()
            await second.write(bins(1, 20))
            await second.flush()
            for watch in watches:
                watch.cancel()
        assert await read(bus, grid_stream(session), 1, 20) == [
            (s, f"bin at {s}".encode()) for s in range(1, 21)
        ]


async def test_writer_and_reader_outlive_a_killed_broker(own_nats: NatsServer) -> None:
    session = new_session_id()
    got: list[int] = []

    async def follow(bus: Bus) -> None:
        async with StreamReader(bus, grid_stream(session), start=1) as reader:
            while len(got) < 2000:
                got.extend(m.sequence for m in await reader.take())

    async with connected(own_nats) as bus, GridLog(bus, session, 10_000, owner) as log, asyncio.timeout(40):
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(log.watch())
            following = group.create_task(follow(bus))
            for first in range(1, 2001, 20):
                if first in (501, 1201):
                    own_nats.kill()
                    own_nats.start()
                await log.write(bins(first, 20))
            await log.flush()
            await following
            watch.cancel()
        assert got == list(range(1, 2001))
        assert await last_sequence(bus, grid_stream(session)) == 2000


async def test_grids_that_the_broker_lost_are_noticed(own_nats: NatsServer) -> None:
    session = new_session_id()
    async with connected(own_nats) as bus, GridLog(bus, session, 100, owner) as log:
        watch = asyncio.create_task(log.watch())
        await log.write(bins(1, 5))
        await log.flush()
        await bus.jetstream.delete_stream(grid_stream(session))
        await log.write(bins(6, 1))
        async with asyncio.timeout(10):
            with pytest.raises(LogLost, match="5 was already acknowledged"):
                await watch


async def test_a_reader_follows_a_stream_that_the_broker_lost_with_its_memory(own_nats: NatsServer) -> None:
    subject = mbo_subject("a")
    async with connected(own_nats) as bus, asyncio.timeout(30):
        await ensure_streams(bus)
        for i in range(5):
            await bus.publish(subject, b"%d" % i)
        async with StreamReader(bus, MBO_STREAM, start=1, subject=subject, follow_reset=True) as reader:
            got = [m.data for m in await reader.take()]
            while len(got) < 5:
                got += [m.data for m in await reader.take()]
            own_nats.kill()
            own_nats.start()
            await bus.wait_connected()
            while True:
                try:
                    await ensure_streams(bus)
                    break
                except Unavailable:
                    await asyncio.sleep(0.1)
            taking = asyncio.create_task(reader.take())
            await asyncio.sleep(0.5)
            await bus.publish(subject, b"after")
            assert (await taking)[-1].data == b"after"


async def test_a_job_is_in_the_queue_once_until_it_is_done(own_nats: NatsServer) -> None:
    async with connected(own_nats) as bus, WorkQueue(bus, JOB_QUEUE) as queue, asyncio.timeout(20):
        await ensure_jobs_stream(bus)
        for job_id in ("first", "second", "first", "first"):
            await enqueue_job(bus, JobStart(job_id=job_id))
        item = await queue.take()
        assert item.start.job_id == "first"
        await enqueue_job(bus, item.start)
        await item.give_back()
        items = [await queue.take(), await queue.take()]
        assert sorted(i.start.job_id for i in items) == ["first", "second"]
        for item in items:
            await item.done()
        await enqueue_job(bus, JobStart(job_id="first"))
        again = await queue.take()
        assert again.start.job_id == "first", "what is done may be asked for again"
        await again.done()
        assert await last_sequence(bus, JOBS_STREAM) == 3


async def test_a_task_that_is_cancelled_as_its_answer_comes_is_cancelled(nats_server: NatsServer) -> None:
    async with connected(nats_server) as bus:
        asking: asyncio.Task[object] | None = None

        async def answer(raw: RawMessage) -> None:
            await bus.publish(raw.reply, b"answer")

        listening = await bus.subscribe_raw("questions", answer)
        await bus.flush()
        receive = nats.aio.client.Client._request_sub_callback

        async def together(self: nats.aio.client.Client, message: RawMessage) -> None:
            await receive(self, message)
            assert asking is not None
            asking.cancel()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(nats.aio.client.Client, "_request_sub_callback", together)
            asking = asyncio.create_task(bus.request_raw("questions"))
            await asyncio.wait([asking], timeout=10)
        assert asking.cancelled()
        await bus.unsubscribe(listening)
