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
