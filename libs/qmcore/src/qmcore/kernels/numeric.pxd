"""Deterministic elementary functions (numeric.h): the same bits on every machine."""

from libc.stdint cimport int64_t

cdef extern from "numeric.h" nogil:
    void qm_exp4(const double *x, double *out) noexcept
    void qm_exp_many(double *x, int64_t n) noexcept
    void qm_tanh4(const double *x, double *out) noexcept
    double qm_exp_dd1(double x, double y) noexcept
    double qm_exp_dd2(double x, double y, double z) noexcept
