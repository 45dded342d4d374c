"""Stoikov's micro-price, estimated from transitions between states of the touch.

A state is (imbalance bucket, spread). From state x the next bin is either y with an unchanged mid, or y with the mid
moved by d ticks. With N_x the transitions out of x,

    Q_xy = (those to y without a move) / N_x      T_xy = (those to y with a move) / N_x      r_x = (sum of d) / N_x
    G1 = (1 - Q)^-1 r,   B = (1 - Q)^-1 T,   G = G1 + B G1 + B^2 G1 + ..

G_x is the expected total move of the mid, which is the micro-price less the mid. As in the paper every transition is
counted together with its mirror image (bid and ask exchanged), so that G is antisymmetric and the sum converges.
``prior_count`` transitions per state that end without a move shrink G towards 0 where little was seen, and keep
1 - Q invertible; 0 < prior_count.
"""

from __future__ import annotations

import numpy as np

from qmcore.signals.measures import Dense


class TransitionCounts:
    """Forgetful counts of transitions; states are numbered spread * buckets + imbalance bucket."""

    def __init__(self, buckets: int, spreads: int) -> None:
        self._buckets, n = buckets, buckets * spreads
        self.stays: Dense = np.zeros((n, n))
        self.moves: Dense = np.zeros((n, n))
        self.shift: Dense = np.zeros(n)

    def mirror(self, state: int) -> int:
        """The state with bid and ask exchanged."""
        bucket = state % self._buckets
        return state - bucket + self._buckets - 1 - bucket

    def observe(self, before: int, after: int, ticks: float) -> None:
        """One transition and its mirror image; ``ticks``: move of the mid."""
        counts = self.stays if ticks == 0 else self.moves
        counts[before, after] += 1.0
        counts[self.mirror(before), self.mirror(after)] += 1.0
        self.shift[before] += ticks
        self.shift[self.mirror(before)] -= ticks

    def forget(self, factor: float) -> None:
        """Everything counts ``factor`` of what it did."""
        self.stays *= factor
        self.moves *= factor
        self.shift *= factor

    def adjustment(self, prior_count: float, terms: int) -> Dense:
        """G with ``terms`` terms, in ticks, shape (states,)."""
        n = len(self.shift)
        out = (self.stays.sum(axis=1) + self.moves.sum(axis=1)) + prior_count
        system = np.concatenate(
            [np.eye(n) - self.stays / out[:, np.newaxis], self.moves / out[:, np.newaxis]], axis=1
        )
        solved = _solve(np.concatenate([system, (self.shift / out)[:, np.newaxis]], axis=1))
        passed_on, term = solved[:, :n], solved[:, n]
        total = term
        for _ in range(terms - 1):
            term = (passed_on * term).sum(axis=1)
            total = total + term
        return total


def _solve(augmented: Dense) -> Dense:
    """A^-1 R for the augmented [A R], A with rows that dominate: by elimination, in the same order on every machine
    (LAPACK's depends on it)."""
    n = len(augmented)
    a = augmented.copy()
    for p in range(n):
        a[p] /= a[p, p]
        factors = a[:, p].copy()
        factors[p] = 0.0
        a -= factors[:, np.newaxis] * a[p]
    return a[:, n:]
