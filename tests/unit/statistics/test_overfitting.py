"""CSCV by hand, on noise, and on a trial that is really better."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from qm_harness.statistics.overfitting import backtest_overfitting


def spelled_out(pnl: np.ndarray, n_blocks: int) -> np.ndarray:
    """The logits by the paper's steps, one split at a time."""
    blocks = np.split(pnl, n_blocks)
    logits = []
    for chosen in combinations(range(n_blocks), n_blocks // 2):
        inside = np.concatenate([blocks[i] for i in chosen])
        outside = np.concatenate([blocks[i] for i in range(n_blocks) if i not in chosen])
        winner = (inside.mean(axis=0) / inside.std(axis=0)).argmax()
        ratios = outside.mean(axis=0) / outside.std(axis=0)
        relative = (ratios <= ratios[winner]).sum() / (len(ratios) + 1)
        logits.append(np.log(relative / (1 - relative)))
    return np.array(logits)


def test_logits_are_those_of_the_paper() -> None:
    pnl = np.random.default_rng(1).normal(size=(48, 7))
    got = backtest_overfitting(pnl, n_blocks=6)
    np.testing.assert_allclose(got.logits, spelled_out(pnl, 6), atol=1e-12)
    assert got.probability == (got.logits <= 0).mean()
    assert len(got.logits) == 20


def test_half_of_the_splits_on_noise_and_none_with_skill() -> None:
    noise = [
        backtest_overfitting(np.random.default_rng(seed).normal(size=(64, 20)), n_blocks=8).probability
        for seed in range(60)
    ]
    assert np.mean(noise) == pytest.approx(0.5, abs=0.1)
    pnl = np.random.default_rng(1).normal(size=(64, 20))
    pnl[:, 4] += 1.5
    skilled = backtest_overfitting(pnl, n_blocks=8)
    assert (skilled.probability, skilled.loss_probability) == (0.0, 0.0)


def test_a_trial_that_wins_only_in_one_stretch_is_overfitted() -> None:
    pnl = np.random.default_rng(2).normal(size=(80, 10)) - 0.3
    for trial in range(10):
        pnl[8 * trial : 8 * trial + 8, trial] += 4.0  # each shines in its own stretch
    got = backtest_overfitting(pnl, n_blocks=10)
    assert got.probability > 0.8
    assert got.loss_probability > 0.8


def test_trials_without_trades_tie_in_the_middle() -> None:
    pnl = np.zeros((8, 3))
    got = backtest_overfitting(pnl, n_blocks=2)
    assert got.logits.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(("periods", "trials", "blocks"), [(31, 5, 16), (64, 1, 16), (64, 5, 7)])
def test_too_little_to_split_is_refused(periods: int, trials: int, blocks: int) -> None:
    with pytest.raises(ValueError, match="needs an even number of blocks"):
        backtest_overfitting(np.zeros((periods, trials)), blocks)


def test_the_memory_order_of_the_columns_does_not_matter() -> None:
    pnl = np.random.default_rng(2).normal(size=(64, 9))
    by_column = backtest_overfitting(np.asfortranarray(pnl), 8)
    np.testing.assert_array_equal(by_column.logits, backtest_overfitting(pnl, 8).logits)
