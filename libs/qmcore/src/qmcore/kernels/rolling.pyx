"""Python door of the sorted windows, for tests."""

import numpy as np


def rolling_median_mad(const double[::1] values not None, Py_ssize_t window):
    """Trailing median and MAD of ``values`` over ``window`` values (fewer while filling).

    values: shape (n,) float64. Returns two float64 arrays of shape (n,).
    """
    if window < 1:
        raise ValueError(f"window must be >= 1, got {window}")
    cdef Py_ssize_t n = values.shape[0], i, size = 0
    medians, mads = np.empty(n), np.empty(n)
    cdef double[::1] median_view = medians, mad_view = mads
    cdef double[::1] ordered = np.empty(window)
    for i in range(n):
        if size < window:
            sorted_insert(&ordered[0], size, values[i])
            size += 1
        else:
            sorted_replace(&ordered[0], size, values[i - window], values[i])
        median_view[i] = sorted_median(&ordered[0], size)
        mad_view[i] = sorted_mad(&ordered[0], size, median_view[i])
    return medians, mads


def rolling_median_mad3(const double[:, ::1] values not None, Py_ssize_t window):
    """As ``rolling_median_mad`` for three series at once, by the searches that run in step.

    values: shape (n, 3) float64. Returns two float64 arrays of shape (n, 3).
    """
    if window < 1 or values.shape[1] != 3:
        raise ValueError(f"window must be >= 1 and values of shape (n, 3), got {window} and {values.shape[1]} columns")
    cdef Py_ssize_t n = values.shape[0], i, size = 0
    cdef int k
    medians, mads = np.empty((n, 3)), np.empty((n, 3))
    cdef double[:, ::1] median_view = medians, mad_view = mads
    cdef double[:, ::1] memory = np.empty((3, window))
    cdef double *ordered[3]
    for k in range(3):
        ordered[k] = &memory[k, 0]
    for i in range(n):
        if size < window:
            for k in range(3):
                sorted_insert(ordered[k], size, values[i, k])
            size += 1
        else:
            sorted_replace3(ordered, size, &values[i - window, 0], &values[i, 0])
        for k in range(3):
            median_view[i, k] = sorted_median(ordered[k], size)
        sorted_mad3(ordered, size, &median_view[i, 0], &mad_view[i, 0])
    return medians, mads
