"""Simulated markets and signals with and without an edge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qm_harness.evaluation import EvalMarket

TICK_INT = 250_000_000


def walk(seed: int, n_bins: int) -> tuple[EvalMarket, NDArray[np.int64]]:
    """A driftless walk of the touch, one tick wide; and its bids in ticks."""
    bids = 20_000 + np.cumsum(np.random.default_rng(seed).choice([-1, 0, 0, 1], n_bins))
    mids = (bids + 0.5) * 0.25
    market = EvalMarket.of(bids * TICK_INT, (bids + 1) * TICK_INT, mids, tick_int=TICK_INT, cell_width_ms=100)
    return market, bids


def wandering(seed: int, n_bins: int, persistence: float = 0.9) -> NDArray[np.float64]:
    """A signal that knows nothing: autocorrelated noise in (-1, 1)."""
    noise = np.random.default_rng(seed).normal(size=n_bins)
    for i in range(1, n_bins):
        noise[i] += persistence * noise[i - 1]
    return np.tanh(noise / 2)


def foreseeing(bids: NDArray[np.int64], horizon_bins: int, share: float, seed: int) -> NDArray[np.float64]:
    """A signal that knows where the market will be: the planted edge, diluted with noise."""
    ahead = np.concatenate((bids[horizon_bins:], np.full(horizon_bins, bids[-1]))) - bids
    return np.tanh(share * np.sign(ahead) + (1 - share) * np.arctanh(0.999 * wandering(seed, len(bids))))
