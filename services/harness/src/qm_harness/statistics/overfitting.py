"""Probability of backtest overfitting by combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado
and Zhu 2017, J. Computational Finance 20(4):39-69): how often does the best trial of one half of the time disappoint in
the other?
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Self

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
    # Each split is worked out together with its mirror image: the halves that hold block 0, and what they leave.
    splits = [(0, *rest) for rest in combinations(range(1, n_blocks), n_blocks // 2 - 1)]
    halves = np.array([np.isin(range(n_blocks), split) for split in splits], np.float64)
    step = max(1, _CELLS_AT_ONCE // n_trials)
    parts = [_both_ways(halves[i : i + step], sums, squares, length) for i in range(0, len(halves), step)]
    ranks, earned = (
        np.concatenate((of[0], of[1][::-1])) for of in (np.hstack(p) for p in zip(*parts, strict=True))
    )
    relative = ranks / (n_trials + 1)
    logits = np.log(relative / (1 - relative))
    return Overfitting(float((logits <= 0).mean()), float((earned < 0).mean()), logits)


def _both_ways(
    halves: NDArray[np.float64], sums: NDArray[np.float64], squares: NDArray[np.float64], length: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rank (1 worst, ties averaged) and sum of the winner of each half in the other half, shape (2, splits): [0] of
    ``halves``, [1] of their mirror images."""
    n_periods = length * halves.shape[1] // 2
    first, second = (_Half.of(chosen, sums, squares, n_periods) for chosen in (halves, 1 - halves))
    (rank, earned), (mirror_rank, mirror_earned) = first.winners_in(second), second.winners_in(first)
    return np.stack((rank, mirror_rank)), np.stack((earned, mirror_earned))


@dataclass(frozen=True, slots=True)
class _Half:
    """Every trial's sum and score in one half of the blocks, shape (splits, trials)."""

    sums: NDArray[np.float64]
    scores: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        chosen: NDArray[np.float64],
        sums: NDArray[np.float64],
        squares: NDArray[np.float64],
        n_periods: int,
    ) -> Self:
        """The score orders trials as the Sharpe ratio does; one that never earned anything scores 0."""
        total = chosen @ sums
        spread = n_periods * (chosen @ squares) - total**2
        return cls(total, total / np.sqrt(np.maximum(spread, 1e-12), out=spread))

    def winners_in(self, other: _Half) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Rank and sum in the ``other`` half of those that win this one."""
        rows, winners = np.arange(len(self.scores)), self.scores.argmax(axis=1)
        own = other.scores[rows, winners][:, None]
        below = np.count_nonzero(other.scores < own, axis=1)
        up_to = np.count_nonzero(other.scores <= own, axis=1)
        return 0.5 * (below + up_to + 1), other.sums[rows, winners]
