"""Python door of the elementary functions, for tests: float64 arrays in, float64 arrays out."""

import numpy as np


def exp(const double[::1] x not None):
    """e^x elementwise; 0 below -708. Shape (n,) float64."""
    return by_fours(x, qm_exp4)


def tanh(const double[::1] x not None):
    """Hyperbolic tangent elementwise. Shape (n,) float64."""
    return by_fours(x, qm_tanh4)


ctypedef void (*Four)(const double *, double *) noexcept nogil


cdef object by_fours(const double[::1] x, Four function):
    cdef Py_ssize_t n = x.shape[0]
    padded = np.zeros(n + 3 - (n + 3) % 4)
    cdef double[::1] view = padded
    cdef Py_ssize_t i
    for i in range(n):
        view[i] = x[i]
    for i in range(0, n, 4):
        function(&view[i], &view[i])
    return padded[:n]


def exp_divided_difference(double x, double y, double z):
    """First difference at (x, y) and second at (x, y, z) of the exponential function."""
    return qm_exp_dd1(x, y), qm_exp_dd2(x, y, z)
