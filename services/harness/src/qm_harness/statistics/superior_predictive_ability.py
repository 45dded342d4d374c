"""Is the best of all trials better than not trading? Hansen's test of superior predictive ability (2005, J. Business &
Economic Statistics 23:365-380).

The maximum over trials of the studentised mean is compared with its bootstrap distribution, so the dependence between
trials is accounted for, where Holm assumes the worst. ``arch`` has the test, but (8.0) does not divide by the standard
deviations, which lets the trial with the widest stop decide; hence here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_TRIALS_AT_ONCE = 1024


@dataclass(frozen=True, slots=True)
class SuperiorAbility:
    """p-values that no trial is better than not trading; ``consistent`` is the one to use, between the other two."""

    statistic: float
    lower: float
    consistent: float
    upper: float


def superior_ability(
    pnl: NDArray[np.float64], *, seed: int, block_length: float | None = None, resamples: int = 1000
) -> SuperiorAbility | None:
    """Hansen's SPA over ``pnl``, shape (periods, trials): what each trial earned above not trading, period by period.

    T = max(0, max_k sqrt(n) d_k / s_k) against resampled max_k sqrt(n) (d*_k - g(d_k)) / s*_k under the stationary
    bootstrap of mean block length ``block_length`` (n^(1/3) by default; Politis and Romano 1994). g(d_k) is d_k where
    it is >= -sqrt(w_k^2 / n * 2 ln ln n) and 0 below (consistent), max(d_k, 0) (lower), d_k (upper). Any scale s_k
    makes a valid test; this is the plain standard deviation, taken again of each resample. The bootstrap's own long-run
    w_k, which Hansen proposes, is so uncertain over some ten blocks that among hundreds of trials the most
    underestimated one wins. Trials that never vary are left out; None where all are.
    """
    n = len(pnl)
    if n < 3:
        raise ValueError(f"needs three periods or more, got {n}")
    pnl = pnl[:, np.ptp(pnl, axis=0) > 0]
    if pnl.shape[1] == 0:
        return None
    if block_length is None:
        block_length = n ** (1 / 3)
    pnl = pnl / pnl.std(axis=0)
    means = pnl.mean(axis=0)
    statistic = max(0.0, math.sqrt(n) * float(means.max()))
    hopeless = means < -np.sqrt(stationary_variance(pnl, block_length) * 2 * math.log(math.log(n)) / n)
    centres = np.stack((np.maximum(means, 0.0), np.where(hopeless, 0.0, means), means))
    weights = stationary_weights(n, block_length, resamples, np.random.default_rng(seed))
    maxima = np.zeros((3, resamples))
    for first in range(0, len(means), _TRIALS_AT_ONCE):
        part = slice(first, first + _TRIALS_AT_ONCE)
        resampled = weights @ pnl[:, part]
        variances = weights @ pnl[:, part] ** 2 - resampled**2
        scales = np.where(variances > 1e-9, math.sqrt(n) / np.sqrt(np.maximum(variances, 1e-9)), 0.0)
        for maximum, centre in zip(maxima, centres, strict=True):
            np.maximum(maximum, ((resampled - centre[part]) * scales).max(axis=1), out=maximum)
    lower, consistent, upper = (maxima >= statistic).mean(axis=1).tolist()
    return SuperiorAbility(statistic, lower, consistent, upper)


def stationary_variance(pnl: NDArray[np.float64], block_length: float) -> NDArray[np.float64]:
    """Variance of sqrt(n) times the mean of each column under the stationary bootstrap, shape (trials,).

    R(0) + 2 sum over i of k(i) R(i), k(i) = (n-i)/n (1-q)^i + i/n (1-q)^(n-i), q = 1 / block_length (Hansen 2005).
    """
    n = len(pnl)
    centred = pnl - pnl.mean(axis=0)
    stay = 1 - 1 / block_length
    variance = (centred**2).sum(axis=0) / n
    for lag in range(1, n):
        kernel = (n - lag) / n * stay**lag + lag / n * stay ** (n - lag)
        variance += 2 * kernel * (centred[:-lag] * centred[lag:]).sum(axis=0) / n
    return np.asarray(np.maximum(variance, 0.0))


def stationary_weights(
    n: int, block_length: float, resamples: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """How much each of ``n`` periods weighs in each stationary resample, shape (resamples, n); rows sum to 1."""
    restarts = random.random((resamples, n)) < 1 / block_length
    restarts[:, 0] = True
    columns = np.arange(n)
    since = columns - np.maximum.accumulate(np.where(restarts, columns, 0), axis=1)
    first = random.integers(0, n, size=(resamples, n))
    drawn = (np.take_along_axis(first, columns - since, axis=1) + since) % n
    flat = np.arange(resamples)[:, None] * n + drawn
    counts = np.bincount(flat.ravel(), minlength=resamples * n).reshape(resamples, n)
    return np.asarray(counts / n)
