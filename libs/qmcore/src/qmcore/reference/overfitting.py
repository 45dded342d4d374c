"""Winners of one half of the time in the other half, in plain Python. Twin of ``qmcore.kernels.overfitting``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import add

Blocks = Sequence[Sequence[float]]
"""A number a block and trial."""


def in_order(values: Iterable[float]) -> float:
    """Their sum, one after the other; Python's own is another one from version 3.12 on."""
    return reduce(add, values, 0.0)


def scores(sums: Blocks, squares: Blocks, half: Sequence[int], block_length: int) -> list[float]:
    """What orders trials as their Sharpe ratios over the blocks of ``half`` do."""
    found = []
    for trial in range(len(sums[0])):
        total = in_order(sums[block][trial] for block in half)
        square = in_order(squares[block][trial] for block in half)
        spread = len(half) * block_length * square - total * total
        found.append(total / math.sqrt(max(spread, 1e-12)))
    return found


def winner_elsewhere(
    sums: Blocks, squares: Blocks, half: Sequence[int], block_length: int
) -> tuple[float, float]:
    """Rank (1 worst, ties averaged) and sum, in the other blocks, of the trial that is best in ``half``."""
    others = [block for block in range(len(sums)) if block not in half]
    here, there = (scores(sums, squares, blocks, block_length) for blocks in (half, others))
    winner = here.index(max(here))
    below = sum(score < there[winner] for score in there)
    up_to = sum(score <= there[winner] for score in there)
    return (below + up_to + 1) / 2, in_order(sums[block][winner] for block in others)
