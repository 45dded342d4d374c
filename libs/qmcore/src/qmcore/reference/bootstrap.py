"""The circular block bootstrap in plain Python, by its definition. Twin of ``qmcore.kernels.bootstrap``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

_TRIES = 64


def autocovariance(values: Sequence[float], lag: int) -> float:
    """R(lag), divided by n whatever the lag."""
    n = len(values)
    mean = math.fsum(values) / n
    return math.fsum((values[i] - mean) * (values[i + lag] - mean) for i in range(n - lag)) / n


def is_insignificant(values: Sequence[float], lag: int) -> bool:
    """Whether the autocorrelation at ``lag`` is below 2 sqrt(log10(n) / n); scaled as arch scales it."""
    n = len(values)
    mean = math.fsum(values) / n
    squares = [(x - mean) ** 2 for x in values]
    scale = math.sqrt(math.fsum(squares[lag + 1 :]) * math.fsum(squares[: n - lag - 1]))
    return scale > 0 and abs(n * autocovariance(values, lag)) / scale < 2 * math.sqrt(math.log10(n) / n)


def optimal_block_length(values: Sequence[float]) -> float:
    """Politis and White's block length for the circular bootstrap."""
    n = len(values)
    run = max(5, int(math.log10(n)))
    most = min(math.ceil(math.sqrt(n)) + run, n - 2)
    small = [is_insignificant(values, lag) for lag in range(most)]
    quiet = next((lag for lag in range(most - run + 1) if all(small[lag : lag + run])), None)
    band = most if quiet is None else min(2 * max(quiet, 1), most)
    slope, long_run = 0.0, autocovariance(values, 0)
    for lag in range(1, band + 1):
        weight = min(1.0, 2 * (1 - lag / band))
        slope += 2 * weight * lag * autocovariance(values, lag)
        long_run += 2 * weight * autocovariance(values, lag)
    if long_run == 0:
        return 1.0
    best = float((2 * slope**2 / (4 / 3 * long_run**2)) ** (1 / 3) * n ** (1 / 3))
    return min(best, math.ceil(min(3 * math.sqrt(n), n / 3)))


def block_starts(n: int, draws: Sequence[int]) -> Iterator[int]:
    """Numbers below ``n``, without end, from 32-bit ones that are used over and over: Lemire's method."""
    at = 0
    while True:
        for _ in range(_TRIES):
            start, low = divmod(draws[at] * n, 1 << 32)
            at = (at + 1) % len(draws)
            if low >= (1 << 32) % n:
                break
        yield start


def resampled_means(
    values: Sequence[float], block_length: int, resamples: int, draws: Sequence[int]
) -> list[float]:
    """The mean of each resample: blocks from each start, as many values as there are."""
    n = len(values)
    starts = block_starts(n, draws)
    means = []
    for _ in range(resamples):
        drawn: list[float] = []
        while len(drawn) < n:
            start = next(starts)
            drawn += [values[(start + i) % n] for i in range(min(block_length, n - len(drawn)))]
        means.append(math.fsum(drawn) / n)
    return means
