"""The plain pipeline end to end, on tapes small enough to follow by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qmcore.config.pipeline import SessionWindow
from qmcore.contracts.columns import BIN_TABLE, GRID_COLUMNS
from qmcore.reference.pipeline import ReferenceBin, reference_session, row_of, spot_row_of
from qmcore.units import NS_PER_MS, NS_PER_SECOND, Ns
from tests.streams.configs import small_config
from tests.streams.tape import LAST, MAYBE_BAD, SNAPSHOT, Tape

CONFIG = small_config()
WIDTH = 100 * NS_PER_MS
T0 = 1_700_000_000 * NS_PER_SECOND


def bins_of(tape: Tape, bins: int = 3, *, warmup_ns: int = T0, covered: bool = True) -> list[ReferenceBin]:
    """The bins of a session that starts at T0 and is ``bins`` long."""
    end_ns = T0 + bins * WIDTH
    window = SessionWindow(Ns(warmup_ns), Ns(T0), Ns(end_ns))
    return reference_session(tape.records(), CONFIG, window, end_ns if covered else None).bins


def touch(tape: Tape) -> Tape:
    return tape.add(1, "B", 100, 5).add(2, "A", 102, 7)


def row(grid: ReferenceBin, k: int) -> dict[str, float]:
    return {name: values[k + CONFIG.grid_radius_ticks].item() for name, values in grid.columns.items()}


@pytest.mark.parametrize(
    ("bid", "ask", "spot"), [(100, 102, 101), (100, 101, 101), (-2, -1, -1), (-3, -1, -2)]
)
def test_spot_is_the_mid_rounded_half_up(bid: int, ask: int, spot: int) -> None:
    assert spot_row_of(bid, ask, 1) == spot


@pytest.mark.parametrize(
    ("bid", "ask", "spot"),
    # rows of 4 ticks: row 25 holds the ticks 98 to 101, its middle is tick 100
    [(97, 98, 24), (97, 99, 25), (99, 101, 25), (101, 102, 25), (101, 103, 26), (-3, -2, -1), (-3, -1, 0)],
)
def test_spot_of_wide_rows_is_the_row_nearest_to_the_mid(bid: int, ask: int, spot: int) -> None:
    assert spot_row_of(bid, ask, 4) == spot


@pytest.mark.parametrize(("tick", "row_"), [(97, 24), (98, 25), (101, 25), (102, 26), (-2, 0), (-3, -1)])
def test_a_tick_belongs_to_the_nearest_row(tick: int, row_: int) -> None:
    assert row_of(tick, 4) == row_


def test_bins_are_consecutive_and_quiet_ones_are_there_too() -> None:
    grids = bins_of(touch(Tape(T0)), bins=4)
    assert [g.header["bin_seq"] for g in grids] == [0, 1, 2, 3]
    assert [g.header["bin_start_ns"] for g in grids] == [T0 + i * WIDTH for i in range(4)]
    assert [g.header["ts_ns"] for g in grids] == [T0 + (i + 1) * WIDTH for i in range(4)]
    assert [g.header["bin_event_count"] for g in grids] == [2, 0, 0, 0]
    assert [g.header["event_id"] for g in grids] == [2] * 4


def test_only_whole_bins_that_the_file_covers() -> None:
    tape = touch(Tape(T0)).quiet(T0 + 2 * WIDTH + 5)
    assert len(bins_of(tape, bins=9, covered=False)) == 2
    window = SessionWindow(Ns(T0), Ns(T0), Ns(T0 + 2 * WIDTH - 1))
    assert len(reference_session(tape.records(), CONFIG, window).bins) == 1
    assert bins_of(Tape(), covered=False) == []


def test_records_behind_the_session_are_not_read() -> None:
    tape = touch(Tape(T0)).put("?", at=T0 + WIDTH - 1).put("?", at=T0 + WIDTH).put("?", at=T0 + 2 * WIDTH)
    window = SessionWindow(Ns(T0), Ns(T0), Ns(T0 + WIDTH))
    assert reference_session(tape.records(), CONFIG, window).counters["unknown_action"] == 1


def test_a_record_at_a_bins_end_belongs_to_the_next() -> None:
    grids = bins_of(touch(Tape(T0)).put("N", at=T0 + WIDTH))
    assert [g.header["bin_event_count"] for g in grids] == [2, 1, 0]


def test_every_header_field_and_every_column_is_there() -> None:
    for grid in bins_of(touch(Tape(T0))):
        assert set(grid.header) == {c.name for c in BIN_TABLE}
        assert set(grid.columns) == {c.name for c in GRID_COLUMNS}
        for column in GRID_COLUMNS:
            assert grid.columns[column.name].dtype == column.dtype
            assert grid.columns[column.name].shape == (13,)


def test_the_touch_in_the_header_and_the_depth_in_the_rows() -> None:
    first = bins_of(touch(Tape(T0)))[0]
    assert first.header["mid_price"] == 101 * 0.25
    assert first.header["spot_ref_price_int"] == 101 * 250_000_000
    assert (first.header["best_bid_price_int"], first.header["best_ask_price_int"]) == (
        25 * 10**9,
        25_500_000_000,
    )
    assert (first.header["best_bid_qty"], first.header["best_ask_qty"], first.header["book_valid"]) == (
        5,
        7,
        True,
    )
    assert first.columns["k"].tolist() == list(range(-6, 7))
    assert (row(first, -1)["bid_depth"], row(first, -1)["rest_depth"], row(first, 1)["ask_depth"]) == (
        5,
        5,
        7,
    )
    assert [row(first, k)["last_event_id"] for k in (-1, 0, 1)] == [1, 0, 2]


def test_the_state_is_that_of_the_bins_end() -> None:
    tape = touch(Tape(T0)).cancel(1, 2, after=30 * NS_PER_MS)
    first, second, _ = bins_of(tape)
    assert row(first, -1)["v_pull"] == pytest.approx(1.0 * math.exp(-0.07 / 2))
    assert row(second, -1)["v_pull"] == pytest.approx(1.0 * math.exp(-0.17 / 2))
    assert row(second, -1)["add_mass"] == pytest.approx(5 * math.exp(-0.2 / 30))


def test_without_a_touch_the_rows_are_zero() -> None:
    one_sided, crossed, _ = bins_of(Tape(T0).add(1, "B", 100, 5).add(2, "A", 99, 1, after=WIDTH))
    for grid, ask in ((one_sided, 0), (crossed, 99 * 250_000_000)):
        assert (grid.header["mid_price"], grid.header["spot_ref_price_int"]) == (0.0, 0)
        assert (grid.header["best_bid_price_int"], grid.header["best_ask_price_int"]) == (25 * 10**9, ask)
        assert not grid.header["book_valid"]
        assert all(not grid.columns[c.name].any() for c in GRID_COLUMNS if c.name != "k")
        assert grid.columns["k"].tolist() == list(range(-6, 7))


def test_moves_of_the_touch() -> None:
    tape = (
        touch(Tape(T0))
        .modify(1, "B", 101, 5, after=WIDTH)
        .cancel(1, 5, after=WIDTH)
        .add(3, "B", 99, 1, after=WIDTH)
    )
    grids = bins_of(tape, bins=4)
    assert [row(g, 0)["best_bid_move_ticks"] for g in grids] == [0, 1, 0, 0]
    assert row(grids[1], 3)["state5_code"] == 2
    assert row(grids[1], -3)["state5_code"] == 1
    assert row(grids[1], 0)["microstate_id"] == 5


def test_the_state_model_repeats_itself_where_there_is_no_touch() -> None:
    tape = (
        touch(Tape(T0))
        .modify(1, "B", 101, 5, after=WIDTH)
        .cancel(1, 5, after=WIDTH)
        .add(3, "B", 99, 1, after=WIDTH)
    )
    models = [{n: v for n, v in g.header.items() if n.startswith("model_")} for g in bins_of(tape, bins=4)]
    assert [m["model_sample_count"] for m in models] == [1, 2, 2, 3]
    assert models[1] == models[2]
    assert models[1]["model_base"] > 0


def test_before_warm_up_there_is_a_book_but_no_physics() -> None:
    early = Tape(T0 - 3 * WIDTH).add(1, "B", 100, 5).add(2, "A", 102, 7, after=WIDTH)
    (first,) = bins_of(early, bins=1, warmup_ns=T0 - 2 * WIDTH)
    assert (row(first, -1)["bid_depth"], row(first, -1)["v_add"], row(first, -1)["last_event_id"]) == (
        5,
        0,
        1,
    )
    assert row(first, 1)["v_add"] == pytest.approx(3.5 * math.exp(-0.3 / 2))
    assert (first.header["bin_event_count"], first.header["event_id"], first.header["ofi"]) == (0, 2, 0)


def test_snapshots_and_clears_make_no_impulses_and_no_imbalance() -> None:
    tape = touch(Tape(T0)).clear(after=1)
    tape.add(3, "B", 100, 9, flags=SNAPSHOT).add(4, "A", 101, 9, flags=SNAPSHOT).cancel(3, 4, after=1)
    first = bins_of(tape)[0]
    assert row(first, -1)["bid_depth"] == 5
    assert row(first, -1)["add_mass"] == pytest.approx(5 * math.exp(-0.1 / 30))
    assert row(first, -1)["v_rest_depth"] == pytest.approx(0.5 * math.exp(-0.1 / 2), rel=1e-6)
    assert first.header["ofi"] == 5 - 7 - 4


def test_a_suspect_book_has_rows_but_is_not_valid() -> None:
    grids = bins_of(touch(Tape(T0)).put("N", flags=LAST | MAYBE_BAD, after=WIDTH))
    assert [g.header["book_valid"] for g in grids] == [True, False, False]
    assert row(grids[1], -1)["bid_depth"] == 5


def test_composite_rolls_from_bin_0_also_while_there_is_no_touch() -> None:
    tape = Tape(T0).add(1, "B", 100, 5).add(2, "A", 102, 7, after=WIDTH)
    _, second, _ = bins_of(tape)
    # At the bid's tick pressure alone in both bins: composite 1 twice; at the ask's 0, then 1.
    assert row(second, -1)["composite"] == pytest.approx(1.0, abs=1e-6)
    # Windows 1, 3, 5 with weights 1, 2, 0.5.
    assert row(second, 1)["composite"] == pytest.approx((1 * 1 + 2 * 0.5 + 0.5 * 0.5) / 3.5, abs=1e-6)


def test_a_force_sourced_state_reads_the_cells_own_composite() -> None:
    config = small_config(state_source="force")
    tape = touch(Tape(T0)).cancel(1, 5).add(3, "B", 99, 2)
    window = SessionWindow(Ns(T0), Ns(T0), Ns(T0 + WIDTH))
    (first,) = reference_session(tape.records(), config, window, coverage_end_ns=T0 + WIDTH).bins
    codes = dict(zip(first.columns["k"].tolist(), first.columns["state5_code"].tolist(), strict=True))
    spot = int(first.header["spot_ref_price_int"]) // 250_000_000
    assert codes[102 - spot] == -1  # asks build above: bear pressure
    assert codes[99 - spot] == 1  # bids build below: bull pressure
    assert np.count_nonzero(first.columns["state5_code"]) == 2
