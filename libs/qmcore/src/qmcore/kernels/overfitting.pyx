"""How the winners of one half of the time do in the other half, over many ways to halve it.

Guarantees: sums run over the blocks in order, so that trials that earned the same score the same and share a rank; one
thread. Plain twin: ``qmcore.reference.overfitting``.
"""

from libc.math cimport sqrt
from libc.string cimport memset
from libcpp.vector cimport vector

import numpy as np


cdef void add(double *total, const double *x, Py_ssize_t n) noexcept nogil:
    """total[i] += x[i]."""
    cdef Py_ssize_t i
    for i in range(n):
        total[i] += x[i]


cdef void score(const Half *half, double n_periods, Py_ssize_t n, double *out) noexcept nogil:
    """What orders trials as their Sharpe ratios do; 0 for one that never earned anything."""
    cdef double spread
    cdef Py_ssize_t i
    for i in range(n):
        spread = n_periods * half.square[i] - half.total[i] * half.total[i]
        out[i] = half.total[i] / sqrt(spread if spread > 1e-12 else 1e-12)


cdef Py_ssize_t highest(const double *scores, Py_ssize_t n) noexcept nogil:
    """Index of the first of the highest."""
    cdef Py_ssize_t best = 0
    cdef Py_ssize_t i
    for i in range(1, n):
        if scores[i] > scores[best]:
            best = i
    return best


cdef double rank(const double *scores, Py_ssize_t n, double own) noexcept nogil:
    """1 where none is below ``own``; the mean of the ranks of all that equal it."""
    cdef Py_ssize_t below = 0
    cdef Py_ssize_t up_to = 0
    cdef Py_ssize_t i
    for i in range(n):
        below += scores[i] < own
        up_to += scores[i] <= own
    return 0.5 * (below + up_to + 1)


def winners_elsewhere(
    const double[:, ::1] sums not None,
    const double[:, ::1] squares not None,
    const unsigned char[:, ::1] chosen not None,
    Py_ssize_t block_length,
):
    """Rank (1 worst) and sum, in the other half, of the trial with the best Sharpe ratio in one half.

    sums, squares: shape (blocks, trials), over the periods of each block. chosen: shape (splits, blocks), 1 for half of
    the blocks. Returns two arrays of shape (2, splits): [0] for winners of the chosen half, [1] of the other one.
    Raises ValueError where shapes do not fit together.
    """
    cdef Py_ssize_t blocks = sums.shape[0]
    cdef Py_ssize_t trials = sums.shape[1]
    cdef Py_ssize_t splits = chosen.shape[0]
    cdef double n_periods = 0.5 * blocks * block_length
    cdef double[:, ::1] ranks, earned
    cdef vector[double] scores
    cdef double *here
    cdef double *there
    cdef Half[2] half
    cdef Py_ssize_t round, first, together, tile, low, n, s, b, best
    cdef int way, side
    if trials < 1 or squares.shape[0] != blocks or squares.shape[1] != trials or chosen.shape[1] != blocks:
        raise ValueError(f"sums of {blocks} blocks and {trials} trials, squares of {squares.shape[0]} and "
                         f"{squares.shape[1]}, choices among {chosen.shape[1]} blocks")
    if np.any(np.asarray(chosen).astype(bool).sum(axis=1) * 2 != blocks):
        raise ValueError("every choice must be of half of the blocks")
    ranks_out, earned_out = np.empty((2, splits)), np.empty((2, splits))
    ranks, earned = ranks_out, earned_out
    with nogil:
        scores.resize(2 * TOGETHER * trials)
        for round in range((splits + TOGETHER - 1) // TOGETHER):
            first = round * TOGETHER
            together = min(<Py_ssize_t>TOGETHER, splits - first)
            for tile in range((trials + TILE - 1) // TILE):
                low = tile * TILE
                n = min(<Py_ssize_t>TILE, trials - low)
                for s in range(together):
                    memset(half, 0, sizeof(half))
                    for b in range(blocks):
                        side = chosen[first + s, b] == 0
                        add(half[side].total, &sums[b, low], n)
                        add(half[side].square, &squares[b, low], n)
                    for side in range(2):
                        score(&half[side], n_periods, n, scores.data() + (2 * s + side) * trials + low)
            for s in range(together):
                for way in range(2):
                    here = scores.data() + (2 * s + way) * trials
                    there = scores.data() + (2 * s + 1 - way) * trials
                    best = highest(here, trials)
                    ranks[way, first + s] = rank(there, trials, there[best])
                    earned[way, first + s] = 0.0
                    for b in range(blocks):
                        if (chosen[first + s, b] == 0) != way:
                            earned[way, first + s] += sums[b, best]
    return ranks_out, earned_out
