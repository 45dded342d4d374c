"""Mutated records through the reader and the whole pipeline, as fast as the machine allows.

``python -m tests.fuzz.record_driver --records N --seed S`` runs rounds until ``N`` mutated records have been applied
and prints one line of JSON: rounds, records, refusals, bins, anomalies. Before each round its seed goes to standard
error, so that a crash names its own; ``--only SEED`` runs that round alone. A round that takes longer than
``LONGEST_ROUND_S`` ends the process with the place where it hangs.

After each round: every number of every bin is finite, counters only grew, the book's depth is the sum of its orders,
and a checkpoint taken in the middle led to the same end, byte for byte.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import zstandard
from numpy.typing import NDArray

from qmcore.dbn import DbnFile
from qmcore.errors import DbnError, UnknownSymbol
from qmcore.pipeline import GridFrame, GridPipeline
from qmcore.synth import SynthSpec, simulate
from tests.fuzz.mutations import CONTENT, FRAMING
from tests.streams.configs import SESSION_START_NS, small_config
from tests.streams.dbn_files import metadata
from tests.streams.walked import walk

LONGEST_ROUND_S: Final = 60
ROUND_RECORDS: Final = 40_000
FLOATS: Final = (
    "pressure_variant",
    "vacuum_variant",
    "composite_d3",
    "flow_score",
    "j_rest_depth",
    "fill_mass",
)

CONFIGS: Final = (
    small_config(end_time="09:31:00"),
    small_config(end_time="09:30:20", cell_width_ms=10, grid_radius_ticks=50, n_absolute_ticks=8192),
    small_config(end_time="09:31:00", n_absolute_ticks=512, grid_radius_ticks=20, tau_acceleration=2.0),
    small_config(
        end_time="09:32:00",
        cell_width_ms=1000,
        state_source="force",
        state_model_center_exclusion_radius=1,
    ),
    small_config(product_type="equity_mbo", tick_size=0.01, bucket_size_dollars=0.05, end_time="09:31:00"),
)


@dataclass
class Report:
    """What all rounds did so far."""

    rounds: int = 0
    records: int = 0
    applied: int = 0
    """Records that the pipelines took; the others came after the last bin."""
    bins: int = 0
    served_bins: int = 0
    """With a valid touch: their rows are not zero."""
    refusals: Counter[str] = field(default_factory=Counter)
    mutations: Counter[str] = field(default_factory=Counter)
    anomalies: Counter[str] = field(default_factory=Counter)


@cache
def _markets() -> tuple[NDArray[np.void], ...]:
    """Undamaged streams of instrument 1: a busy simulated market, a thin one, and a wild walk."""
    busy = SynthSpec(instrument_id=1, start_ns=SESSION_START_NS, minutes=1, events=200_000, live_orders=2000)
    thin = SynthSpec(
        instrument_id=1,
        start_ns=SESSION_START_NS,
        minutes=1,
        events=60_000,
        live_orders=1000,
        snapshot="none",
    )
    wild = walk(11, 60_000, mean_step_ns=600_000)
    return (*(np.concatenate([part.copy() for part in simulate(spec)]) for spec in (busy, thin)), wild)


def _mutated(draw: np.random.Generator, report: Report) -> NDArray[np.void]:
    """A stretch of a market with some kinds of damage in it."""
    market = _markets()[draw.integers(3)]
    low = draw.choice([0, draw.integers(0, len(market))])
    records = market[low : low + ROUND_RECORDS].copy()
    names = [*draw.choice(list(CONTENT), draw.choice([1, 1, 2, 4]), replace=False)]
    if draw.random() < 0.1:
        names.append(draw.choice(list(FRAMING)))
    for name in names:
        records = ({**CONTENT, **FRAMING})[name](records, draw)
        report.mutations[name] += 1
    return records


def _file(records: NDArray[np.void], draw: np.random.Generator) -> bytes:
    """The records as a DBN file: plain or compressed; now and then its header is damaged or its end is missing."""
    head = bytearray(metadata())
    kind = draw.random()
    if kind < 0.03:
        head[draw.integers(len(head))] = draw.integers(256)
    data = bytes(head) + records.tobytes()
    if 0.03 < kind < 0.08:
        data = data[: draw.integers(len(head), len(data))]
    if draw.random() < 0.15:
        data = zstandard.compress(data, 1)
        if kind > 0.95:
            damaged = bytearray(data)
            damaged[draw.integers(len(data))] ^= 1 << draw.integers(8)
            data = bytes(damaged)
    return data


def _must(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(what)


def _look_at(frame: GridFrame) -> None:
    """A bin is numbers only."""
    for name, value in frame.header.items():
        _must(bool(np.isfinite(value)), f"{name} is {value}")
    for name in FLOATS:
        _must(bool(np.isfinite(frame.column(name)).all()), f"{name} is not finite")


def _look_at_book(pipeline: GridPipeline) -> None:
    """Levels are the sums of the orders."""
    book: Any = pipeline._core.book
    orders = book.orders()
    for side in (1, -1):
        mine = orders[orders["side"] == side]
        ticks, where = np.unique(mine["tick"], return_inverse=True)
        sums = np.zeros(len(ticks), np.int64)
        np.add.at(sums, where, mine["size"].astype(np.int64))
        wanted = [(int(t), int(q)) for t, q in zip(ticks, sums, strict=True)]
        _must(
            book.levels(side, len(ticks) + 1) == (wanted[::-1] if side > 0 else wanted),
            f"levels of side {side}",
        )


def _take(frames: Iterable[GridFrame], arrows: list[bytes]) -> int:
    """Look at frames and keep their bytes; how many have a valid touch."""
    served = 0
    for frame in frames:
        _look_at(frame)
        arrows.append(frame.arrow())
        served += frame.header["mid_price"] != 0
    return served


def run_round(seed: int, folder: Path, report: Report) -> None:
    """One mutated file through reader and pipeline. Raises AssertionError where something does not hold."""
    draw = np.random.default_rng(seed)
    config = CONFIGS[draw.integers(len(CONFIGS))]
    records = _mutated(draw, report)
    path = folder / "mutated.dbn"
    path.write_bytes(_file(records, draw))
    pipeline, twin = GridPipeline(config), None
    tail: list[bytes] = []
    twin_tail: list[bytes] = []
    part_records = int(draw.choice([500, 7000, 65_536]))
    counted = pipeline.counters()
    try:
        file = DbnFile.open(path)
        for batch in file.batches("TEST", batch_records=part_records):
            report.records += len(batch.records)
            if twin is None and batch.first_index >= ROUND_RECORDS // 2:
                state = pipeline.export_state()
                twin = GridPipeline.from_state(state, config)
                _must(twin.export_state() == state, "a checkpoint does not survive its own reading")
                tail.clear()
            report.served_bins += _take(pipeline.feed(batch.records), tail)
            if twin is not None:
                _take(twin.feed(batch.records), twin_tail)
            now = pipeline.counters()
            _must(all(now[name] >= counted[name] for name in now), "a counter went back")
            counted = now
        report.served_bins += _take(pipeline.finish(file.coverage_end_ns), tail)
        if twin is not None:
            _take(twin.finish(file.coverage_end_ns), twin_tail)
            _must(tail == twin_tail, "bins differ behind a checkpoint")
            _must(twin.export_state() == pipeline.export_state(), "states differ behind a checkpoint")
    except (DbnError, UnknownSymbol) as error:
        report.refusals[type(error).__name__] += 1
    _look_at_book(pipeline)
    report.rounds += 1
    report.applied += pipeline.next_event_index
    report.bins += pipeline.next_bin_seq
    report.anomalies.update(pipeline.counters())


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description="mutated records through reader and pipeline")
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="run the round of this seed alone")
    arguments = parser.parse_args()
    report = Report()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="qm-fuzz-") as folder:
        seed = arguments.seed if arguments.only is None else arguments.only
        while report.applied < arguments.records:
            print(f"seed {seed}", file=sys.stderr, flush=True)
            faulthandler.dump_traceback_later(LONGEST_ROUND_S, exit=True)
            run_round(seed, Path(folder), report)
            faulthandler.cancel_dump_traceback_later()
            seed += 1
            if arguments.only is not None:
                break
    seconds = round(time.monotonic() - began, 1)
    print(json.dumps(vars(report) | {"seconds": seconds}))


if __name__ == "__main__":
    main()
