"""Signature sheet of the state model: microstates of the touch, and the derivative score."""

cimport cython
from libc.stdint cimport int8_t, int32_t, int64_t

cdef struct ModelOutput:
    double score
    double base
    double[3] d
    double[3] z
    double bull
    double bear
    double[5] intensity     # by state5 code + 2
    int64_t sample_count
    int8_t dominant
    int8_t ready


@cython.final
cdef class StateModel:
    cdef int64_t rows, radius
    cdef bint by_force, score_only
    cdef double neutral, bin_seconds, tanh_scale, mixed_weight
    cdef double w_bull_pressure, w_bull_vacuum, w_bear_pressure, w_bear_vacuum
    cdef double[3] score_weights
    cdef int64_t z_window, z_min, samples
    cdef double *weights
    cdef double *history
    cdef double *ordered
    cdef int8_t *codes
    cdef ModelOutput out

    cdef void label(self, int ask_sign, int bid_sign, const double *composite,
                    int8_t *codes) noexcept nogil
    cdef void update(self, const int8_t *codes) noexcept nogil
    cdef void settle(self) noexcept nogil
    cdef void picture(self, int which, double *intensity) noexcept nogil
    cdef double z_score(self, int i) noexcept nogil
