"""The circular block bootstrap of a mean: how long its blocks should be, and the means of its resamples.

Guarantees: equal input gives equal bits; where a block starts is decided by the caller's random
numbers alone, so that one array of them serves every sample of a sweep. Plain twin: ``qmcore.reference.bootstrap``.
"""

from libc.math cimport cbrt, ceil, fabs, log10, sqrt
from libcpp.vector cimport vector

import numpy as np

cdef enum:
    LANES = 8             # running sums side by side, so that no addition waits for the one before
    RUN = 5               # autocorrelations in a row that must be small; log10(n) of them from a million values on
    TRIES = 64            # after which a start is taken as it comes; no random numbers need so many


cdef double lagged(const double *x, Py_ssize_t n, Py_ssize_t lag) noexcept nogil:
    """Sum of x[i] x[i + lag]."""
    cdef double[LANES] total
    cdef double rest = 0.0
    cdef Py_ssize_t rounds = (n - lag) // LANES
    cdef Py_ssize_t i
    cdef int k
    for k in range(LANES):
        total[k] = 0.0
    for i in range(rounds):
        for k in range(LANES):
            total[k] += x[LANES * i + k] * x[LANES * i + k + lag]
    for i in range(rounds * LANES, n - lag):
        rest += x[i] * x[i + lag]
    return ((total[0] + total[1]) + (total[2] + total[3])) + ((total[4] + total[5]) + (total[6] + total[7])) + rest


cdef double gathered(const double *sums, const uint32_t *starts, Py_ssize_t n) noexcept nogil:
    """Sum of sums[starts[i]] over i < n."""
    cdef double[LANES] total
    cdef Py_ssize_t rounds = n // LANES
    cdef Py_ssize_t i
    cdef double rest
    cdef int k
    for k in range(LANES):
        total[k] = 0.0
    for i in range(rounds):
        for k in range(LANES):
            total[k] += sums[starts[LANES * i + k]]
    rest = ((total[0] + total[1]) + (total[2] + total[3])) + ((total[4] + total[5]) + (total[6] + total[7]))
    for i in range(rounds * LANES, n):
        rest += sums[starts[i]]
    return rest


cdef bint scaled(const uint32_t *draws, Py_ssize_t n, uint32_t size, uint32_t fewest,
                 uint32_t *starts) noexcept nogil:
    """starts[i] = draws[i] size / 2^32; whether none of the n must be drawn again for it to be without bias."""
    cdef uint64_t product
    cdef uint32_t biased = 0
    cdef Py_ssize_t i
    for i in range(n):
        product = <uint64_t>draws[i] * size
        biased |= <uint32_t>product < fewest
        starts[i] = <uint32_t>(product >> 32)
    return biased == 0


def optimal_block_length(values not None):
    """Block length of the circular bootstrap after Politis and White (2004, Econometric Reviews 23:53-70),
    corrected by Patton, Politis and White (2009, 28:372-375).

    b = (2 G^2 / D)^(1/3) n^(1/3) with G = sum of lambda(k/M) |k| R(k) and D = 4/3 (sum of lambda(k/M) R(k))^2 over
    the flat-top kernel lambda and the autocovariances R; M is twice the lag after which K_n autocorrelations in a row
    are insignificant. ``values``: shape (n,) float64, n >= 8 and not constant; raises ValueError with fewer.
    """
    cdef double[::1] x = values - values.mean()
    cdef Py_ssize_t n = x.shape[0]
    cdef Py_ssize_t run = max(RUN, <int>log10(n))
    cdef Py_ssize_t most = min(<Py_ssize_t>ceil(sqrt(n)) + run, n - 2)
    cdef Py_ssize_t quiet = 0                         # autocorrelations in a row that are small
    cdef Py_ssize_t band = most
    cdef Py_ssize_t lag
    cdef double small = 2 * sqrt(log10(n) / n)
    cdef double norm, weight, slope, long_run, best
    cdef vector[double] products, squares
    if n < 8:
        raise ValueError(f"needs eight values or more, got {n}")
    with nogil:
        squares.resize(n)
        squares[0] = x[0] * x[0]
        for lag in range(1, n):
            squares[lag] = squares[lag - 1] + x[lag] * x[lag]
        for lag in range(most):
            products.push_back(lagged(&x[0], n, lag))
            norm = sqrt((squares[n - 1] - squares[lag]) * squares[n - lag - 2])
            quiet = quiet + 1 if norm > 0 and fabs(products[lag]) / norm < small else 0
            if quiet == run:
                band = min(2 * max(lag + 1 - run, 1), most)
                break
        for lag in range(<Py_ssize_t>products.size(), band + 1):
            products.push_back(lagged(&x[0], n, lag))
        slope, long_run = 0.0, 0.0
        for lag in range(1, band + 1):
            weight = 1.0 if 2 * lag <= band else 2 * (1 - <double>lag / band)
            slope += weight * lag * (products[lag] / n)
            long_run += weight * (products[lag] / n)
    slope, long_run = 2 * slope, products[0] / n + 2 * long_run
    if long_run == 0:
        return 1.0
    best = cbrt(2 * slope * slope / (4.0 / 3 * long_run * long_run)) * cbrt(n)
    return min(best, ceil(min(3 * sqrt(n), n / 3.0)))


def resampled_means(const double[::1] values not None, Py_ssize_t block_length, Py_ssize_t resamples,
                    const uint32_t[::1] draws not None):
    """Means of ``resamples`` circular block resamples of ``values``, shape (resamples,) float64.

    Each has n values: the last of its blocks is cut. ``draws``: uniform 32-bit numbers, one a block and some more; they
    become starts below n without bias by Lemire's method (2019, ACM Trans. Model. Comput. Simul. 29:3), as numpy's
    own do, and begin anew where they do not suffice. Raises ValueError where sizes are out of range.
    """
    cdef Py_ssize_t n = values.shape[0]
    cdef Py_ssize_t blocks, full, rest, i, r
    cdef Py_ssize_t at = 0
    cdef int _try
    cdef uint32_t size, fewest
    cdef uint64_t product = 0
    cdef double[::1] means
    cdef vector[double] running, whole, cut
    cdef vector[uint32_t] starts
    if not 1 <= n < 1 << 31 or not 1 <= block_length <= n or resamples < 1 or draws.shape[0] < 1:
        raise ValueError(f"cannot draw {resamples} resamples of blocks of {block_length} from {n} values "
                         f"by {draws.shape[0]} numbers")
    result = np.empty(resamples)
    means = result
    full, rest = n // block_length, n % block_length
    blocks = full + (rest > 0)
    size = <uint32_t>n
    fewest = (0u - size) % size
    with nogil:
        running.resize(2 * n + 1)
        running[0] = 0.0
        for i in range(2 * n):
            running[i + 1] = running[i] + values[i if i < n else i - n]
        whole.resize(n)
        cut.resize(n)
        for i in range(n):
            whole[i] = running[i + block_length] - running[i]
            cut[i] = running[i + rest] - running[i]
        starts.resize(blocks)
        for r in range(resamples):
            if at + blocks < draws.shape[0] and scaled(&draws[at], blocks, size, fewest, starts.data()):
                at += blocks
            else:
                for i in range(blocks):
                    for _try in range(TRIES):
                        product = <uint64_t>draws[at] * size
                        at = at + 1 if at + 1 < draws.shape[0] else 0
                        if <uint32_t>product >= fewest:
                            break
                    starts[i] = <uint32_t>(product >> 32)
            means[r] = gathered(whole.data(), starts.data(), full)
            if rest:
                means[r] += cut[starts[full]]
            means[r] /= n
    return result
