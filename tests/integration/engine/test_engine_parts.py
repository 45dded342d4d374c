"""Parts of the engine with real brokers and the real pipeline: kernel thread, work queue, janitor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from qm_engine import kernel as kernel_module
from qm_engine.janitor import sweep
from qm_engine.kernel import Fail, Finish, Kernel, Output, Records
from qmcore.bus import SESSION_QUEUE, GridLog, Outgoing, WorkQueue, grid_streams
from qmcore.contracts.bus_messages import GridKind
from qmcore.contracts.subjects import new_session_id
from qmcore.dbn import DbnFile
from qmcore.pipeline import GridPipeline
from tests.fixtures.brokers import NatsServer, RedisServer
from tests.fixtures.bus_client import BusClient, bus_client
from tests.fixtures.eventually import eventually
from tests.fixtures.market import MarketLake, config


@pytest.fixture(scope="module")
def own_nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """A broker without engines, which would take the sessions."""
    server = NatsServer(tmp_path_factory.mktemp("nats")).start()
    yield server
    server.stop()


@pytest.fixture
async def client(own_nats: NatsServer, redis_server: RedisServer) -> AsyncIterator[BusClient]:
    async with bus_client(own_nats.url, redis_server.url) as connected:
        yield connected


def batches_of(market: MarketLake, size: int = 1000) -> list[Records]:
    file = DbnFile.open(market.file)
    datas = [b.records.tobytes() for b in file.batches("ESH5", batch_records=size)]
    return [Records(1, i, data, through_ns=0, due_ns=1) for i, data in enumerate(datas)]


class Receiver:
    """Collects a kernel's outputs, and lets it go on."""

    def __init__(self) -> None:
        self.outputs: list[Output] = []
        self.over = asyncio.Event()
        self.kernel: Kernel | None = None

    def __call__(self, output: Output) -> None:
        self.outputs.append(output)
        if self.kernel is not None and output.frames:
            self.kernel.published(len(output.frames))
        if output.done or output.failure:
            self.over.set()

    @property
    def frames(self) -> list[bytes]:
        return [f for o in self.outputs for f in o.frames]


async def test_a_kernel_makes_the_pipelines_bins_and_a_checkpoint_to_go_on_from(market: MarketLake) -> None:
    work = batches_of(market)
    receiver = Receiver()
    kernel = receiver.kernel = Kernel(GridPipeline(config()), config(), receiver)
    kernel.start()
    for records in work[:25]:
        kernel.submit(records)
    kernel.want_checkpoint()
    for records in work[25:]:
        kernel.submit(records)
    kernel.submit(Finish(DbnFile.open(market.file).coverage_end_ns))
    async with asyncio.timeout(20):
        await receiver.over.wait()
    await kernel.stop()
    expected = market.messages(config())
    assert receiver.frames == expected
    seqs = [(o.first_bin_seq, len(o.frames)) for o in receiver.outputs if o.frames]
    assert [first for first, _ in seqs] == [sum(n for _, n in seqs[:i]) for i in range(len(seqs))]
    ((position, checkpoint),) = [(i, o.checkpoint) for i, o in enumerate(receiver.outputs) if o.checkpoint]
    before = sum(len(o.frames) for o in receiver.outputs[: position + 1])
    resumed = GridPipeline.from_state(checkpoint, config())
    assert resumed.next_bin_seq == before
    assert receiver.outputs[-1].anomalies.keys() == GridPipeline(config()).counters().keys()


async def test_a_kernel_waits_while_too_many_frames_are_not_published(
    market: MarketLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel_module, "MAX_FRAMES", 32)
    receiver = Receiver()
    kernel = Kernel(GridPipeline(config()), config(), receiver)
    kernel.start()
    for records in batches_of(market, size=60_000):
        kernel.submit(records)
    await eventually(lambda: len(receiver.frames) >= 32)
    await asyncio.sleep(0.2)
    assert len(receiver.frames) == 32
    kernel.published(16)
    await asyncio.sleep(0.3)
    assert len(receiver.frames) == 48
    async with asyncio.timeout(5):
        await kernel.stop()


async def test_a_drained_kernel_has_given_out_everything_also_when_its_thread_was_faster(
    market: MarketLake,
) -> None:
    receiver = Receiver()
    kernel = Kernel(GridPipeline(config()), config(), receiver)
    kernel.start()
    work = batches_of(market)
    for records in work[: len(work) * 3 // 4]:
        kernel.submit(records)
    kernel._work.put(None)
    kernel._thread.join()
    assert receiver.frames == [], "the loop has not run yet"
    await kernel.drain()
    assert receiver.frames
    assert len(receiver.frames) == kernel._pipeline.next_bin_seq
    await kernel.stop()


async def test_a_failure_comes_after_the_bins_before_it(market: MarketLake) -> None:
    work = batches_of(market)
    receiver = Receiver()
    kernel = receiver.kernel = Kernel(GridPipeline(config()), config(), receiver)
    kernel.start()
    for records in work[: len(work) * 3 // 4]:
        kernel.submit(records)
    kernel.submit(Fail("the file is torn"))
    async with asyncio.timeout(10):
        await receiver.over.wait()
    await kernel.stop()
    assert receiver.outputs[-1].failure == "the file is torn"
    assert 0 < len(receiver.frames) < 300
    assert receiver.frames == market.messages(config())[: len(receiver.frames)]


async def test_what_breaks_in_the_pipeline_is_the_sessions_failure() -> None:
    receiver = Receiver()
    kernel = Kernel(GridPipeline(config()), config(), receiver)
    kernel.start()
    kernel.submit(Records(1, 0, b"not a record", through_ns=0, due_ns=1))
    async with asyncio.timeout(10):
        await receiver.over.wait()
    assert receiver.outputs[-1].failure.startswith("internal error of the engine: ValueError")
    await kernel.stop()


async def test_an_item_comes_back_when_its_worker_is_silent_and_not_while_it_speaks(
    client: BusClient,
) -> None:
    async with (
        WorkQueue(client.bus, SESSION_QUEUE) as here,
        WorkQueue(client.bus, SESSION_QUEUE) as there,
        asyncio.timeout(30),
    ):
        session = await client.start(config())
        item = await here.take()
        assert item.start.session_id == session
        taking = asyncio.create_task(there.take())
        for _ in range(6):
            await asyncio.sleep(1)
            await item.keep()
        assert not taking.done()
        again = await taking
        assert again.start.session_id == session
        await again.give_back()
        assert (await here.take()).start.session_id == session
        await again.done()
        taking = asyncio.create_task(there.take())
        await asyncio.sleep(5)
        assert not taking.done(), "what is done does not come back"
        taking.cancel()


async def test_old_grids_of_forgotten_sessions_are_deleted_and_others_stay(client: BusClient) -> None:
    async def owner() -> bool:
        return True

    forgotten = new_session_id()
    async with GridLog(client.bus, forgotten, 10, owner) as log:
        watch = asyncio.create_task(log.watch())
        await log.write([Outgoing(1, GridKind.CONFIG, b"x")])
        await log.flush()
        watch.cancel()
    assert forgotten not in await sweep(client.bus, client.directory, keep_s=60)
    await asyncio.sleep(1.2)
    deleted = await sweep(client.bus, client.directory, keep_s=1)
    assert forgotten in deleted
    left = {s.session_id for s in await grid_streams(client.bus)}
    assert forgotten not in left
    known = {s.session_id for s in await client.directory.sessions()}
    assert not known & set(deleted)
