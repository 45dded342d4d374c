"""A sweep of the size that people run, on a market in which there is nothing to find."""

from __future__ import annotations

import numpy as np
import pytest

from qm_harness.evaluation import EvalParams, evaluate_signal, judge_sweep
from tests.unit.evaluation.markets import walk, wandering

THRESHOLDS = [round(0.05 * step, 2) for step in range(1, 17)]
BRACKETS = [(4, 4), (8, 4), (4, 8), (8, 8)]
N_BINS = 3000


@pytest.mark.slow
def test_five_hundred_trials_on_noise_have_no_winner() -> None:
    """20 sweeps of 512 trials: 95 in 100 must come out empty, so at most one of these may not."""
    with_winner, superior = 0, 0
    for repetition in range(20):
        market, _ = walk(repetition, N_BINS)
        rows, pnl = [], []
        for signal in range(8):
            values = wandering(1000 * repetition + signal, N_BINS)
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
                pnl.append(point.period_pnl(64))
        verdict = judge_sweep(rows, np.hstack(pnl), n_trials=len(rows), seed=repetition, n_blocks=8)
        with_winner += verdict.is_winner.any()
        assert verdict.superior_ability is not None
        superior += verdict.superior_ability.consistent <= 0.05
    assert len(rows) == 512
    assert with_winner <= 1
    assert superior <= 3
