"""Hansen's test against arch, and its size and power."""

from __future__ import annotations

import numpy as np
import pytest

from qm_harness.statistics.superior_predictive_ability import (
    stationary_variance,
    stationary_weights,
    superior_ability,
)

T = np.arange(200.0)
PNL = np.stack(
    [
        np.cos(T * T * 1.7) + 0.06,
        5 * np.sin(T * T * 0.9) + 0.1,
        np.sin(T / 3) - 0.5,
        np.cos(T * T * 2.3) - 0.02,
    ],
    axis=1,
)


def test_variances_equal_archs() -> None:
    arch = [
        0.5258371848117351,
        13.08208868290311,
        0.9930577611078911,
        0.4030734065506364,
    ]  # 8.0, block_size=10
    np.testing.assert_allclose(stationary_variance(PNL, 10), arch, rtol=1e-13)


def test_p_values_equal_archs_on_columns_of_equal_scale() -> None:
    got = superior_ability(PNL, seed=3, block_length=6, resamples=10_000)
    assert got is not None
    # arch.bootstrap.SPA(0, -PNL / PNL.std(0), block_size=6, reps=20000, seed=1)
    assert (got.lower, got.consistent, got.upper) == pytest.approx((0.0695, 0.11085, 0.2356), abs=0.015)


def test_the_scale_of_a_trial_does_not_matter() -> None:
    got = superior_ability(PNL, seed=3, resamples=200)
    assert superior_ability(PNL * [1.0, 40.0, 0.01, 7.0], seed=3, resamples=200) == got


def test_resamples_are_runs_of_mean_block_length() -> None:
    weights = stationary_weights(50, 5.0, 4000, np.random.default_rng(1))
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    np.testing.assert_allclose(weights.mean(axis=0), 1 / 50, rtol=0.1)
    values = np.sin(np.arange(50.0) / 4)
    wanted = stationary_variance(values[:, None], 5.0)[0] / 50
    assert (weights @ values).var() == pytest.approx(wanted, rel=0.06)


def lumpy(seed: int) -> np.ndarray:
    """300 trials without skill over 64 periods: now and then a trade of +8 or -4."""
    random = np.random.default_rng(seed)
    trades = random.poisson(0.5, (64, 300))
    return random.binomial(trades, 1 / 3) * 12.0 - 4.0 * trades


def test_size_on_noise_of_many_trials_over_few_periods() -> None:
    results = [superior_ability(lumpy(seed), seed=seed, resamples=200) for seed in range(60)]
    p_values = np.array([r.consistent for r in results if r])
    assert (p_values <= 0.05).mean() <= 0.1
    assert p_values.mean() >= 1 / 3


def test_power_with_skill() -> None:
    pnl = lumpy(1)
    pnl[:, 7] += np.random.default_rng(2).normal(1.5, 2.0, 64)
    skilled = superior_ability(pnl, seed=1)
    assert skilled is not None
    assert skilled.consistent <= 0.01


def test_hopeless_trials_do_not_weaken_it() -> None:
    pnl = np.random.default_rng(2).normal(size=(80, 1)) + 0.25
    hopeless = np.random.default_rng(3).normal(size=(80, 60)) - 3.0
    alone, crowded = (superior_ability(x, seed=1, block_length=2) for x in (pnl, np.hstack((pnl, hopeless))))
    assert alone is not None
    assert crowded is not None
    assert crowded.consistent == pytest.approx(alone.consistent, abs=0.02)
    assert crowded.lower <= crowded.consistent <= crowded.upper


def test_nothing_that_varies_and_too_few_periods() -> None:
    assert superior_ability(np.zeros((10, 3)), seed=0) is None
    with pytest.raises(ValueError, match="needs three periods"):
        superior_ability(np.ones((2, 3)), seed=0)
