"""Nanoseconds an event and microseconds a bin, one core, beside the plain Python references in the same run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qm_local.bench.figures import Figure, median_seconds
from qm_local.bench.market import BURST
from qmcore.config.runtime import RuntimeConfig
from qmcore.kernels.book import OrderBook
from qmcore.kernels.session import SessionCore
from qmcore.pipeline import GridPipeline
from qmcore.reference.book import ReferenceBook

REFERENCE_RECORDS = 50_000
BIN_SAMPLE = 1500


def _after_snapshot(records: NDArray[np.void]) -> int:
    """Index of the first live record."""
    return int(np.argmax((records["flags"] & 32) == 0))


def _book_ns(records: NDArray[np.void], live: int, runs: int, config: RuntimeConfig) -> float:
    times = []
    for _ in range(runs + 1):
        book = OrderBook(config.tick_int, config.n_absolute_ticks)
        book.apply_records(records[:live])
        began = time.perf_counter()
        book.apply_records(records[live:])
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:]) / (len(records) - live) * 1e9


def _physics_ns(records: NDArray[np.void], live: int, runs: int, config: RuntimeConfig) -> float:
    """Book and physics without bins: a session that starts after the last record, warm from the first."""
    late = config.model_copy(update={"start_time": "09:50", "end_time": "10:00"})
    times = []
    for _ in range(runs + 1):
        core = SessionCore(late)
        core.feed(records[:live].view(np.uint8), 0)
        began = time.perf_counter()
        core.feed(records[live:].view(np.uint8), 0)
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:]) / (len(records) - live) * 1e9


def _reference_ns(records: NDArray[np.void], config: RuntimeConfig) -> float:
    part = records[: _after_snapshot(records) + REFERENCE_RECORDS]
    book = ReferenceBook(config.tick_int)
    began = time.perf_counter()
    book.apply_records(part)
    return (time.perf_counter() - began) / len(part) * 1e9


def _bin_us(records: NDArray[np.void], config: RuntimeConfig) -> tuple[float, float]:
    """Time to close a bin and pack its Arrow bytes, without the events in it: median and p99 over many bins.

    ``advance`` closes the bin that the records before it have filled, so the clock runs around it alone.
    """
    pipeline = GridPipeline(config)
    window, width = config.window, config.cell_width_ms * 1_000_000
    ends = window.start_ns + width * np.arange(1, BIN_SAMPLE + 1)
    cuts = np.searchsorted(records["ts_event"], ends)
    spent = []
    first = 0
    for end, cut in zip(ends.tolist(), cuts.tolist(), strict=True):
        for _ in pipeline.feed(records[first:cut]):
            raise AssertionError("a bin closed before its end")
        first = cut
        began = time.perf_counter()
        for frame in pipeline.advance(end):
            frame.arrow()
        spent.append(time.perf_counter() - began)
    settled = np.sort(spent[BIN_SAMPLE // 3 :]) * 1e6
    return float(np.median(settled)), float(settled[int(0.99 * len(settled))])


def run(folder: Path, runs: int) -> Iterator[Figure]:
    """Book, book and physics, one bin."""
    config = BURST.config()
    records = BURST.records(folder)
    live = _after_snapshot(records)
    size = f"{len(records):,} records, {BURST.live_orders:,} live orders"
    reference = _reference_ns(records, config)
    yield Figure(
        what="records in memory -> book + physics",
        value=_physics_ns(records, live, runs, config),
        unit="ns/event",
        reach=70,
        baseline="C++ prototype 52-62; NautilusTrader batch book alone 237; hftbacktest 455",
        detail=size,
    )
    book = _book_ns(records, live, runs, config)
    yield Figure(
        what="book alone",
        value=book,
        unit="ns/event",
        reach=22,
        baseline=f"plain Python reference, same run: {reference:,.0f}; C++ prototype 18",
        detail=f"{reference / book:,.0f} times faster than the reference",
    )
    middle, high = _bin_us(records, config)
    yield Figure(
        what="one full bin: 101 rows, spectrum, state model, Arrow",
        value=middle,
        unit="us/bin",
        reach=100,
        baseline="earlier engine 300,000-500,000",
        detail=f"p99 {high:.0f} us; Python frame and signal included",
    )


def zstd_seconds(path: Path, runs: int) -> float:
    """Decompressing the file alone: the floor of anything that reads it."""
    import zstandard

    def decompress() -> None:
        with path.open("rb") as file:
            for _ in zstandard.ZstdDecompressor().read_to_iter(file, write_size=1 << 20):
                pass

    return median_seconds(decompress, runs)
