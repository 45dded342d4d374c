"""Trailing windows over one number a bin, as signals use them: EMA, ring, robust z, sum, slope, ridge fit.

Each ``update`` takes the present bin's number and is O(window) at most; memory is fixed when made. ``export_state``
gives one float64 array and ``import_state`` takes it back: going on from it gives the same bits. Only IEEE arithmetic
and our own tanh, so that values are the same on every machine. Plain twin: ``qmcore.reference.windows``.
"""

cimport cython
from libc.math cimport sqrt
from libc.stdlib cimport calloc, free
from libc.string cimport memset

import numpy as np

from qmcore.kernels.numeric cimport qm_tanh4
from qmcore.kernels.rolling cimport robust_z, sorted_insert, sorted_mad, sorted_median, sorted_replace


cdef double MOST_COUNT = 2.0 ** 53     # what a float64 can count to


def tanh(double x):
    """Hyperbolic tangent, the same bits on every machine."""
    cdef double[4] four
    four[0] = four[1] = four[2] = four[3] = x
    qm_tanh4(four, four)
    return four[0]


cdef object as_state(object state, Py_ssize_t least, Py_ssize_t most):
    """``state`` as a float64 array of between ``least`` and ``most`` numbers; ValueError otherwise."""
    array = np.ascontiguousarray(state, np.float64)
    if array.ndim != 1 or not least <= array.shape[0] <= most:
        raise ValueError(f"a state of {least} to {most} numbers is needed, got shape {array.shape}")
    return array


@cython.final
cdef class Ema:
    """Exponential mean with alpha = 2 / (span + 1), beginning at the first value; never beyond the values seen."""

    def __cinit__(self, double span):
        if not 1.0 <= span < 1e9:
            raise ValueError(f"span must be in [1, 1e9), got {span}")
        self.alpha = 2.0 / (span + 1.0)

    cdef double push(self, double x) noexcept nogil:
        cdef double old = self.value
        cdef double new = old + self.alpha * (x - old)
        if not self.seen or self.alpha == 1.0 or (x - new) * (x - old) < 0:     # rounded past x
            new = x
        self.seen = True
        self.value = new
        return new

    def update(self, double x):
        """The mean with ``x``."""
        return self.push(x)

    def export_state(self):
        return np.array([self.value, self.seen])

    def import_state(self, state not None):
        array = as_state(state, 2, 2)
        self.value, self.seen = array[0], array[1] != 0


@cython.final
cdef class Ring:
    """The last ``window`` values."""

    def __cinit__(self, Py_ssize_t window):
        if not 1 <= window <= 1 << 20:
            raise ValueError(f"window must be in [1, {1 << 20}], got {window}")
        self.window = window
        self.memory = <double *>calloc(window, sizeof(double))
        if self.memory == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.memory)

    cdef double push(self, double x) noexcept nogil:
        cdef Py_ssize_t slot = self.count % self.window
        cdef double old = self.memory[slot]
        self.memory[slot] = x
        self.count += 1
        return old

    def update(self, double x):
        """Keep ``x``; the value it pushes out (0 while filling): the one of ``window`` bins ago."""
        return self.push(x)

    def export_state(self):
        """Number of values seen, then the memory slot by slot."""
        cdef Py_ssize_t i, n = min(self.count, self.window)
        array = np.empty(1 + n)
        array[0] = self.count
        for i in range(n):
            array[1 + i] = self.memory[i]
        return array

    def import_state(self, state not None):
        cdef double[::1] array = as_state(state, 1, 1 + self.window)
        cdef Py_ssize_t i
        if not array.shape[0] - 1 <= array[0] <= MOST_COUNT or min(array[0], self.window) != array.shape[0] - 1:
            raise ValueError(f"{array.shape[0] - 1} values kept of {array[0]:g} do not fit a window of {self.window}")
        self.count = <Py_ssize_t>array[0]
        for i in range(array.shape[0] - 1):
            self.memory[i] = array[1 + i]


@cython.final
cdef class RobustZ:
    """(x - median) / (1.4826 MAD) over the last ``window`` values, x included.

    0 with fewer than ``min_periods`` values or a scale below 1e-9.
    """

    def __cinit__(self, Py_ssize_t window, Py_ssize_t min_periods):
        self.ring = Ring(window)
        self.min_periods = min_periods
        self.ordered = <double *>calloc(window, sizeof(double))
        if self.ordered == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.ordered)

    cdef double push(self, double x) noexcept nogil:
        cdef Py_ssize_t n = self.ring.count
        cdef double old = self.ring.push(x)
        cdef double median
        if n < self.ring.window:
            sorted_insert(self.ordered, n, x)
            n += 1
        else:
            n = self.ring.window
            sorted_replace(self.ordered, n, old, x)
        if n < self.min_periods:
            return 0.0
        median = sorted_median(self.ordered, n)
        return robust_z(x, median, sorted_mad(self.ordered, n, median))

    def update(self, double x):
        """The z-score of ``x``."""
        return self.push(x)

    def export_state(self):
        return self.ring.export_state()

    def import_state(self, state not None):
        cdef Py_ssize_t i
        self.ring.import_state(state)
        for i in range(min(self.ring.count, self.ring.window)):
            sorted_insert(self.ordered, i, self.ring.memory[i])


@cython.final
cdef class WindowSum:
    """Sum of the last ``window`` values; summed anew once a round, so that no rounding error stays."""

    def __cinit__(self, Py_ssize_t window):
        self.ring = Ring(window)

    cdef double push(self, double x) noexcept nogil:
        cdef Py_ssize_t i
        self.total += x - self.ring.push(x)
        if self.ring.count % self.ring.window == 0:
            self.total = 0.0
            for i in range(self.ring.window):
                self.total += self.ring.memory[i]
        return self.total

    def update(self, double x):
        """The sum with ``x``."""
        return self.push(x)

    def export_state(self):
        return np.concatenate(([self.total], self.ring.export_state()))

    def import_state(self, state not None):
        array = as_state(state, 2, 2 + self.ring.window)
        self.ring.import_state(array[1:])
        self.total = array[0]


@cython.final
cdef class Slope:
    """Least-squares slope per bin over the last ``window`` values; 0 until the window is full."""

    def __cinit__(self, Py_ssize_t window):
        if window < 2:
            raise ValueError(f"window must be >= 2, got {window}")
        self.ring = Ring(window)

    cdef double push(self, double x) noexcept nogil:
        cdef Py_ssize_t n = self.ring.window
        cdef Py_ssize_t i, first
        cdef double centre = 0.5 * <double>(n - 1)
        cdef double up = 0.0
        self.ring.push(x)
        if self.ring.count < n:
            return 0.0
        first = self.ring.count % n
        for i in range(n - first):
            up += (<double>i - centre) * self.ring.memory[first + i]
        for i in range(n - first, n):
            up += (<double>i - centre) * self.ring.memory[first + i - n]
        return 12.0 * up / (<double>n * (<double>n * <double>n - 1.0))

    def update(self, double x):
        """The slope with ``x``."""
        return self.push(x)

    def export_state(self):
        return self.ring.export_state()

    def import_state(self, state not None):
        self.ring.import_state(state)


@cython.final
cdef class EwmRidge:
    """Ridge regression y ~ beta x over exponentially forgotten observations, shrunk towards ``prior``.

    beta = argmin sum_i decay^age_i (y_i - beta x_i)^2 + penalty |beta - prior|^2, by Cholesky.
    """

    def __cinit__(self, prior, double decay, double penalty):
        cdef int i
        if not 1 <= len(prior) <= MAX_FEATURES or not 0.0 < decay <= 1.0 or not penalty > 0.0:
            raise ValueError(f"needs 1 to {MAX_FEATURES} features, decay in (0, 1], penalty > 0")
        self.n, self.decay, self.penalty = len(prior), decay, penalty
        for i in range(self.n):
            self.prior[i] = prior[i]
        memset(self.moment, 0, sizeof(self.moment))
        memset(self.gram, 0, sizeof(self.gram))

    cdef void solve(self, double *beta) noexcept nogil:
        cdef double[MAX_FEATURES * MAX_FEATURES] lower
        cdef double total
        cdef int i, j, k, n = self.n
        for i in range(n):
            for j in range(i + 1):
                total = self.gram[i * n + j] + (self.penalty if i == j else 0.0)
                for k in range(j):
                    total -= lower[i * n + k] * lower[j * n + k]
                if i == j:
                    lower[i * n + i] = sqrt(total if total > self.penalty * 1e-6 else self.penalty * 1e-6)
                else:
                    lower[i * n + j] = total / lower[j * n + j]
        for i in range(n):
            total = self.moment[i] + self.penalty * self.prior[i]
            for k in range(i):
                total -= lower[i * n + k] * beta[k]
            beta[i] = total / lower[i * n + i]
        for i in range(n - 1, -1, -1):
            total = beta[i]
            for k in range(i + 1, n):
                total -= lower[k * n + i] * beta[k]
            beta[i] = total / lower[i * n + i]

    def predict(self, x not None):
        """beta x with the observations so far; x: n numbers."""
        cdef double[MAX_FEATURES] beta
        cdef double value = 0.0
        cdef int i
        self.solve(beta)
        for i in range(self.n):
            value += beta[i] * <double>x[i]
        return value

    def observe(self, x not None, double y):
        """Take one observation; x: n numbers."""
        cdef int i, j
        cdef double[MAX_FEATURES] row
        for i in range(self.n):
            row[i] = x[i]
        for i in range(self.n):
            self.moment[i] = self.decay * self.moment[i] + row[i] * y
            for j in range(self.n):
                self.gram[i * self.n + j] = self.decay * self.gram[i * self.n + j] + row[i] * row[j]

    def coefficients(self):
        """beta, shape (n,)."""
        cdef double[MAX_FEATURES] beta
        self.solve(beta)
        return np.array([beta[i] for i in range(self.n)])

    def export_state(self):
        return np.array([self.moment[i] for i in range(self.n)] + [self.gram[i] for i in range(self.n * self.n)])

    def import_state(self, state not None):
        cdef int i
        cdef int n = self.n
        array = as_state(state, n + n * n, n + n * n)
        for i in range(n):
            self.moment[i] = array[i]
        for i in range(n * n):
            self.gram[i] = array[n + i]
