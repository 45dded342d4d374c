"""Real market data: every anomaly explained, and the Cython pipeline against the plain one on a stretch of it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from qmcore.config.runtime import RuntimeConfig
from qmcore.dbn import DbnFile
from qmcore.kernels.book import OrderBook
from qmcore.pipeline import GridPipeline
from qmcore.reference.book import ASK, BID, ReferenceBook
from qmcore.reference.pipeline import reference_session
from qmcore.reference.records import GroupClock, read_records
from tests.parity.agreement import assert_agreement, has_touch, kernel_session
from tests.streams.configs import small_config
from tests.streams.tape import TICK

DATA = Path(__file__).parents[2].parent / "shared" / "data"
ESH4 = DATA / "esh4-glbx-mdp3-20231225.mbo.dbn.zst"
ESM4 = DATA / "esm4-glbx-mdp3-20240508-0000.mbo.dbn.zst"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real market data of ../shared is not here")

REOPEN_NS = int(dt.datetime(2023, 12, 25, 23, tzinfo=dt.UTC).timestamp()) * 1_000_000_000
"""18:00 ET: the market opens after the holiday with an auction."""


def load(path: Path) -> tuple[NDArray[np.void], int | None]:
    """All records of a file's one symbol, and where its coverage ends."""
    file = DbnFile.open(path)
    (symbol,) = file.symbols()
    return np.concatenate([batch.records.copy() for batch in file.batches(symbol)]), file.coverage_end_ns


def replay(records: NDArray[np.void]) -> ReferenceBook:
    book = ReferenceBook(TICK)
    book.apply_records(records)
    return book


def anomalies(book: ReferenceBook) -> dict[str, int]:
    return {name: n for name, n in book.counters().items() if n}


def es_config(**overrides: object) -> RuntimeConfig:
    """The defaults of SPEC section 6 for ESH4, half a minute around the re-open."""
    spans = {"dt": "2023-12-25", "start_time": "17:59:55", "end_time": "18:00:25"}
    defaults = {
        name: field.default for name, field in RuntimeConfig.model_fields.items() if not field.is_required()
    }
    return small_config(**(defaults | {"symbol": "ESH4", "symbol_root": "ES"} | spans | overrides))


def test_esh4_anomalies() -> None:
    """The snapshot ends without F_LAST; orders rest crossed until the auction; seven fills of the auction are of
    orders that the feed never showed. Nothing else."""
    book = replay(load(ESH4)[0])
    assert anomalies(book) == {"unterminated_groups": 1, "crossed_book": 891, "unknown_fill": 7}
    assert len(book.orders) == 11_217
    assert not any(order.pending for order in book.orders.values())  # every fill was settled by its cancel
    assert book.touch() == (19_240, 19_241)


def test_esh4_is_crossed_only_before_the_auction_and_its_unknown_fills_are_the_auctions() -> None:
    book, clock = ReferenceBook(TICK), GroupClock()
    crossed_ns, unknown = [], Counter[tuple[int, str]]()
    for event_id, record in enumerate(read_records(load(ESH4)[0]), start=1):
        if clock.observe(record):
            book.end_group(after_last=False)
        clock.join(record)
        before = book.counters()
        book.apply(record, event_id)
        if record.is_last:
            book.end_group(after_last=True)
        after = book.counters()
        if after["crossed_book"] > before["crossed_book"]:
            crossed_ns.append(clock.now_ns)
        if after["unknown_fill"] > before["unknown_fill"]:
            unknown[clock.now_ns, record.side] += 1
    assert REOPEN_NS - 21 * 60 * 10**9 < min(crossed_ns) < max(crossed_ns) < REOPEN_NS
    assert unknown == {(REOPEN_NS, "N"): 7}


def test_esm4_has_no_anomalies() -> None:
    book = replay(load(ESM4)[0])
    assert anomalies(book) == {}
    assert len(book.orders) == 13_598
    assert book.touch() == (20_856, 20_857)


@pytest.mark.parametrize("path", [ESH4, ESM4], ids=["esh4", "esm4"])
def test_the_books_agree_on_a_whole_file(path: Path) -> None:
    records, _ = load(path)
    kernel, plain = OrderBook(TICK, 512), replay(records)
    kernel.apply_records(records)
    orders = sorted(plain.orders.values(), key=lambda o: o.order_id)
    assert kernel.orders().tolist() == [
        (o.order_id, o.tick, o.side, o.size, o.pending, o.priority) for o in orders
    ]
    for side in (BID, ASK):
        levels = plain.levels(side, 100_000)
        assert kernel.levels(side, 100_000) == levels
        for tick, _ in levels[:50]:
            assert kernel.queue(side, tick) == plain.queue(side, tick)


@pytest.mark.parametrize(
    "overrides", [{}, {"state_source": "force", "n_absolute_ticks": 512, "cell_width_ms": 250}]
)
def test_the_pipelines_agree_through_the_reopen(overrides: dict[str, object]) -> None:
    """The five seconds before the auction, crossed, and the first twenty-five after it."""
    records, _ = load(ESH4)
    config = es_config(**overrides)
    plain = reference_session(records, config, config.window)
    kernel = kernel_session(records, config)
    assert_agreement(kernel, plain, records, config)
    assert sum(has_touch(b) for b in kernel.bins) * config.cell_width_ms == 25_000
    assert sum(b.header["trade_count"] for b in kernel.bins) > 100


def test_the_pipelines_agree_on_the_two_seconds_behind_a_snapshot() -> None:
    records, coverage_end_ns = load(ESM4)
    config = es_config(dt="2024-05-08", start_time="20:00", end_time="20:05")
    plain = reference_session(records, config, config.window, coverage_end_ns)
    kernel = kernel_session(records, config, coverage_end_ns)
    assert_agreement(kernel, plain, records, config)
    assert len(kernel.bins) == 20


def test_a_checkpoint_in_the_middle_of_a_real_session_changes_nothing() -> None:
    records, _ = load(ESH4)
    config = es_config()
    whole = kernel_session(records, config)
    first = GridPipeline(config)
    cut = len(records) // 5
    bins = [frame.arrow() for frame in first.feed(records[:cut])]
    second = GridPipeline.from_state(first.export_state(), config)
    bins += [frame.arrow() for frame in second.feed(records[cut:])]
    undisturbed = GridPipeline(config)
    assert bins == [frame.arrow() for frame in undisturbed.feed(records)]
    assert len(bins) == len(whole.bins)
