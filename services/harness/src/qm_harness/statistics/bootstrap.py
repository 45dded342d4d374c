"""The mean of dependent values with its interval: circular block bootstrap with an automatic block length.

Trades overlap, so neighbours are not independent: whole blocks are drawn, not single values. The work is in
``qmcore.kernels.bootstrap``; its random numbers are drawn once a seed and serve every sample of a sweep.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qm_harness.statistics.proportions import Interval
from qmcore.kernels.bootstrap import optimal_block_length
from qmcore.kernels.bootstrap import resampled_means as _resampled_means

MOST_BLOCKS: Final = 100
"""Blocks are made longer rather than more than this: the interval needs no more, time does."""

_SPARE: Final = 1024
"""Random numbers beyond one a block: a start that would be biased is drawn again."""


@dataclass(frozen=True, slots=True)
class MeanEstimate:
    """A mean, its interval, and the block length that was used."""

    mean: float
    interval: Interval
    block_length: int


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
    if values.min() == values.max():
        return MeanEstimate(mean, Interval(mean, mean), 1)
    if block_length is None:
        block_length = max(1, round(optimal_block_length(values))) if n >= 8 else 1
        block_length = max(block_length, math.ceil(n / MOST_BLOCKS))
    means = resampled_means(values, block_length, resamples, seed)
    blocks = max(2.0, n / block_length)
    widening = math.sqrt(blocks / (blocks - 1))
    low, high = (
        mean + (quantile - mean) * widening
        for quantile in _quantiles(means, (0.5 - confidence / 2, 0.5 + confidence / 2))
    )
    return MeanEstimate(mean, Interval(low, high), block_length)


def resampled_means(
    values: NDArray[np.float64], block_length: int, resamples: int, seed: int
) -> NDArray[np.float64]:
    """Means of ``resamples`` circular block resamples of ``values``, shape (resamples,).

    The last block of each is cut so that every resample has n values. Blocks start where
    ``default_rng(seed).integers(0, n, (resamples, blocks), np.int32)`` would have them.
    """
    blocks = resamples * math.ceil(len(values) / block_length)
    return _resampled_means(values, block_length, resamples, _draws(seed, blocks + _SPARE))


def _draws(seed: int, count: int) -> NDArray[np.uint32]:
    """The first ``count`` or more 32-bit numbers of ``seed``."""
    return _numbers(seed, 1 << (count - 1).bit_length())


@lru_cache(maxsize=4)
def _numbers(seed: int, count: int) -> NDArray[np.uint32]:
    numbers = np.random.PCG64(seed).random_raw(count // 2).astype("<u8").view("<u4")
    numbers.flags.writeable = False
    return numbers


def _quantiles(values: NDArray[np.float64], shares: tuple[float, ...]) -> list[float]:
    """As ``np.quantile``, linear between two values, without what that costs."""
    ranks = [(len(values) - 1) * share for share in shares]
    wanted = sorted({k for rank in ranks for k in (math.floor(rank), math.ceil(rank))})
    ordered = np.partition(values, wanted)
    found = []
    for rank in ranks:
        below, above = float(ordered[math.floor(rank)]), float(ordered[math.ceil(rank)])
        part = rank - math.floor(rank)
        # Both forms, as numpy: exact at either end.
        found.append(above - (above - below) * (1 - part) if part >= 0.5 else below + (above - below) * part)
    return found
