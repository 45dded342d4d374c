"""Does the timing of a signal matter? Its trades against the same trades entered at other times of the same market.

The whole pattern of entries, spacing and directions as they are, is rotated through the bins in which one could have
entered: every rotation is as good a draw of "no skill" as any other, clusters of trades stay clusters, and the market's
drift and costs fall equally on all. The sums over all rotations are one circular correlation, by FFT.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.special import logsumexp

FEW_ROTATIONS: Final = 10
"""With fewer rotations as good as the signal their share is no precise p-value any more."""

_PATTERN_BYTES: Final = 12 << 20
"""Spectra of patterns that a circle keeps: a signal's patterns come again with every bracket."""

_AT_ONCE: Final = 4
"""Patterns whose sums are worked out together: the FFT takes two in the time of one."""

Entries = tuple[NDArray[np.int32], NDArray[np.int8]]
"""Bins of signals, and their directions: +1 up, -1 down."""


@dataclass(frozen=True, slots=True)
class RandomEntryTest:
    """How the mean of a signal's trades compares with random entries of the same direction mix."""

    p_value: float
    null_mean: float
    null_std: float
    design_effect: float
    """Variance of the null over that of independent entries: above 1 where trades overlap."""


class EntryCircle:
    """The bins in which one could have entered, as a circle: of one market, whatever its trades earn.

    It is closed by so many of the first bins again that its length suits the FFT.
    """

    def __init__(self, bins: NDArray[np.int64]) -> None:
        """``bins``: ascending."""
        self.bins = bins
        self.length = next_fast_len(len(bins)) if len(bins) else 0
        self._patterns: OrderedDict[tuple[bytes, bytes], NDArray[np.complex128]] = OrderedDict()

    @cached_property
    def _place(self) -> NDArray[np.int64]:
        """On the circle, of every bin."""
        place = np.zeros(self.bins[-1] + 1, np.int64)
        place[self.bins] = np.arange(len(self.bins))
        return place

    def places(self, signal_bins: NDArray[np.int32]) -> NDArray[np.int64]:
        """Where the bins are on the circle; they must be on it."""
        return np.asarray(self._place[signal_bins])

    def spectrum(self, values: NDArray[np.float64]) -> NDArray[np.complex128]:
        """Of a value a bin, shape (n_bins,)."""
        return np.asarray(rfft(np.resize(values, self.length)))

    def pattern(self, entries: Entries) -> NDArray[np.complex128]:
        """Conjugate spectra of the entries up and down, shape (2, length // 2 + 1); the last ones are kept."""
        signal_bins, directions = entries
        key = signal_bins.tobytes(), directions.tobytes()
        found = self._patterns.get(key)
        if found is None:
            pattern = np.zeros((2, self.length))
            pattern[np.where(directions > 0, 0, 1), self.places(signal_bins)] = 1.0
            found = np.conj(rfft(pattern))
            self._patterns[key] = found
            while len(self._patterns) > max(1, _PATTERN_BYTES // found.nbytes):
                self._patterns.popitem(last=False)
        self._patterns.move_to_end(key)
        return found


class EntryOutcomes:
    """What an entry at each bin of a circle earns; it serves any number of signals."""

    def __init__(self, circle: EntryCircle, up: NDArray[np.float64], down: NDArray[np.float64]) -> None:
        """``up`` and ``down``: the result of a trade signalled at each of the circle's bins."""
        self.circle, self.up, self.down = circle, up, down

    @classmethod
    def of(cls, bins: NDArray[np.int64], up: NDArray[np.float64], down: NDArray[np.float64]) -> Self:
        """With a circle of its own. ``bins``: ascending."""
        return cls(EntryCircle(bins), up, down)

    @property
    def n_bytes(self) -> int:
        """Memory that this takes once it was used, without its circle."""
        own = [values.nbytes for values in (self.up, self.down) if values.base is None]
        return sum(own) + 2 * 8 * self.circle.length

    def test(self, signal_bins: NDArray[np.int32], directions: NDArray[np.int8]) -> RandomEntryTest:
        """``tests`` of a single signal's entries."""
        return self.tests([(signal_bins, directions)])[0]

    def tests(self, signals: Sequence[Entries]) -> list[RandomEntryTest]:
        """One-sided tests that trades of each signal (at bins of the circle) earn more than random entries.

        p-value: the share of all m rotations, the signal's own among them, that earn as much or more (never 0; Phipson
        and Smyth 2010). It cannot go below 1/m, which is too coarse for a sweep of thousands of trials: where fewer
        than ten rotations are as good, Chernoff's bound on independent draws from the outcomes, with the trades
        counted as n / design effect, is taken if it is smaller. No test depends on the others.
        """
        done: list[RandomEntryTest] = []
        for first in range(0, len(signals), _AT_ONCE):
            part = signals[first : first + _AT_ONCE]
            done += map(self._tested, part, self._rotated(part))
        return done

    def _rotated(self, signals: Sequence[Entries]) -> NDArray[np.float64]:
        """What each pattern earns on every rotation, shape (signals, rotations)."""
        up, down = self._spectra
        products = np.empty((len(signals), len(up)), np.complex128)
        for product, entries in zip(products, signals, strict=True):
            pattern = self.circle.pattern(entries)
            np.multiply(pattern[0], up, out=product)
            product += pattern[1] * down
        return np.asarray(irfft(products, self.circle.length, overwrite_x=True))

    def _tested(self, entries: Entries, sums: NDArray[np.float64]) -> RandomEntryTest:
        signal_bins, directions = entries
        n_rotations, n_trades = len(sums), len(signal_bins)
        at, goes_up = self.circle.places(signal_bins), directions > 0
        total = float(self.up[at[goes_up]].sum() + self.down[at[~goes_up]].sum())
        slack = 1e-9 * n_trades * (1 + self._largest)
        as_good = max(1, int(np.count_nonzero(sums >= total - slack)))
        n_up = int(np.count_nonzero(goes_up))
        n_down = n_trades - n_up
        variance_up, variance_down = self._variances
        independent = n_up * variance_up + n_down * variance_down
        variance = float(sums.var())
        effect = max(1.0, variance / independent) if independent > 0 else 1.0
        p_value = as_good / n_rotations
        if as_good < FEW_ROTATIONS:
            parts = [(n, *atoms) for n, atoms in zip((n_up, n_down), self._atoms, strict=True) if n]
            p_value = min(p_value, _tail_bound(parts, total) ** (1 / effect))
        mean_up, mean_down = self._means
        return RandomEntryTest(
            p_value=p_value,
            null_mean=(n_up * mean_up + n_down * mean_down) / n_trades,
            null_std=math.sqrt(variance) / n_trades,
            design_effect=effect,
        )

    @cached_property
    def _spectra(self) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
        return self.circle.spectrum(self.up), self.circle.spectrum(self.down)

    @cached_property
    def _means(self) -> tuple[float, float]:
        """Over the whole circle, repeated bins included."""
        length = self.circle.length
        return float(np.resize(self.up, length).mean()), float(np.resize(self.down, length).mean())

    @cached_property
    def _variances(self) -> tuple[float, float]:
        return float(self.up.var()), float(self.down.var())

    @cached_property
    def _largest(self) -> float:
        """Of up and down as one complex number."""
        return float(np.hypot(self.up, self.down).max())

    @cached_property
    def _atoms(self) -> tuple[_Atoms, _Atoms]:
        return _atoms(self.up), _atoms(self.down)


_Atoms = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Distinct values and the logarithms of their shares."""


def chernoff_bound(
    up: NDArray[np.float64], n_up: int, down: NDArray[np.float64], n_down: int, total: float
) -> float:
    """Upper bound of P(sum >= total) for ``n_up`` draws from ``up`` and ``n_down`` from ``down``, independent.

    inf over t >= 0 of E[exp(t X)]^n_up E[exp(t Y)]^n_down exp(-t total) (Chernoff 1952, Ann. Math. Stat. 23:493-507).
    """
    return _tail_bound([(n, *_atoms(x)) for n, x in ((n_up, up), (n_down, down)) if n], total)


def _tail_bound(parts: Sequence[tuple[int, NDArray[np.float64], NDArray[np.float64]]], total: float) -> float:
    """Chernoff's bound over draws, so many each, from values with the logarithms of their shares."""
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


def _atoms(values: NDArray[np.float64]) -> _Atoms:
    atoms, counts = np.unique(values, return_counts=True)
    return atoms, np.log(counts / len(values))
