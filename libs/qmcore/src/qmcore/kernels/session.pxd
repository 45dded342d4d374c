"""Signature sheet of the session: the clock, event groups and bins around book and physics."""

cimport cython
from libc.stdint cimport int8_t, int32_t, int64_t, uint64_t

from qmcore.kernels.book cimport OrderBook
from qmcore.kernels.events cimport MboRecord
from qmcore.kernels.flow cimport BinFlow
from qmcore.kernels.frames cimport ColumnBlock, FrameBuffer
from qmcore.kernels.physics cimport TickPhysics
from qmcore.kernels.spectrum cimport Spectrum
from qmcore.kernels.state_model cimport StateModel

cdef enum:
    CONSUMED = 0            # every record was applied
    BIN_READY = 1           # a bin has closed and stands in the frame
    DONE = 2                # the session's last bin has been emitted


@cython.final
cdef class SessionCore:
    cdef readonly OrderBook book
    cdef readonly TickPhysics physics
    cdef readonly FrameBuffer frame
    cdef BinFlow flow
    cdef Spectrum spectrum
    cdef StateModel model
    cdef int64_t radius, tick_int
    cdef int64_t bucket             # ticks in a row of the grid: 1, but for equities with wider buckets
    cdef int64_t warmup_ns, start_ns, end_ns, width_ns
    cdef readonly int64_t clock, event_id, bin_seq
    cdef int64_t group_time, bin_events
    cdef bint group_open, group_snapshot, group_reset
    cdef bint suspect, cleared
    cdef bint in_session
    cdef bint had_touch
    cdef int64_t last_bid, last_ask

    cdef int64_t row_of(self, int64_t tick) noexcept nogil
    cdef int64_t spot_row(self, int64_t bid, int64_t ask) noexcept nogil
    cdef int64_t row_depth(self, int side, int64_t row) noexcept nogil
    cdef bint bin_is_over(self, int64_t t) noexcept nogil
    cdef bint finished(self) noexcept nogil
    cdef void record(self, const MboRecord *r, int64_t t) noexcept nogil
    cdef void clear_book(self) noexcept nogil
    cdef void end_group(self, bint terminated) noexcept nogil
    cdef void close_bin(self) noexcept nogil
    cdef void fill_header(self, int64_t bid, int64_t ask, bint valid) noexcept nogil
    cdef void fill_rows(self, int64_t bid, int64_t ask) noexcept nogil
    cdef void fill_model(self) noexcept nogil
    cdef int run(self, const MboRecord *records, int64_t n, int64_t *position) noexcept nogil
