"""Probability of backtest overfitting by combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado
and Zhu 2017, J. Computational Finance 20(4):39-69): how often does the best trial of one half of the time disappoint in
the other?
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

_CELLS_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Overfitting:
    """What CSCV says of a sweep."""

    probability: float
    """Share of splits in which the winner of one half is at or below the median of all trials in the other."""
    loss_probability: float
    """Share of splits in which the winner of one half loses in the other."""
    logits: NDArray[np.float64]
    """ln(w / (1 - w)) of the winner's relative rank w in the other half, one a split."""


def backtest_overfitting(pnl: NDArray[np.float64], n_blocks: int = 16) -> Overfitting:
    """CSCV over ``pnl``, shape (periods, trials), by Sharpe ratio.

    Time is cut into ``n_blocks`` (even) blocks of equal length, the remainder left out at the start; each of the
    C(n_blocks, n_blocks/2) halves picks a winner that the other half ranks. Equal Sharpe ratios share a rank. Raises
    ValueError with fewer than two trials, or periods for two a block.
    """
    n_periods, n_trials = pnl.shape
    if n_blocks < 2 or n_blocks % 2 or n_trials < 2 or n_periods < 2 * n_blocks:
        raise ValueError(
            f"needs an even number of blocks, two trials and two periods a block; got {n_blocks} blocks, "
            f"{n_trials} trials, {n_periods} periods"
        )
    length = n_periods // n_blocks
    blocks = pnl[n_periods - n_blocks * length :].reshape(n_blocks, length, n_trials)
    sums, squares = blocks.sum(axis=1), (blocks**2).sum(axis=1)
    halves = np.array(
        [np.isin(range(n_blocks), half) for half in combinations(range(n_blocks), n_blocks // 2)]
    )
    step = max(1, _CELLS_AT_ONCE // n_trials)
    parts = [_ranks(halves[i : i + step], sums, squares, length) for i in range(0, len(halves), step)]
    ranks = np.concatenate([rank for rank, _ in parts])
    means = np.concatenate([mean for _, mean in parts])
    relative = ranks / (n_trials + 1)
    logits = np.log(relative / (1 - relative))
    return Overfitting(float((logits <= 0).mean()), float((means < 0).mean()), logits)


def _ranks(
    halves: NDArray[np.bool_], sums: NDArray[np.float64], squares: NDArray[np.float64], length: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rank (1 worst, ties averaged) and mean of each half's winner in the other half, both of shape (halves,)."""
    chosen = halves.astype(np.float64)
    count = length * halves.shape[1] // 2
    inside = _sharpe(chosen @ sums, chosen @ squares, count)
    outside_sums = (1 - chosen) @ sums
    outside = _sharpe(outside_sums, (1 - chosen) @ squares, count)
    rows = np.arange(len(halves))
    winner = inside.argmax(axis=1)
    own = outside[rows, winner][:, None]
    ranks = (outside < own).sum(axis=1) + 0.5 * ((outside == own).sum(axis=1) + 1)
    return ranks, outside_sums[rows, winner] / count


def _sharpe(sums: NDArray[np.float64], squares: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    mean = sums / count
    variance = squares / count - mean**2
    varies = variance > 1e-12 * (1 + squares / count)
    return np.divide(mean, np.sqrt(np.where(varies, variance, 1.0)), out=np.zeros_like(mean), where=varies)
