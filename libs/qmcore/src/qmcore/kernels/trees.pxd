"""Signature sheet of tree ensembles."""

from libc.stdint cimport int32_t

cimport cython


@cython.final
cdef class TreeEnsemble:
    cdef readonly int n_features
    cdef readonly Py_ssize_t n_trees
    cdef double baseline
    cdef const int32_t[::1] roots
    cdef const int32_t[::1] feature
    cdef const int32_t[::1] left
    cdef const int32_t[::1] right
    cdef const double[::1] threshold
    cdef const double[::1] value
    cdef object check(self)
    cdef double evaluate(self, const double *row) noexcept nogil
