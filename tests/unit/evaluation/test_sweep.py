"""Whole sweeps: on noise nobody wins, a planted edge does."""

from __future__ import annotations

import numpy as np
import pytest

from qm_harness.evaluation import EvalMarket, EvalParams, SweepVerdict, evaluate_signal, judge_sweep

from .markets import foreseeing, walk, wandering

THRESHOLDS = [0.2, 0.4, 0.6, 0.8]
BRACKETS = [(4, 4), (8, 4), (4, 8)]


def sweep(market: EvalMarket, signals: list[np.ndarray]) -> SweepVerdict:
    """Every signal with every bracket and threshold; at mid and free, so that only luck can be found."""
    rows, pnl = [], []
    for values in signals:
        for tp_ticks, sl_ticks in BRACKETS:
            params = EvalParams(
                tp_ticks=tp_ticks,
                sl_ticks=sl_ticks,
                max_hold_bins=200,
                warmup_bins=50,
                cooldown_bins=10,
                entry="mid",
            )
            point = evaluate_signal(values, market, params, THRESHOLDS)
            rows += point.rows
            pnl.append(point.period_pnl(40))
    return judge_sweep(rows, np.hstack(pnl), n_trials=len(rows), seed=0, n_blocks=8)


def test_noise_has_no_winner() -> None:
    """20 sweeps of 48 trials: at most one may find a winner."""
    with_winner = 0
    for repetition in range(20):
        market, _ = walk(repetition, 2000)
        signals = [wandering(1000 * repetition + s, 2000) for s in range(4)]
        with_winner += sweep(market, signals).is_winner.any()
    assert with_winner <= 1


def test_a_planted_edge_is_found_and_noise_beside_it_is_not() -> None:
    market, bids = walk(7, 6000)
    verdict = sweep(market, [foreseeing(bids, 40, 0.5, 1), *(wandering(s, 6000) for s in range(4))])
    planted = len(BRACKETS) * len(THRESHOLDS)
    assert verdict.is_winner[:planted].sum() >= planted // 2
    assert not verdict.is_winner[planted:].any()
    assert verdict.overfitting is not None
    assert verdict.overfitting.probability < 0.05
    assert verdict.superior_ability is not None
    assert verdict.superior_ability.consistent < 0.01
    assert verdict.sharpe.probability[:planted].max() > verdict.sharpe.probability[planted:].max()


def test_failed_trials_count() -> None:
    market, bids = walk(7, 3000)
    params = EvalParams(
        tp_ticks=6, sl_ticks=4, max_hold_bins=200, warmup_bins=50, cooldown_bins=10, entry="mid"
    )
    point = evaluate_signal(foreseeing(bids, 40, 0.3, 1), market, params, [0.5])
    pnl = point.period_pnl(40)
    few, many = (judge_sweep(point.rows, pnl, n_trials=n, seed=0) for n in (1, 500))
    assert many.holm_p[0] == pytest.approx(min(1.0, 500 * few.holm_p[0]))
    assert many.overfitting is None


def test_what_does_not_fit_together_is_refused() -> None:
    market, _ = walk(1, 500)
    params = EvalParams(tp_ticks=4, sl_ticks=4, max_hold_bins=20, warmup_bins=0, cooldown_bins=0)
    point = evaluate_signal(wandering(1, 500), market, params, [0.5])
    with pytest.raises(ValueError, match="1 rows, pnl of shape"):
        judge_sweep(point.rows, np.zeros((40, 2)), n_trials=2, seed=0)
