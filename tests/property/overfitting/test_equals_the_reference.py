"""The cross-validation kernel against plain Python, with trials that tie and trials that never earned anything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmcore.kernels.overfitting import winners_elsewhere
from qmcore.reference import overfitting as plain

TICKS = np.array([-5.2, -0.4, 0.0, 0.0, 3.1, 8.0])


@settings(max_examples=60, deadline=None)
@given(
    blocks=st.sampled_from((2, 4, 6)),
    length=st.integers(2, 5),
    trials=st.one_of(st.integers(1, 12), st.integers(505, 520)),
    splits=st.integers(1, 19),
    seed=st.integers(0, 10_000),
)
def test_winners_elsewhere(blocks: int, length: int, trials: int, splits: int, seed: int) -> None:
    """512 trials and 8 splits are worked on at a time."""
    random = np.random.default_rng(seed)
    pnl = random.choice(TICKS, (blocks, length, trials))
    pnl[:, :, random.random(trials) < 0.1] = 0.0
    pnl[:, :, -(trials // 3) :] = pnl[:, :, : max(1, trials // 3)]
    sums, squares = pnl.sum(axis=1), (pnl**2).sum(axis=1)
    halves = [sorted(random.choice(blocks, blocks // 2, replace=False).tolist()) for _ in range(splits)]
    chosen = np.array([np.isin(range(blocks), half) for half in halves], np.uint8)
    ranks, earned = winners_elsewhere(sums, squares, chosen, length)
    for split, half in enumerate(halves):
        others = [block for block in range(blocks) if block not in half]
        for way, winners in enumerate((half, others)):
            wanted = plain.winner_elsewhere(sums.tolist(), squares.tolist(), winners, length)
            assert (ranks[way, split], earned[way, split]) == wanted


def test_shapes_that_do_not_fit_are_refused() -> None:
    good, half = np.zeros((4, 3)), np.array([[1, 0, 1, 0]], np.uint8)
    with pytest.raises(ValueError, match="sums of 4 blocks and 3 trials, squares of 2 and 3"):
        winners_elsewhere(good, good[:2].copy(), half, 5)
    with pytest.raises(ValueError, match="choices among 3 blocks"):
        winners_elsewhere(good, good, np.ones((1, 3), np.uint8), 5)
    with pytest.raises(ValueError, match="half of the blocks"):
        winners_elsewhere(good, good, np.array([[1, 1, 1, 0]], np.uint8), 5)
