"""The Cython pipeline against the plain one, and against itself: how it is fed and watched changes no bit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qmcore.config.runtime import RuntimeConfig
from qmcore.contracts.columns import GRID_COLUMNS
from qmcore.pipeline import GridFrame, GridPipeline, grid_message
from qmcore.reference.pipeline import reference_session
from tests.parity.agreement import assert_agreement, has_touch, kernel_session
from tests.streams.configs import SESSION_START_NS, small_config
from tests.streams.drawn import days
from tests.streams.tape import TICK, UNDEFINED_PRICE, Tape
from tests.streams.walked import walk

DEFAULT = small_config()
CONFIGS = {
    "default": DEFAULT,
    "force": small_config(
        state_source="force",
        cell_width_ms=250,
        state_model_center_exclusion_radius=1,
        state_model_mixed_weight=2.0,
    ),
    "fast": small_config(
        tau_velocity=0.05, tau_acceleration=0.05, tau_jerk=0.2, tau_rest_decay=0.1, grid_radius_ticks=40
    ),
    "buckets": small_config(product_type="equity_mbo", bucket_size_dollars=1.25, grid_radius_ticks=9),
    "even buckets": small_config(product_type="equity_mbo", bucket_size_dollars=1.0, cell_width_ms=250),
    "long": small_config(end_time="09:30:40", flow_windows=(5, 10, 20, 40), flow_rollup_weights=(1, 1, 1, 1)),
}
SEEDS = range(3)

physics_columns = tuple(
    c.name for c in GRID_COLUMNS if c.role in ("force", "mass", "velocity", "acceleration", "jerk")
)


def long_walk(seed: int) -> NDArray[np.void]:
    """Some twenty seconds of a market that jumps out of the smallest window now and then."""
    return walk(seed, 2_500, jump=0.004, mean_step_ns=20_000_000)


def assert_parity(records: NDArray[np.void], config: RuntimeConfig) -> None:
    plain = reference_session(records, config, config.window)
    assert_agreement(kernel_session(records, config), plain, records, config)


def messages(frames: Iterator[GridFrame], config: RuntimeConfig) -> list[bytes]:
    """What goes over the bus, bin by bin."""
    return [grid_message(frame, config) for frame in frames]


def all_messages(
    records: NDArray[np.void], config: RuntimeConfig, splits: list[int] | None = None
) -> list[bytes]:
    """The session's messages with the records cut into batches at ``splits``."""
    pipeline, out = GridPipeline(config), []
    for batch in np.split(records, splits or []):
        out += messages(pipeline.feed(batch), config)
    return out + messages(pipeline.finish(None), config)


# --- kernel against plain -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["default", "force", "fast"])
@given(records=days())
def test_the_pipelines_agree(name: str, records: NDArray[np.void]) -> None:
    assert_parity(records, CONFIGS[name])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_pipelines_agree_all_along_a_wandering_market(seed: int) -> None:
    assert_parity(long_walk(seed), CONFIGS["long"])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_pipelines_agree_in_a_burst(seed: int) -> None:
    assert_parity(walk(seed, 2_500, mean_step_ns=500_000), CONFIGS["force"])


def test_the_wandering_market_is_worth_walking() -> None:
    """The streams above reach scores, moves, both states of the book and every counter; else they prove nothing."""
    bins, seen = [], set[str]()
    for seed in SEEDS:
        session = kernel_session(long_walk(seed), CONFIGS["long"])
        bins += session.bins
        seen |= {name for name, n in session.counters.items() if n}
    assert seen == set(session.counters)
    assert sum(has_touch(b) for b in bins) > 300
    assert sum(not b.header["book_valid"] for b in bins) > 20
    assert sum(b.columns["flow_score"].any() for b in bins) > 100
    assert len({int(b.columns["microstate_id"][0]) for b in bins}) >= 7
    assert sum(b.header["model_score"] != 0 for b in bins) > 100


# --- kernel against itself ----------------------------------------------------------------------


@given(records=days(), data=st.data())
def test_where_batches_are_cut_changes_no_byte(records: NDArray[np.void], data: st.DataObject) -> None:
    splits = sorted(data.draw(st.lists(st.integers(0, len(records)), max_size=6)))
    assert all_messages(records, DEFAULT, splits) == all_messages(records, DEFAULT)


@given(records=days(), data=st.data())
def test_a_session_goes_on_from_a_checkpoint_anywhere(records: NDArray[np.void], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(records)))
    first = GridPipeline(DEFAULT)
    out = messages(first.feed(records[:cut]), DEFAULT)
    second = GridPipeline.from_state(first.export_state(), DEFAULT)
    assert (second.next_event_index, second.next_bin_seq) == (first.next_event_index, first.next_bin_seq)
    out += messages(second.feed(records[second.next_event_index :]), DEFAULT)
    out += messages(second.finish(None), DEFAULT)
    assert out == all_messages(records, DEFAULT)
    assert second.counters() == kernel_session(records, DEFAULT).counters


@pytest.mark.parametrize("seed", SEEDS)
def test_a_session_goes_on_from_a_checkpoint_at_every_bin(seed: int) -> None:
    config = CONFIGS["long"]
    records = long_walk(seed)
    undisturbed = all_messages(records, config)
    pipeline, out = GridPipeline(config), []
    while not pipeline.done:
        frame = next(pipeline.feed(records[pipeline.next_event_index :]), None)
        if frame is None:
            break
        out.append(grid_message(frame, config))
        pipeline = GridPipeline.from_state(pipeline.export_state(), config)
    out += messages(pipeline.finish(None), config)
    assert out == undisturbed


@pytest.mark.parametrize("seed", SEEDS)
def test_the_size_of_the_window_changes_nothing_but_speed(seed: int) -> None:
    records = long_walk(seed)
    small, large = CONFIGS["long"], CONFIGS["long"].model_copy(update={"n_absolute_ticks": 65_536})
    assert all_messages(records, small) == all_messages(records, large)


@given(records=days())
def test_the_width_of_a_bin_does_not_change_the_state(records: NDArray[np.void]) -> None:
    """At common ends of bins depths, masses, chains and forces are the same bits."""
    narrow = kernel_session(records, small_config(cell_width_ms=50)).bins
    for width_ms in (100, 250, 500):
        wide = kernel_session(records, small_config(cell_width_ms=width_ms)).bins
        common = {b.header["bin_end_ns"]: b for b in narrow}
        for grid in wide:
            fine = common[grid.header["bin_end_ns"]]
            for name in (*physics_columns, "last_event_id"):
                assert grid.columns[name].tobytes() == fine.columns[name].tobytes(), name
            for name in ("event_id", "mid_price", "best_bid_qty", "best_ask_qty", "book_valid"):
                assert grid.header[name] == fine.header[name]


@given(records=days())
def test_narrow_bins_hold_together_what_a_wide_one_holds(records: NDArray[np.void]) -> None:
    narrow = kernel_session(records, small_config(cell_width_ms=50)).bins
    wide = kernel_session(records, small_config(cell_width_ms=250)).bins
    flows = (
        "bin_event_count",
        "trade_count",
        "buy_volume",
        "sell_volume",
        "ofi",
        *(f"mlofi_{m}" for m in range(1, 6)),
    )
    for i, grid in enumerate(wide):
        parts = narrow[5 * i : 5 * i + 5]
        assert {n: sum(p.header[n] for p in parts) for n in flows} == {n: grid.header[n] for n in flows}


@given(records=days())
def test_no_value_is_nan_or_infinite(records: NDArray[np.void]) -> None:
    for grid in kernel_session(records, CONFIGS["fast"]).bins:
        assert all(np.isfinite(grid.columns[c.name]).all() for c in GRID_COLUMNS)
        assert all(np.isfinite(value) for value in grid.header.values())


@given(records=days())
def test_blocks_hold_the_same_as_frames(records: NDArray[np.void]) -> None:
    frames = kernel_session(records, DEFAULT).bins
    pipeline = GridPipeline(DEFAULT)
    block, filled = pipeline.block(7), []

    def take() -> None:
        for i in range(block.n_filled):
            rows = slice(i * DEFAULT.rows, (i + 1) * DEFAULT.rows)
            filled.append(
                ({n: a[i] for n, a in block.bins.items()}, {n: a[rows].copy() for n, a in block.grid.items()})
            )
        block.clear()

    position = 0
    while position < len(records) and not pipeline.done:
        position += pipeline.fill(records[position:], block)
        take()
    while not pipeline.finish_block(None, block):
        take()
    take()
    assert [header for header, _ in filled] == [b.header for b in frames]
    for (_, columns), frame in zip(filled, frames, strict=True):
        for name, values in columns.items():
            assert values.tobytes() == frame.columns[name].tobytes(), name


# --- numbers at the edge ------------------------------------------------------------------------


def one_bin(tape: Tape) -> dict[str, float]:
    """Header of the first bin after a tape."""
    session = kernel_session(tape.records(), DEFAULT, SESSION_START_NS + 100_000_000)
    return session.bins[0].header


def test_a_trade_without_a_price_does_not_move_the_average() -> None:
    tape = Tape(SESSION_START_NS).trade("B", 100, 2).put("T", 0, "A", price=UNDEFINED_PRICE, size=9)
    header = one_bin(tape)
    assert header["trade_vwap"] == 25.0
    assert (header["trade_count"], header["buy_volume"], header["sell_volume"]) == (2, 2, 9)


def test_the_mid_of_a_touch_at_the_end_of_all_prices() -> None:
    highest = (2**63 - 2) // TICK
    tape = Tape(SESSION_START_NS).add(1, "B", highest - 2, 1).add(2, "A", highest, 1)
    assert one_bin(tape)["mid_price"] == pytest.approx((highest - 1) * 0.25, rel=1e-12)


@pytest.mark.parametrize(("far_tick", "expected"), [(2 * 10**10, 2**31 - 1), (-2 * 10**10, -(2**31))])
def test_a_move_of_more_ticks_than_an_int32_holds_saturates(far_tick: int, expected: int) -> None:
    tape = Tape(SESSION_START_NS).add(1, "B", 0, 1).add(2, "A", 2, 1)
    tape.modify(1, "B", far_tick, 1, flags=0, after=100_000_000).modify(2, "A", far_tick + 2, 1)
    bins = kernel_session(tape.records(), DEFAULT, SESSION_START_NS + 200_000_000).bins
    assert set(bins[1].columns["best_bid_move_ticks"].tolist()) == {expected}
    assert set(bins[1].columns["best_ask_move_ticks"].tolist()) == {expected}
    assert set(bins[1].columns["bid_reprice_sign"].tolist()) == {1 if expected > 0 else -1}
