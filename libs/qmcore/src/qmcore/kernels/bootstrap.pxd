"""Signature sheet of the block bootstrap (see bootstrap.pyx)."""

from libc.stdint cimport uint32_t, uint64_t

cdef double lagged(const double *x, Py_ssize_t n, Py_ssize_t lag) noexcept nogil
cdef double gathered(const double *sums, const uint32_t *starts, Py_ssize_t n) noexcept nogil
cdef bint scaled(
    const uint32_t *draws, Py_ssize_t n, uint32_t size, uint32_t fewest, uint32_t *starts
) noexcept nogil
