"""Signature sheet of the frame: one bin's header and rows, and where they are copied to."""

cimport cython
from libc.stdint cimport int8_t, int32_t, int64_t

from qmcore.kernels.columns cimport N_BIN_BOOL, N_BIN_F64, N_BIN_I8, N_BIN_I64, N_F64, N_I8, N_I32, N_I64


@cython.final
cdef class FrameBuffer:
    cdef readonly int64_t rows
    cdef double *f64            # N_F64 columns of ``rows`` values, one after the other; likewise the others
    cdef int64_t *i64
    cdef int32_t *i32
    cdef int8_t *i8
    cdef void *memory
    cdef size_t row_bytes
    cdef double[N_BIN_F64] bin_f64
    cdef int64_t[N_BIN_I64] bin_i64
    cdef int8_t[N_BIN_I8] bin_i8
    cdef int8_t[N_BIN_BOOL] bin_bool

    cdef void zero_rows(self) noexcept nogil

cdef enum CopyKind:
    COPY_BYTES
    COPY_TO_FLOAT32

# One column of a frame and where it goes.
cdef struct Copy:
    const char *source
    char *target
    int64_t offset              # into the packed message
    int64_t item_size
    CopyKind kind


@cython.final
cdef class FramePacker:
    cdef FrameBuffer frame
    cdef bytes template
    cdef Copy *copies
    cdef int n_copies


@cython.final
cdef class ColumnBlock:
    cdef readonly dict grid, bins
    cdef readonly int64_t n_bins, rows
    cdef public int64_t n_filled
    cdef Copy *copies
    cdef int n_grid, n_copies

    cdef int bind(self, FrameBuffer frame) except -1
    cdef void append(self) noexcept nogil
