"""Does the timing of a signal matter? Its trades against the same trades entered at other times of the same market.

The whole pattern of entries, spacing and directions as they are, is rotated through the bins in which one could have
entered: every rotation is as good a draw of "no skill" as any other, clusters of trades stay clusters, and the market's
drift and costs fall equally on all. The sums over all rotations are one circular correlation, by FFT.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy.fft import fft, ifft, next_fast_len
from scipy.special import logsumexp

FEW_ROTATIONS: Final = 10
"""With fewer rotations as good as the signal their share is no precise p-value any more."""


@dataclass(frozen=True, slots=True)
class RandomEntryTest:
    """How the mean of a signal's trades compares with random entries of the same direction mix."""

    p_value: float
    null_mean: float
    null_std: float
    design_effect: float
    """Variance of the null over that of independent entries: above 1 where trades overlap."""


@dataclass(frozen=True, slots=True)
class EntryOutcomes:
    """What an entry at each eligible bin earns. Make one with ``of``; it serves any number of signals."""

    bins: NDArray[np.int64]
    up: NDArray[np.float64]
    down: NDArray[np.float64]
    spectrum: NDArray[np.complex128]
    variance_up: float
    variance_down: float
    largest: float

    @classmethod
    def of(cls, bins: NDArray[np.int64], up: NDArray[np.float64], down: NDArray[np.float64]) -> Self:
        """``bins``: the eligible bins, ascending; ``up`` and ``down``: the result of a trade signalled there.

        The circle that is rotated through is closed by so many of the first bins again that its length suits the FFT.
        """
        if len(bins) == 0:
            return cls(bins, up, down, np.empty(0, np.complex128), 0.0, 0.0, 0.0)
        circle = up + 1j * down
        spectrum = np.asarray(fft(np.resize(circle, next_fast_len(len(bins)))))
        return cls(bins, up, down, spectrum, float(up.var()), float(down.var()), float(np.abs(circle).max()))

    def test(self, signal_bins: NDArray[np.int32], directions: NDArray[np.int8]) -> RandomEntryTest:
        """One-sided test that trades at ``signal_bins`` (eligible; +1 up, -1 down) earn more than random entries.

        p-value: the share of all m rotations, the signal's own among them, that earn as much or more (never 0; Phipson
        and Smyth 2010). It cannot go below 1/m, which is too coarse for a sweep of thousands of trials: where fewer
        than ten rotations are as good, Chernoff's bound on independent draws from the outcomes, with the trades
        counted as n / design effect, is taken if it is smaller.
        """
        n_rotations, n_trades = len(self.spectrum), len(signal_bins)
        at = np.searchsorted(self.bins, signal_bins.astype(np.int64))
        goes_up = directions > 0
        pattern = np.zeros(n_rotations, np.complex128)
        pattern[at] = np.where(goes_up, 1.0, 1j)
        sums = ifft(np.conj(fft(pattern)) * self.spectrum).real
        total = float(self.up[at[goes_up]].sum() + self.down[at[~goes_up]].sum())
        slack = 1e-9 * n_trades * (1 + self.largest)
        as_good = max(1, int(np.count_nonzero(sums >= total - slack)))
        n_up = int(np.count_nonzero(goes_up))
        independent = n_up * self.variance_up + (n_trades - n_up) * self.variance_down
        variance = float(sums.var())
        effect = max(1.0, variance / independent) if independent > 0 else 1.0
        p_value = as_good / n_rotations
        if as_good < FEW_ROTATIONS:
            bound = chernoff_bound(self.up, n_up, self.down, n_trades - n_up, total)
            p_value = min(p_value, bound ** (1 / effect))
        return RandomEntryTest(
            p_value=p_value,
            null_mean=float(sums.mean()) / n_trades,
            null_std=math.sqrt(variance) / n_trades,
            design_effect=effect,
        )


def chernoff_bound(
    up: NDArray[np.float64], n_up: int, down: NDArray[np.float64], n_down: int, total: float
) -> float:
    """Upper bound of P(sum >= total) for ``n_up`` draws from ``up`` and ``n_down`` from ``down``, independent.

    inf over t >= 0 of E[exp(t X)]^n_up E[exp(t Y)]^n_down exp(-t total) (Chernoff 1952, Ann. Math. Stat. 23:493-507).
    """
    parts = [(n, *_atoms(x)) for n, x in ((n_up, up), (n_down, down)) if n]
    largest = sum(n * float(x.max()) for n, x, _ in parts)
    if total >= largest - 1e-9 * (1 + abs(largest)):
        return float(np.exp(sum(n * w[np.argmax(x)] for n, x, w in parts)))

    def slope(t: float) -> float:
        """Mean of the sum under exponential tilting by ``t``: increasing."""
        mean = 0.0
        for n, x, log_weight in parts:
            tilted = np.exp(log_weight + t * (x - x.max()))
            mean += n * float((x * tilted).sum() / tilted.sum())
        return mean

    if slope(0.0) >= total:
        return 1.0
    low, high = 0.0, 1.0 / max(float(np.ptp(x)) for _, x, _ in parts)
    while slope(high) < total:
        low, high = high, 2 * high
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if slope(middle) < total else (low, middle)
    exponent = sum(n * float(logsumexp(w + low * x)) for n, x, w in parts) - low * total
    return float(np.exp(min(0.0, exponent)))


def _atoms(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distinct values and the logarithms of their shares."""
    atoms, counts = np.unique(values, return_counts=True)
    return atoms, np.log(counts / len(values))
