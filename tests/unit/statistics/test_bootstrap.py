"""The block bootstrap against arch, by hand, and by its coverage of a known mean."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from qm_harness.statistics.bootstrap import bootstrap_mean, resampled_means
from qmcore.kernels.bootstrap import optimal_block_length

T = np.arange(200.0)
ARCH_8_0 = {  # arch.bootstrap.optimal_block_length(x)["circular"]
    "wave": (np.sin(T / 7) + 0.3 * np.cos(T * T), 8.19081929803669),
    "rough": (np.cos(T * T * 1.7), 0.7582293912717396),
    "short": (np.sin(np.arange(12.0) ** 2), 3.567753146776833),
}


@pytest.mark.parametrize("name", ARCH_8_0)
def test_the_block_length_is_archs(name: str) -> None:
    values, wanted = ARCH_8_0[name]
    assert optimal_block_length(values) == pytest.approx(wanted, rel=1e-12)


def test_every_resample_is_made_of_circular_blocks() -> None:
    values = np.array([1.0, 10.0, 100.0, 1000.0, 10000.0])
    means = resampled_means(values, 2, 500, 0)
    twice = np.concatenate((values, values))
    pairs = {a + b for a, b in itertools.pairwise(twice)}
    possible = {round(p + q + r) for p in pairs for q in pairs for r in values}
    assert {round(m * 5) for m in means} <= possible
    assert len(set(means)) > 50


def test_the_spread_of_resampled_means_is_that_of_the_blocks() -> None:
    values = np.random.default_rng(3).normal(size=60)
    sums = np.array([np.resize(np.roll(values, -i), 6).sum() for i in range(60)])
    means = resampled_means(values, 6, 20_000, 4)
    assert means.mean() == pytest.approx(values.mean(), abs=0.004)
    assert means.std() == pytest.approx(sums.std() / 6 / np.sqrt(10), rel=0.03)


@pytest.mark.parametrize("persistence", [0.0, 0.7])
def test_the_interval_covers_the_mean_of_dependent_values(persistence: float) -> None:
    covered = 0
    for seed in range(200):
        values = np.random.default_rng(seed).normal(size=300)
        for i in range(1, 300):
            values[i] += persistence * values[i - 1]
        estimate = bootstrap_mean(values, seed=seed, resamples=400)
        assert estimate is not None
        covered += estimate.interval.low <= 0 <= estimate.interval.high
    assert covered / 200 >= 0.88


def test_single_values_in_blocks_of_one_would_not_cover() -> None:
    """What the blocks are for: the same values, taken for independent, are far too sure."""
    covered = 0
    for seed in range(200):
        values = np.random.default_rng(seed).normal(size=300)
        for i in range(1, 300):
            values[i] += 0.7 * values[i - 1]
        estimate = bootstrap_mean(values, seed=seed, resamples=400, block_length=1)
        assert estimate is not None
        covered += estimate.interval.low <= 0 <= estimate.interval.high
    assert covered / 200 <= 0.75


def test_equal_seeds_give_equal_intervals_and_other_seeds_others() -> None:
    values = np.random.default_rng(5).normal(size=50)
    first, again, other = (bootstrap_mean(values, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_too_few_or_constant_values() -> None:
    assert bootstrap_mean(np.array([1.0]), seed=0) is None
    constant = bootstrap_mean(np.full(20, -2.5), seed=0)
    assert constant is not None
    assert (constant.mean, constant.interval.low, constant.interval.high) == (-2.5, -2.5, -2.5)


def test_many_values_are_drawn_in_longer_blocks() -> None:
    estimate = bootstrap_mean(np.random.default_rng(6).normal(size=5000), seed=0)
    assert estimate is not None
    assert estimate.block_length == 50


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.95, 0.999])
def test_the_interval_is_of_numpys_quantiles(confidence: float) -> None:
    values = np.random.default_rng(7).normal(size=90)
    estimate = bootstrap_mean(values, seed=3, confidence=confidence, resamples=333, block_length=9)
    assert estimate is not None
    tails = (0.5 - confidence / 2, 0.5 + confidence / 2)
    quantiles = np.quantile(resampled_means(values, 9, 333, 3), tails)
    low, high = values.mean() + (quantiles - values.mean()) * np.sqrt(10 / 9)
    assert (estimate.interval.low, estimate.interval.high) == (low, high)
