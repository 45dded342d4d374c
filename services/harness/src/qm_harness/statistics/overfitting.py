"""Probability of backtest overfitting by combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado
and Zhu 2017, J. Computational Finance 20(4):39-69): how often does the best trial of one half of the time disappoint in
the other?
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from qmcore.kernels.overfitting import winners_elsewhere


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
    sums, squares = (np.ascontiguousarray(of.sum(axis=1)) for of in (blocks, blocks**2))
    # Each split is worked out together with its mirror image: the halves that hold block 0, and what they leave.
    splits = [(0, *rest) for rest in combinations(range(1, n_blocks), n_blocks // 2 - 1)]
    chosen = np.zeros((len(splits), n_blocks), np.uint8)
    chosen[np.arange(len(splits))[:, None], splits] = 1
    ranks, earned = (
        np.concatenate((of[0], of[1][::-1])) for of in winners_elsewhere(sums, squares, chosen, length)
    )
    relative = ranks / (n_trials + 1)
    logits = np.log(relative / (1 - relative))
    return Overfitting(float((logits <= 0).mean()), float((earned < 0).mean()), logits)
