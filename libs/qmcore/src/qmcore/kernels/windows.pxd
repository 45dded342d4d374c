"""Signature sheet of the trailing windows that signals are made of."""

cimport cython


@cython.final
cdef class Ema:
    cdef double alpha, value
    cdef bint seen
    cdef double push(self, double x) noexcept nogil


@cython.final
cdef class Ring:
    cdef Py_ssize_t window, count
    cdef double *memory
    cdef double push(self, double x) noexcept nogil


@cython.final
cdef class RobustZ:
    cdef Ring ring
    cdef Py_ssize_t min_periods
    cdef double *ordered
    cdef double push(self, double x) noexcept nogil


@cython.final
cdef class WindowSum:
    cdef Ring ring
    cdef double total
    cdef double push(self, double x) noexcept nogil


@cython.final
cdef class Slope:
    cdef Ring ring
    cdef double push(self, double x) noexcept nogil


cdef enum:
    MAX_FEATURES = 8


@cython.final
cdef class EwmRidge:
    cdef int n
    cdef double decay, penalty
    cdef double[MAX_FEATURES] prior
    cdef double[MAX_FEATURES] moment
    cdef double[MAX_FEATURES * MAX_FEATURES] gram
    cdef void solve(self, double *beta) noexcept nogil
