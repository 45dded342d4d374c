"""What it means that the Cython pipeline and the plain one agree.

Integers, codes, counters and depths agree exactly. Floats agree within 1e-9 of their own size, plus what is left
when larger numbers cancel: impulses of opposite sign, and differences of nearly equal composites per second.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qmcore.config.runtime import RuntimeConfig
from qmcore.contracts.columns import BIN_TABLE, GRID_COLUMNS
from qmcore.pipeline import GridPipeline
from qmcore.reference.book import ReferenceBook
from qmcore.reference.pipeline import ReferenceBin, ReferenceSession, row_of
from qmcore.reference.records import read_records
from qmcore.reference.spectrum import SCALE_FLOOR, robust_scale

RELATIVE = 1e-9
CANCELLED = 1e-12
"""Of what has cancelled in the physics, this much may differ: some thousand roundings."""

COMPOSITE = 1e-14
"""Composites are numbers below 1 and come out of the same forces: some tens of roundings."""

PHYSICS = tuple(c.name for c in GRID_COLUMNS if c.name[:2] in ("v_", "a_", "j_") or c.role == "force")
MASSES = ("add_mass", "pull_mass", "fill_mass")
DEPTHS = ("rest_depth", "bid_depth", "ask_depth")
RATES = ("composite_d1", "composite_d2", "composite_d3")
CODES_OF_FLOATS = ("flow_state_code", "state5_code")
EXACT = tuple(c.name for c in GRID_COLUMNS if c.dtype != "float64" and c.name not in CODES_OF_FLOATS) + DEPTHS


@dataclass(frozen=True)
class KernelSession:
    """A session as the Cython pipeline computes it."""

    bins: list[ReferenceBin]
    counters: dict[str, int]


def kernel_session(
    records: NDArray[np.void], config: RuntimeConfig, coverage_end_ns: int | None = None
) -> KernelSession:
    """Feed all records at once and finish."""
    pipeline = GridPipeline(config)
    bins = []
    for frames in (pipeline.feed(records), pipeline.finish(coverage_end_ns)):
        for frame in frames:
            columns = {c.name: frame.column(c.name) for c in GRID_COLUMNS}
            bins.append(ReferenceBin(dict(frame.header), columns))
    return KernelSession(bins, pipeline.counters())


def quantity_by_tick(records: NDArray[np.void], config: RuntimeConfig) -> dict[int, float]:
    """The sum of all impulses at each tick, without signs: how much can have cancelled there."""
    book, total = ReferenceBook(config.tick_int), defaultdict[int, float](float)
    for event_id, record in enumerate(read_records(records), start=1):
        for effect in book.apply(record, event_id):
            total[row_of(effect.tick, config.bucket_ticks)] += sum(abs(q) for q in effect[1:])
    return total


def assert_agreement(
    kernel: KernelSession, plain: ReferenceSession, records: NDArray[np.void], config: RuntimeConfig
) -> None:
    """Every counter, every header field and every column of every bin."""
    assert kernel.counters == plain.counters
    assert len(kernel.bins) == len(plain.bins)
    quantity = quantity_by_tick(records, config)
    for t, (ours, theirs) in enumerate(zip(kernel.bins, plain.bins, strict=True)):
        assert_same_header(ours, theirs)
        assert_same_exactly(ours, theirs)
        if has_touch(theirs):
            spot_row = int(theirs.header["spot_ref_price_int"]) // (config.tick_int * config.bucket_ticks)
            served = [spot_row + int(k) for k in theirs.columns["k"]]
            assert_same_physics(ours, theirs, np.array([quantity[tick] for tick in served]), config)
            assert_same_signals(ours, theirs, plain, t, plain.ticks.index(served[0]), config)
        else:
            assert not any(ours.columns[c.name].any() for c in GRID_COLUMNS if c.name != "k")


def numbers(grid: ReferenceBin, name: str) -> NDArray[np.float64]:
    """A float column of a grid."""
    return grid.columns[name].astype(np.float64)


def has_touch(grid: ReferenceBin) -> bool:
    """Both sides are there and not crossed."""
    h = grid.header
    return h["best_bid_qty"] > 0 < h["best_ask_qty"] and h["best_bid_price_int"] < h["best_ask_price_int"]


def assert_same_header(ours: ReferenceBin, theirs: ReferenceBin) -> None:
    """Integers and flags exactly, floats within 1e-9."""
    for column in BIN_TABLE:
        found, expected = ours.header[column.name], theirs.header[column.name]
        where = (column.name, theirs.header["bin_seq"], found, expected)
        if column.dtype == "float64":
            assert np.isfinite(found), where
            assert abs(found - expected) <= RELATIVE * abs(expected) + RELATIVE, where
        else:
            assert found == expected, where


def assert_same_exactly(ours: ReferenceBin, theirs: ReferenceBin) -> None:
    """Depths, moves, ids and flags; codes that follow from floats are looked at with those."""
    for name in EXACT:
        found, expected = ours.columns[name], theirs.columns[name]
        assert found.dtype == expected.dtype, name
        assert (found == expected).all(), (name, theirs.header["bin_seq"], found, expected)


def assert_same_physics(
    ours: ReferenceBin, theirs: ReferenceBin, quantity: NDArray[np.float64], config: RuntimeConfig
) -> None:
    """Masses, chains and forces within 1e-9 of their size and of what has cancelled."""
    fastest = min(config.tau_velocity, config.tau_acceleration, config.tau_jerk)
    cancelled = CANCELLED * quantity * max(1.0, 1.0 / fastest) ** 3
    for name in (*MASSES, *PHYSICS):
        found, expected = numbers(ours, name), numbers(theirs, name)
        where = (name, theirs.header["bin_seq"], found, expected)
        assert np.isfinite(found).all(), where
        slack = 0.0 if name in MASSES else cancelled
        assert (np.abs(found - expected) <= RELATIVE * np.abs(expected) + slack + 1e-300).all(), where


def assert_same_signals(
    ours: ReferenceBin,
    theirs: ReferenceBin,
    plain: ReferenceSession,
    t: int,
    first: int,
    config: RuntimeConfig,
) -> None:
    """Composite and its rates within 1e-9; scores within 1e-6 where the z-scores' scale is not itself rounding.

    ``first``: position among the plain session's ticks of the first row.
    """
    dt = config.cell_width_ms / 1000.0
    noise = {name: COMPOSITE * (2 / dt) ** i for i, name in enumerate(("composite", *RATES))}
    for name, rounding in noise.items():
        found, expected = numbers(ours, name), numbers(theirs, name)
        where = (name, t, found, expected)
        assert np.isfinite(found).all(), where
        assert (np.abs(found - expected) <= RELATIVE * np.abs(expected) + max(rounding, RELATIVE)).all(), (
            where
        )
    at = slice(first, first + config.rows)
    slack = 1e-6 + score_slack(plain, t, at, [noise[name] for name in RATES], config)
    found, expected = numbers(ours, "flow_score"), numbers(theirs, "flow_score")
    assert (np.abs(found - expected) <= slack).all(), ("flow_score", t, found, expected, slack)
    assert_same_codes("flow_state_code", ours, theirs, at_the_threshold(expected, slack, config))
    by_force = config.state_source == "force"
    slack = np.full(config.rows, RELATIVE if by_force else -1.0)
    assert_same_codes(
        "state5_code", ours, theirs, at_the_threshold(numbers(theirs, "composite"), slack, config)
    )


def score_slack(
    plain: ReferenceSession, t: int, at: slice, noise: list[float], config: RuntimeConfig
) -> NDArray[np.float64]:
    """How far rounding of the rates can move a score: far, where the scale of a z-score is itself rounding."""
    first = max(0, t - config.flow_zscore_window_bins + 1)
    weights = np.array(config.flow_derivative_weights) / sum(config.flow_derivative_weights)
    slack = np.zeros(config.rows)
    for weight, rates, rounding in zip(
        weights, (plain.spectrum.d1, plain.spectrum.d2, plain.spectrum.d3), noise, strict=True
    ):
        window = rates[first : t + 1, at]
        if len(window) < config.flow_zscore_min_periods:
            continue
        median, scale = robust_scale(window)
        z = np.abs(window[-1] - median) / np.maximum(scale, SCALE_FLOOR)
        moved = 4 * rounding * (1 + z) / np.maximum(scale, SCALE_FLOOR) / config.flow_tanh_scale
        decided = scale + 4 * rounding < SCALE_FLOOR
        slack += weight * np.where(decided, 0.0, np.minimum(moved, 2.0))
        slack += weight * 2.0 * (np.abs(scale - SCALE_FLOOR) <= 4 * rounding)
    return slack


def at_the_threshold(
    values: NDArray[np.float64], slack: NDArray[np.float64], config: RuntimeConfig
) -> NDArray[np.bool_]:
    """Where a value lies so near to the neutral threshold that rounding decides."""
    return np.abs(np.abs(values) - config.flow_neutral_threshold) <= slack


def assert_same_codes(
    name: str, ours: ReferenceBin, theirs: ReferenceBin, undecided: NDArray[np.bool_]
) -> None:
    """Codes are equal except where the number behind them lies on the threshold."""
    found, expected = ours.columns[name], theirs.columns[name]
    assert ((found == expected) | undecided).all(), (name, theirs.header["bin_seq"], found, expected)
