"""The mean of dependent values with its interval: circular block bootstrap with an automatic block length.

Trades overlap, so neighbours are not independent: whole blocks are drawn, not single values. All resamples are drawn
at once from running sums; ``arch`` resamples one at a time, which a sweep cannot wait for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qm_harness.statistics.proportions import Interval

MOST_BLOCKS: Final = 100
"""Blocks are made longer rather than more than this: the interval needs no more, time does."""


@dataclass(frozen=True, slots=True)
class MeanEstimate:
    """A mean, its interval, and the block length that was used."""

    mean: float
    interval: Interval
    block_length: int


def optimal_block_length(values: NDArray[np.float64]) -> float:
    """Block length of the circular bootstrap after Politis and White (2004, Econometric Reviews 23:53-70),
    corrected by Patton, Politis and White (2009, 28:372-375).

    b = (2 G^2 / D)^(1/3) n^(1/3) with G = sum of lambda(k/M) |k| R(k) and D = 4/3 (sum of lambda(k/M) R(k))^2 over
    the flat-top kernel lambda and the autocovariances R; M is twice the lag after which K_n autocorrelations in a row
    are insignificant. ``values``: shape (n,), n >= 8 and not constant.
    """
    n = len(values)
    centred = values - values.mean()
    run = max(5, int(math.log10(n)))
    longest = min(math.ceil(math.sqrt(n)) + run, n - 2)
    products = np.array([centred[lag:] @ centred[: n - lag] for lag in range(longest + 1)])
    squares = np.cumsum(centred**2)
    total = squares[-1]
    lags = np.arange(1, longest + 2)
    norms = np.sqrt((total - squares[lags - 1]) * squares[n - lags - 1])
    correlations = np.divide(np.abs(products), norms, out=np.ones_like(norms), where=norms > 0)
    small = correlations < 2 * math.sqrt(math.log10(n) / n)
    quiet = next((lag - run for lag in range(run, longest + 1) if small[lag - run : lag].all()), None)
    band = longest if quiet is None else min(2 * max(quiet, 1), longest)
    k = np.arange(1, band + 1)
    weights = np.where(k / band <= 0.5, 1.0, 2 * (1 - k / band))
    covariances = products / n
    slope = 2 * float((weights * k * covariances[1 : band + 1]).sum())
    long_run = float(covariances[0] + 2 * (weights * covariances[1 : band + 1]).sum())
    if long_run == 0:
        return 1.0
    best = (2 * slope**2 / (4 / 3 * long_run**2)) ** (1 / 3) * n ** (1 / 3)
    return float(min(best, math.ceil(min(3 * math.sqrt(n), n / 3))))


def bootstrap_mean(
    values: NDArray[np.float64],
    *,
    seed: int,
    confidence: float = 0.95,
    resamples: int = 1000,
    block_length: int | None = None,
) -> MeanEstimate | None:
    """The mean of ``values``, in order of time, with the percentile interval of a circular block bootstrap
    (Politis and Romano 1992), widened by Student's factor sqrt(b/(b-1)) for its b blocks.

    None with fewer than two values. The block length is Politis and White's where it is not given.
    """
    n = len(values)
    if n < 2:
        return None
    mean = float(values.mean())
    if np.ptp(values) == 0:
        return MeanEstimate(mean, Interval(mean, mean), 1)
    if block_length is None:
        block_length = max(1, round(optimal_block_length(values))) if n >= 8 else 1
        block_length = max(block_length, math.ceil(n / MOST_BLOCKS))
    means = resampled_means(values, block_length, resamples, np.random.default_rng(seed))
    blocks = max(2.0, n / block_length)
    tails = (0.5 - confidence / 2, 0.5 + confidence / 2)
    low, high = mean + (np.quantile(means, tails) - mean) * math.sqrt(blocks / (blocks - 1))
    return MeanEstimate(mean, Interval(float(low), float(high)), block_length)


def resampled_means(
    values: NDArray[np.float64], block_length: int, resamples: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """Means of ``resamples`` circular block resamples of ``values``, shape (resamples,).

    The last block of each is cut so that every resample has n values.
    """
    n = len(values)
    running = np.concatenate(([0.0], np.cumsum(np.concatenate((values, values)))))
    full, rest = divmod(n, block_length)
    starts = random.integers(0, n, size=(resamples, full + (rest > 0)), dtype=np.int32)
    block_sums = running[block_length : block_length + n] - running[:n]
    sums = block_sums.take(starts[:, :full]).sum(axis=1)
    if rest:
        sums += (running[rest : rest + n] - running[:n])[starts[:, full]]
    return np.asarray(sums / n)
