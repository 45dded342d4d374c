"""One bin's frame: the buffer that the session fills, the Arrow packer and the column block that read it.

The packer copies columns into a template of a complete Arrow IPC stream, whose only parts that change from bin to
bin are the column buffers. The block collects many bins column by column, for Parquet.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

import numpy as np

from qmcore.contracts.columns import BIN_TABLE, GRID_COLUMNS

cdef dict DTYPES = {c.name: c.dtype for c in GRID_COLUMNS}
cdef dict POSITIONS = {                       # among the columns of the same dtype
    c.name: [d.name for d in GRID_COLUMNS if d.dtype == c.dtype].index(c.name) for c in GRID_COLUMNS
}


cdef tuple BIN_F64_NAMES = tuple(c.name for c in BIN_TABLE if c.dtype == "float64")
cdef tuple BIN_I64_NAMES = tuple(c.name for c in BIN_TABLE if c.dtype == "int64")
cdef tuple BIN_I8_NAMES = tuple(c.name for c in BIN_TABLE if c.dtype == "int8")
cdef tuple BIN_BOOL_NAMES = tuple(c.name for c in BIN_TABLE if c.dtype == "bool")


@cython.final
cdef class FrameBuffer:
    """Rows and header of one bin. ``rows``: 2R + 1."""

    def __cinit__(self, int64_t rows):
        self.rows = rows
        self.row_bytes = N_F64 * 8 + N_I64 * 8 + N_I32 * 4 + N_I8
        self.memory = calloc(rows, self.row_bytes)
        if self.memory == NULL:
            raise MemoryError
        self.f64 = <double *>self.memory
        self.i64 = <int64_t *>(self.f64 + N_F64 * rows)
        self.i32 = <int32_t *>(self.i64 + N_I64 * rows)
        self.i8 = <int8_t *>(self.i32 + N_I32 * rows)
        memset(self.bin_f64, 0, sizeof(self.bin_f64))
        memset(self.bin_i64, 0, sizeof(self.bin_i64))
        memset(self.bin_i8, 0, sizeof(self.bin_i8))
        memset(self.bin_bool, 0, sizeof(self.bin_bool))
        self.zero_rows()

    def __dealloc__(self):
        free(self.memory)

    cdef void zero_rows(self) noexcept nogil:
        """Every column 0, but k."""
        cdef int64_t i
        memset(self.memory, 0, self.rows * self.row_bytes)
        for i in range(self.rows):
            self.i32[i] = <int32_t>(i - self.rows // 2)    # k is the first int32 column

    def column(self, str name not None):
        """A copy of one grid column, shape (rows,)."""
        cdef const char *source
        cdef int64_t size
        dtype = DTYPES[name]
        source = <const char *>grid_source(self, name, dtype)
        size = np.dtype(dtype).itemsize
        return np.frombuffer(source[:self.rows * size], dtype).copy()

    def header(self):
        """The bin's header by name (``BIN_TABLE``)."""
        cdef int i
        out = {}
        for i in range(N_BIN_F64):
            out[BIN_F64_NAMES[i]] = self.bin_f64[i]
        for i in range(N_BIN_I64):
            out[BIN_I64_NAMES[i]] = self.bin_i64[i]
        for i in range(N_BIN_I8):
            out[BIN_I8_NAMES[i]] = self.bin_i8[i]
        for i in range(N_BIN_BOOL):
            out[BIN_BOOL_NAMES[i]] = self.bin_bool[i] != 0
        return out


cdef void *grid_source(FrameBuffer frame, str name, str dtype) except NULL:
    """Where a grid column lies in the frame."""
    cdef int64_t position = POSITIONS[name]
    if dtype == "float64":
        return frame.f64 + position * frame.rows
    if dtype == "int64":
        return frame.i64 + position * frame.rows
    if dtype == "int32":
        return frame.i32 + position * frame.rows
    return frame.i8 + position * frame.rows


cdef void *bin_source(FrameBuffer frame, str name, str dtype) except NULL:
    """Where a bin column lies in the frame."""
    cdef int64_t position = [c.name for c in BIN_TABLE if c.dtype == dtype].index(name)
    if dtype == "float64":
        return &frame.bin_f64[position]
    if dtype == "int64":
        return &frame.bin_i64[position]
    if dtype == "int8":
        return &frame.bin_i8[position]
    return &frame.bin_bool[position]


@cython.final
cdef class FramePacker:
    """Packs the frame's columns into copies of ``template``.

    columns: (name, dtype as streamed, byte offset in the template) of each streamed column.
    """

    def __cinit__(self, FrameBuffer frame not None, bytes template not None, list columns not None):
        cdef Copy *copy
        self.frame, self.template = frame, template
        self.n_copies = len(columns)
        self.copies = <Copy *>malloc(max(self.n_copies, 1) * sizeof(Copy))
        if self.copies == NULL:
            raise MemoryError
        dtypes = {c.name: c.dtype for c in GRID_COLUMNS}
        for i, (name, dtype, offset) in enumerate(columns):
            copy = &self.copies[<int>i]
            copy.source = <const char *>grid_source(frame, name, dtypes[name])
            copy.offset = offset
            copy.item_size = np.dtype(dtypes[name]).itemsize
            copy.kind = COPY_TO_FLOAT32 if dtype == "float32" else COPY_BYTES

    def __dealloc__(self):
        free(self.copies)

    def pack(self):
        """A complete Arrow IPC stream of the frame as it is now."""
        cdef Py_ssize_t size = len(self.template)
        cdef bytes out = PyBytes_FromStringAndSize(NULL, size)
        cdef char *target = PyBytes_AS_STRING(out)
        cdef const double *wide
        cdef float *narrow
        cdef const Copy *copy
        cdef int64_t rows = self.frame.rows
        cdef int64_t i
        cdef int c
        memcpy(target, PyBytes_AS_STRING(self.template), size)
        for c in range(self.n_copies):
            copy = &self.copies[c]
            if copy.kind == COPY_BYTES:
                memcpy(target + copy.offset, copy.source, rows * copy.item_size)
            else:
                wide = <const double *>copy.source
                narrow = <float *>(target + copy.offset)
                for i in range(rows):
                    narrow[i] = <float>wide[i]
        return out


@cython.final
cdef class ColumnBlock:
    """Up to ``n_bins`` bins, column by column.

    ``grid[name]``: shape (n_bins * rows,), bin after bin; ``bins[name]``: shape (n_bins,). The first
    ``n_filled`` bins are valid.
    """

    def __init__(self, int64_t n_bins, int64_t rows):
        if n_bins < 1 or rows < 1:
            raise ValueError(f"n_bins and rows must be positive, got {n_bins} and {rows}")
        self.n_bins, self.rows, self.n_filled = n_bins, rows, 0
        self.grid = {c.name: np.zeros(n_bins * rows, c.dtype) for c in GRID_COLUMNS}
        self.bins = {c.name: np.zeros(n_bins, c.dtype) for c in BIN_TABLE}
        self.n_grid = len(self.grid)
        self.n_copies = len(self.grid) + len(self.bins)
        self.copies = <Copy *>malloc(self.n_copies * sizeof(Copy))
        if self.copies == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.copies)

    def clear(self):
        """Forget the bins; the memory stays."""
        self.n_filled = 0

    cdef int bind(self, FrameBuffer frame) except -1:
        """Take the following bins from ``frame``."""
        cdef Copy *copy
        cdef unsigned char[::1] memory
        cdef int i = 0
        if frame.rows != self.rows:
            raise ValueError(f"the frame has {frame.rows} rows, the block {self.rows}")
        for table, columns, arrays in ((0, GRID_COLUMNS, self.grid), (1, BIN_TABLE, self.bins)):
            for column in columns:
                copy = &self.copies[i]
                i += 1
                memory = arrays[column.name].view(np.uint8)
                copy.target = <char *>&memory[0]
                copy.item_size = arrays[column.name].itemsize
                if table == 0:
                    copy.source = <const char *>grid_source(frame, column.name, column.dtype)
                    copy.item_size *= self.rows
                else:
                    copy.source = <const char *>bin_source(frame, column.name, column.dtype)
        return 0

    cdef void append(self) noexcept nogil:
        """Copy the bound frame behind the bins that are there. The caller knows that there is room."""
        cdef const Copy *copy
        cdef int c
        for c in range(self.n_copies):
            copy = &self.copies[c]
            memcpy(copy.target + self.n_filled * copy.item_size, copy.source, copy.item_size)
        self.n_filled += 1
