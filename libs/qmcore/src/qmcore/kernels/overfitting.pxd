"""Signature sheet of the cross-validation of trials (see overfitting.pyx)."""

cdef enum:
    TILE = 512            # trials whose sums are kept at hand while the splits take their turns
    TOGETHER = 8          # splits whose scores are worked out before the next trials are read


cdef struct Half:
    double[TILE] total
    double[TILE] square


cdef void add(double *total, const double *x, Py_ssize_t n) noexcept nogil
cdef void score(const Half *half, double n_periods, Py_ssize_t n, double *out) noexcept nogil
cdef Py_ssize_t highest(const double *scores, Py_ssize_t n) noexcept nogil
cdef double rank(const double *scores, Py_ssize_t n, double own) noexcept nogil
