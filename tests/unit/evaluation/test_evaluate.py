"""One point: its columns by hand, and what holds between them on any market."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from qm_harness.evaluation import EvalMarket, EvalParams, evaluate_signal

from .markets import TICK_INT, walk, wandering

PARAMS = EvalParams(
    tp_ticks=8,
    sl_ticks=4,
    max_hold_bins=300,
    warmup_bins=50,
    cooldown_bins=10,
    fee_ticks=0.2,
    slippage_ticks=0.5,
)


def test_columns_by_hand() -> None:
    """Ten bins of a second, a spread of one tick; up at 0 takes its profit, down at 3 is stopped, up at 6 times out."""
    bids = np.array([100, 100, 103, 103, 103, 105, 105, 105, 105, 106])
    values = np.array([1.0, 0, 0, -1, 0, 0, 1, 0, 0, 0])
    market = EvalMarket.of(
        bids * TICK_INT, (bids + 1) * TICK_INT, bids * 0.25, tick_int=TICK_INT, cell_width_ms=1000
    )
    params = EvalParams(
        tp_ticks=2,
        sl_ticks=2,
        max_hold_bins=2,
        warmup_bins=0,
        cooldown_bins=0,
        min_signals=2,
        fee_ticks=0.25,
        slippage_ticks=0.5,
    )
    evaluation = evaluate_signal(values, market, params, [0.5])
    (row,) = evaluation.rows
    assert (row.n_signals, row.n_up, row.n_down, row.threshold) == (3, 2, 1, 0.5)
    assert (row.tp_rate, row.sl_rate, row.timeout_rate) == (1 / 3, 1 / 3, 1 / 3)
    assert row.tp_rate_excess == pytest.approx(1 / 3 - 1 / 2)
    assert row.events_per_hour == pytest.approx(3 / 10 * 3600)
    # +2, then sold 103 and stopped at 106, then bought 106 and out at the bid of 106 two bins later
    assert [t.tolist() for t in evaluation.trades[0][["entry_bin", "exit_bin", "gross_ticks"]]] == [
        (1, 2, 2.0),
        (4, 5, -3.0),
        (7, 9, 0.0),
    ]
    assert row.mean_gross_pnl_ticks == pytest.approx(-1 / 3)
    assert row.mean_pnl_ticks == pytest.approx(((2 - 0.75) + (-3 - 1.25) + (0 - 1.25)) / 3)
    assert row.median_time_to_outcome_ms == 1000.0
    assert row.enough_signals
    assert row.p_value is not None
    assert (row.in_sample.n_signals, row.out_of_sample.n_signals) == (2, 1)
    assert row.out_of_sample.p_value is None
    np.testing.assert_allclose(evaluation.period_pnl(5)[:, 0], [0, 1.25, -4.25, 0, -1.25])


def test_what_holds_on_any_market() -> None:
    market, _ = walk(1, 4000)
    thresholds = [0.2, 0.6, 0.9]
    for row in evaluate_signal(wandering(2, 4000), market, PARAMS, thresholds).rows:
        assert row.n_up + row.n_down == row.n_signals
        assert row.tp_rate is not None
        assert row.sl_rate is not None
        assert row.timeout_rate is not None
        assert row.tp_rate + row.sl_rate + row.timeout_rate == pytest.approx(1)
        assert row.tp_rate_low < row.tp_rate < row.tp_rate_high  # type: ignore[operator]
        assert row.mean_pnl_low < row.mean_pnl_ticks < row.mean_pnl_high  # type: ignore[operator]
        cost = PARAMS.fee_ticks + PARAMS.slippage_ticks * (2 - row.tp_rate)
        assert row.mean_gross_pnl_ticks - row.mean_pnl_ticks == pytest.approx(cost)  # type: ignore[operator]
        parts = row.in_sample.n_signals + row.out_of_sample.n_signals
        assert row.n_signals - 12 <= parts <= row.n_signals


def test_the_same_input_gives_the_same_rows() -> None:
    market, _ = walk(1, 3000)
    first, again = (evaluate_signal(wandering(2, 3000), market, PARAMS, [0.3, 0.7]).rows for _ in range(2))
    assert first == again


def test_what_was_evaluated_before_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Brackets and patterns are kept between points, here so few that they come and go."""
    points = [(seed, tp, cooldown) for seed in (2, 5) for tp in (4, 8, 9) for cooldown in (0, 10)]
    used, _ = walk(1, 3000)
    for kept in (1, 1 << 30):
        monkeypatch.setattr("qm_harness.evaluation.market._KEPT_BYTES", kept)
        monkeypatch.setattr("qm_harness.statistics.random_entries._PATTERN_BYTES", kept)
        for seed, tp, cooldown in points:
            params = PARAMS.model_copy(update={"tp_ticks": tp, "cooldown_bins": cooldown})
            values = wandering(seed, 3000)
            rows = evaluate_signal(values, used, params, [0.1, 0.3, 0.7, 0.99]).rows
            assert rows == evaluate_signal(values, walk(1, 3000)[0], params, [0.1, 0.3, 0.7, 0.99]).rows


def test_thresholds_without_a_value_between_them_have_the_same_trades() -> None:
    market, _ = walk(1, 1000)
    values = np.repeat(np.random.default_rng(8).choice((-0.6, 0.0, 0.4), 100), 10)
    done = evaluate_signal(values, market, PARAMS, [0.1, 0.5, 0.2, 0.4, 0.6, 0.7])
    assert [row.threshold for row in done.rows] == [0.1, 0.5, 0.2, 0.4, 0.6, 0.7]
    low, high, *others = ([row.n_signals, row.model_copy(update={"threshold": 0})] for row in done.rows)
    assert others[:2] == [low, low]
    assert others[2] == high
    assert others[3][0] == 0
    assert low[0] > high[0] > 0
    np.testing.assert_array_equal(done.period_pnl(4)[:, 0], done.period_pnl(4)[:, 2])


def test_a_silent_signal_has_no_rates_and_no_p_value() -> None:
    market, _ = walk(1, 500)
    (row,) = evaluate_signal(np.zeros(500), market, PARAMS, [0.5]).rows
    assert (row.n_signals, row.events_per_hour, row.enough_signals) == (0, 0.0, False)
    assert (row.tp_rate, row.mean_pnl_ticks, row.p_value, row.median_time_to_outcome_ms) == (None,) * 4


@pytest.mark.parametrize("n_bins", [1, 30, 52])
def test_a_market_shorter_than_the_warm_up_or_without_a_touch(n_bins: int) -> None:
    market, _ = walk(1, n_bins)
    assert evaluate_signal(wandering(3, n_bins), market, PARAMS, [0.1]).rows[0].n_signals == 0
    nothing = np.zeros(n_bins)
    empty = EvalMarket.of(
        nothing.astype(np.int64), nothing.astype(np.int64), nothing, tick_int=1, cell_width_ms=100
    )
    assert evaluate_signal(wandering(3, n_bins), empty, PARAMS, [0.1]).rows[0].events_per_hour == 0.0


def test_parameters_out_of_range_are_refused() -> None:
    with pytest.raises(ValidationError, match="sl_ticks"):
        EvalParams(tp_ticks=8, sl_ticks=0, max_hold_bins=1, warmup_bins=0, cooldown_bins=0)
    with pytest.raises(ValidationError, match="entry"):
        EvalParams.model_validate({**PARAMS.model_dump(), "entry": "ask"})
