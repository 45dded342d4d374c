"""A feed on the bus: its bytes, its pace, its window, and how it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from qm_replay import feed as feed_module
from qm_replay.feed import Feed
from qm_replay.source import RecordSource
from qmcore.bus import Bus, RawMessage
from qmcore.contracts.bus_messages import BatchHeader, BatchKind, FeedControl, FeedRequest, Pace, Speed
from qmcore.contracts.subjects import feed_control_subject, mbo_subject, new_session_id
from qmcore.dbn import MBO_DTYPE, DbnFile
from tests.fixtures.brokers import NatsServer
from tests.fixtures.eventually import eventually
from tests.fixtures.market import MarketLake, config

CELL_NS = 100_000_000
WINDOW_NS = config().window


class Engine:
    """The other side of a feed: hears everything, says what the test wants."""

    def __init__(self, bus: Bus, request: FeedRequest) -> None:
        self._bus, self.request = bus, request
        self.heard: list[tuple[float, BatchHeader, bytes]] = []

    async def listen(self) -> None:
        async def hear(raw: RawMessage) -> None:
            self.heard.append((time.monotonic(), BatchHeader.decode(raw.headers or {}), raw.data))

        await self._bus.subscribe_raw(mbo_subject(self.request.session_id), hear)
        await self._bus.flush()

    async def tell(self, *, batch: int = -1, speed: Speed | None = None, **changes: object) -> None:
        pace = Pace(
            speed=self.request.pace.speed if speed is None else speed, paused=bool(changes.get("paused"))
        )
        epoch, stop = changes.get("epoch", self.request.epoch), bool(changes.get("stop"))
        message = FeedControl(epoch=epoch, acknowledged_batch=batch, pace=pace, stop=stop)
        await self._bus.publish_model(feed_control_subject(self.request.session_id), message)
        await self._bus.flush()

    def batches(self) -> list[tuple[float, BatchHeader, bytes]]:
        return [h for h in self.heard if h[1].kind is not BatchKind.HEARTBEAT]

    def kinds(self) -> list[BatchKind]:
        return [h.kind for _, h, _ in self.heard]

    async def until(self, batches: int) -> None:
        await eventually(lambda: len(self.batches()) >= batches)


def request_for(speed: Speed, **changes: object) -> FeedRequest:
    plain = {
        "session_id": new_session_id(),
        "epoch": 5,
        "product_type": "future_mbo",
        "symbol": "ESH5",
        "symbol_root": "ES",
        "dt": config().dt,
        "first_event_index": 0,
        "pace_from_ns": WINDOW_NS.start_ns,
        "start_ns": WINDOW_NS.start_ns,
        "end_ns": WINDOW_NS.end_ns,
        "cell_width_ns": CELL_NS,
        "pace": Pace(speed=speed),
        "window_batches": 10_000,
    }
    return FeedRequest.model_validate(plain | changes)


@asynccontextmanager
async def feeding(
    server: NatsServer, lake: Path, request: FeedRequest
) -> AsyncIterator[tuple[Engine, asyncio.Task[None]]]:
    bus = Bus(server.url, "test")
    await bus.connect()
    engine = Engine(bus, request)
    await engine.listen()
    running = asyncio.create_task(Feed(bus, request, RecordSource(lake, request)).run())
    try:
        yield engine, running
    finally:
        running.cancel()
        await asyncio.wait([running])
        await bus.close()


def all_records(market: MarketLake) -> np.ndarray:
    return np.concatenate([b.records.copy() for b in DbnFile.open(market.file).batches("ESH5")])


@pytest.mark.parametrize("first", [0, 12_345])
async def test_as_fast_as_possible_it_is_every_record_from_the_wanted_one_to_the_end(
    nats_server: NatsServer, market: MarketLake, first: int
) -> None:
    async with feeding(nats_server, market.root, request_for("max", first_event_index=first)) as (
        engine,
        running,
    ):
        await running
        await engine.tell()
        batches = engine.batches()
    assert [h.batch for _, h, _ in batches] == list(range(len(batches)))
    assert batches[-1][1].kind is BatchKind.EOF
    expected = all_records(market)[first:]
    expected = expected[: int(np.searchsorted(expected["ts_event"], WINDOW_NS.end_ns))]
    got = b"".join(data for _, _, data in batches)
    assert got == expected.tobytes()
    assert all(h.count <= 1000 and len(d) == 56 * h.count for _, h, d in batches)
    index = first
    for _, header, _ in batches:
        assert header.first_event_index == index
        index += header.count


async def test_paced_batches_keep_their_promise_and_come_on_time(
    nats_server: NatsServer, market: MarketLake
) -> None:
    async with feeding(nats_server, market.root, request_for(1.0)) as (engine, running):
        await asyncio.sleep(2.5)
        running.cancel()
        paced = [b for b in engine.batches() if b[1].through_ns]
    cuts = [h.through_ns for _, h, _ in paced]
    assert cuts == [WINDOW_NS.start_ns + 20_000_000 * i for i in range(1, len(cuts) + 1)]
    assert 100 <= len(cuts) <= 130
    for _, header, data in paced:
        times = np.frombuffer(data, MBO_DTYPE)["ts_event"]
        assert (times < header.through_ns).all()
        assert (times >= header.through_ns - 20_000_000).all()
    late_ms = [(at - paced[0][0]) * 1000 - 20 * i for i, (at, _, _) in enumerate(paced)]
    assert np.percentile(late_ms, 90) < 25, "the clock of the feed is the wall's"


async def test_a_quiet_market_is_cut_all_the_same(nats_server: NatsServer, market: MarketLake) -> None:
    silence = market.file and WINDOW_NS.start_ns
    last_ns = int(all_records(market)["ts_event"][-1])
    request = request_for(200.0, pace_from_ns=last_ns + 1, start_ns=silence, end_ns=last_ns + 10**12)
    async with feeding(nats_server, market.root, request) as (engine, running):
        await running
        await engine.tell()
        headers = [h for _, h, _ in engine.batches()]
    coverage = DbnFile.open(market.file).coverage_end_ns
    assert coverage is not None
    assert headers[-1].kind is BatchKind.EOF
    assert headers[-1].through_ns == coverage
    assert all(h.through_ns <= coverage for h in headers)


async def test_it_is_never_further_ahead_than_its_window(nats_server: NatsServer, market: MarketLake) -> None:
    async with feeding(nats_server, market.root, request_for("max", window_batches=5)) as (engine, _):
        await engine.until(5)
        await asyncio.sleep(0.7)
        assert len(engine.batches()) == 5
        assert BatchKind.HEARTBEAT in engine.kinds(), "it says that it lives while it waits"
        await engine.tell(batch=2)
        await engine.until(8)
        await asyncio.sleep(0.2)
        assert len(engine.batches()) == 8
        await engine.tell(batch=7)
        await engine.until(13)


async def test_it_pauses_changes_its_pace_and_goes_on(nats_server: NatsServer, market: MarketLake) -> None:
    async with feeding(nats_server, market.root, request_for(1.0)) as (engine, running):
        await engine.until(40)
        await engine.tell(paused=True)
        await asyncio.sleep(0.1)
        standing = len(engine.batches())
        await asyncio.sleep(0.7)
        assert len(engine.batches()) == standing
        assert engine.kinds()[-1] is BatchKind.HEARTBEAT
        await engine.tell(speed=4.0)
        began, before = time.monotonic(), engine.batches()[-1][1].through_ns
        await asyncio.sleep(1.0)
        passed = engine.batches()[-1][1].through_ns - before
        assert passed / 1e9 == pytest.approx(4 * (time.monotonic() - began), rel=0.25)
        await engine.tell(speed="max")
        await running
        await engine.tell()
        batches = engine.batches()
    assert batches[-1][1].kind is BatchKind.EOF
    expected = all_records(market)
    expected = expected[: int(np.searchsorted(expected["ts_event"], WINDOW_NS.end_ns))]
    assert b"".join(data for _, _, data in batches) == expected.tobytes()


@pytest.mark.parametrize("change", [{"epoch": 6}, {"stop": True}])
async def test_it_ends_in_silence_when_it_is_not_wanted_any_more(
    nats_server: NatsServer, market: MarketLake, change: dict[str, object]
) -> None:
    async with feeding(nats_server, market.root, request_for(1.0)) as (engine, running):
        await engine.until(10)
        await engine.tell(**change)  # type: ignore[arg-type]
        async with asyncio.timeout(5):
            await running
        assert set(engine.kinds()) == {BatchKind.RECORDS}


async def test_it_ends_when_its_engine_is_not_heard_of(
    nats_server: NatsServer, market: MarketLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "ORPHANED_S", 1.0)
    async with feeding(nats_server, market.root, request_for(1.0)) as (_, running), asyncio.timeout(10):
        await running


async def test_a_file_that_cannot_be_used_is_a_failure_in_words(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    async with feeding(nats_server, tmp_path, request_for("max")) as (engine, running):
        await running
        await engine.tell()
        ((_, header, reason),) = engine.batches()
    assert header.kind is BatchKind.FAILURE
    assert reason.startswith(b"no data for ES (future_mbo) on 2025-02-03; looked in ")
