"""Python door of the elementary functions, for tests: float64 arrays in, float64 arrays out."""

import numpy as np


def exp(const double[::1] x not None):
    """e^x elementwise; 0 below -708. Shape (n,) float64."""
    out = np.empty(x.shape[0])
    cdef double[::1] view = out
    cdef Py_ssize_t i
    for i in range(x.shape[0]):
        view[i] = qm_exp(x[i])
    return out


def tanh(const double[::1] x not None):
    """Hyperbolic tangent elementwise. Shape (n,) float64."""
    out = np.empty(x.shape[0])
    cdef double[::1] view = out
    cdef Py_ssize_t i
    for i in range(x.shape[0]):
        view[i] = qm_tanh(x[i])
    return out


def exp_divided_difference(double x, double y, double z):
    """First difference at (x, y) and second at (x, y, z) of the exponential function."""
    return qm_exp_dd1(x, y), qm_exp_dd2(x, y, z)
