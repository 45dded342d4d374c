"""First passage of take-profit and stop-loss over one trading hour, beside the plain Python reference."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qm_local.bench.figures import Figure, median_seconds
from qmcore.kernels.first_passage import TouchPath, evaluate
from qmcore.reference import first_passage as plain

N_BINS: Final = 36_000
THRESHOLDS: Final = tuple(round(0.05 * step, 2) for step in range(1, 17))
RULES: Final = plain.Rules(
    tp_ticks=8.0, sl_ticks=4.0, max_hold_bins=1200, warmup_bins=300, cooldown_bins=30, fee_ticks=0.2
)
REFERENCE_BINS: Final = 3000
TICK_INT: Final = 250_000_000


@dataclass(frozen=True, slots=True)
class Hour:
    """A touch one tick wide that walks at random, and a signal that wanders through (-1, 1)."""

    bids: NDArray[np.int64]
    values: NDArray[np.float64]

    @classmethod
    def of(cls, n_bins: int) -> Hour:
        """So many bins, always the same ones."""
        random = np.random.default_rng(1)
        noise = random.normal(size=n_bins)
        for i in range(1, n_bins):
            noise[i] += 0.95 * noise[i - 1]
        return cls(20_000 + np.cumsum(random.choice([-1, 0, 0, 0, 1], n_bins)), np.tanh(noise / 3))

    def path(self) -> TouchPath:
        """As the kernel takes it."""
        mids = np.asarray((self.bids + 0.5) * 0.25, np.float64)
        return TouchPath(self.bids * TICK_INT, (self.bids + 1) * TICK_INT, mids, TICK_INT)

    def touches(self, n_bins: int) -> list[plain.Touch]:
        """The first bins as the reference takes them."""
        return [plain.Touch(float(bid), float(bid + 1)) for bid in self.bids[:n_bins]]


def _reference_ns(hour: Hour, n_bins: int) -> float:
    """A bin and threshold; each of its trades looks through all bins, so that few bins flatter it."""
    touches, values = hour.touches(n_bins), hour.values[:n_bins].tolist()
    began = time.perf_counter()
    plain.evaluate(values, touches, THRESHOLDS[7], RULES)
    return (time.perf_counter() - began) / n_bins * 1e9


def run(folder: Path, runs: int) -> Iterator[Figure]:
    """Milliseconds for all thresholds; ``folder`` is not needed."""
    hour = Hour.of(N_BINS)
    path = hour.path()
    n_trades = sum(len(trades) for trades in evaluate(hour.values, path, THRESHOLDS, RULES))
    seconds = median_seconds(lambda: evaluate(hour.values, path, THRESHOLDS, RULES), runs)
    kernel_ns = seconds / (N_BINS * len(THRESHOLDS)) * 1e9
    reference_ns = _reference_ns(hour, REFERENCE_BINS)
    yield Figure(
        what=f"first passage, {len(THRESHOLDS)} thresholds x {N_BINS:,} bins",
        value=seconds * 1e3,
        unit="ms",
        reach=8,
        baseline=f"plain Python reference on {REFERENCE_BINS:,} bins, same run: {reference_ns:,.0f} ns a bin and "
        f"threshold; earlier engine 700-900 ms",
        detail=f"{n_trades:,} trades, {kernel_ns:.1f} ns a bin and threshold: {reference_ns / kernel_ns:,.0f} times "
        f"faster",
    )
