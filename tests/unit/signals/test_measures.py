"""Means over sides of the grid, and our own logarithm."""

from __future__ import annotations

import math

import numpy as np

from qmcore.signals.measures import Sides, ln, mean

K = np.arange(-6, 7, dtype=float)[np.newaxis]


def test_sides() -> None:
    sides = Sides(6)
    assert K[0, sides.below(1, 3)].tolist() == [-3, -2, -1]
    assert K[0, sides.above(1, 3)].tolist() == [1, 2, 3]
    assert K[0, sides.below(5, 12)].tolist() == [-6, -5]
    assert K[0, sides.above(5, 12)].tolist() == [5, 6]
    assert K[0, sides.below(7, 12)].size == 0
    assert K[0, sides.above(7, 12)].size == 0


def test_mean() -> None:
    sides = Sides(6)
    assert mean(K, sides.above(2, 5)).tolist() == [3.5]
    assert mean(K, sides.above(7, 9)).tolist() == [0.0]


def test_ln_against_libm() -> None:
    rng = np.random.default_rng(3)
    x = np.concatenate(
        [
            np.exp(rng.uniform(-700, 700, 20_000)),
            rng.uniform(0.4, 2.5, 20_000),
            [1.0, 2.0, 0.5, 3.0, 5e-324, 1e308],
        ]
    )
    wanted = np.array([math.log(value) for value in x])
    assert (np.abs(ln(x) - wanted) <= 2 * np.spacing(np.maximum(np.abs(wanted), 1.0))).all()
    assert ln(np.array([1.0]))[0] == 0.0
