"""Periods, Sharpe ratios and their deflation: by hand, by the paper's own example, and on noise."""

from __future__ import annotations

import numpy as np
import pytest

from qm_harness.statistics.deflated_sharpe import (
    deflated_sharpe,
    expected_maximum_sharpe,
    probabilistic_sharpe,
)
from qm_harness.statistics.periods import period_pnl, sharpe_ratios


def test_trades_are_booked_in_the_period_of_their_exit() -> None:
    exits, net = np.array([10, 14, 15, 19, 29], np.int32), np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    got = period_pnl(exits, net, first_bin=10, end_bin=30, n_periods=4)
    assert got.tolist() == [3.0, 12.0, 0.0, 16.0]
    assert period_pnl(exits[:0], net[:0], first_bin=10, end_bin=30, n_periods=3).tolist() == [0.0] * 3


def test_periods_that_do_not_fit_are_refused() -> None:
    one = np.array([5], np.int32)
    with pytest.raises(ValueError, match="exit outside of bins 0 to 4"):
        period_pnl(one, np.ones(1), first_bin=0, end_bin=5, n_periods=1)
    with pytest.raises(ValueError, match="5 bins cannot be cut into 6 periods"):
        period_pnl(one, np.ones(1), first_bin=1, end_bin=6, n_periods=6)


def test_sharpe_ratios_by_hand() -> None:
    pnl = np.array([[1.0, 2.0, 0.0], [3.0, 2.0, 0.0], [2.0, 2.0, 0.0]])
    assert sharpe_ratios(pnl).tolist() == [2.0, 0.0, 0.0]


def test_the_papers_example() -> None:
    """Bailey and Lopez de Prado 2014, p. 9: annual ratio 2.5 over 1250 days, 100 trials of variance 1/2, skewness -3,
    kurtosis 10: benchmark 0.1132 a day, DSR 0.9004."""
    maximum = expected_maximum_sharpe(0.5 / 250, 100)
    assert maximum == pytest.approx(0.1132, abs=5e-5)
    ratio = np.array([2.5 / np.sqrt(250)])
    got = probabilistic_sharpe(ratio, maximum, 1250, np.array([-3.0]), np.array([10.0]))
    assert got[0] == pytest.approx(0.9004, abs=5e-5)


def test_the_expected_maximum_is_that_of_normal_draws() -> None:
    best = np.random.default_rng(1).normal(0, 0.2, (4000, 200)).max(axis=1).mean()
    assert expected_maximum_sharpe(0.04, 200) == pytest.approx(best, rel=0.02)
    assert expected_maximum_sharpe(0.04, 1) == 0.0


def test_the_best_of_many_without_skill_is_not_believed_but_skill_is() -> None:
    believed = 0
    for seed in range(100):
        pnl = np.random.default_rng(seed).normal(size=(120, 100))
        believed += deflated_sharpe(pnl, 100).probability.max() > 0.95
    assert believed <= 8
    pnl = np.random.default_rng(5).normal(size=(120, 100))
    pnl[:, 3] += 0.7
    assert deflated_sharpe(pnl, 100).probability[3] > 0.99
    assert deflated_sharpe(pnl, 10**9).probability[3] < deflated_sharpe(pnl, 100).probability[3]


def test_a_trial_without_trades_has_no_probability() -> None:
    pnl = np.zeros((20, 2))
    pnl[:, 0] = np.random.default_rng(1).normal(1, 1, 20)
    assert deflated_sharpe(pnl, 2).probability[1] == 0.0
