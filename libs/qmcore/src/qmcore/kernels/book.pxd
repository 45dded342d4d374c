"""Signature sheet of the limit order book (L3)."""

cimport cython
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libcpp.map cimport map as cpp_map

from qmcore.kernels.events cimport Effect, MboRecord
from qmcore.kernels.orders cimport Order, OrderTable

cdef enum:
    N_COUNTERS = 13

# Positions in OrderBook.counts; book.pyx names them in the same order.
cdef enum:
    UNKNOWN_ORDER
    UNKNOWN_FILL
    DUPLICATE_ADD
    OVER_CANCEL
    OFF_TICK_PRICE
    UNDEFINED_PRICE
    INVALID_SIDE
    ZERO_SIZE_ADD
    UNKNOWN_ACTION
    CROSSED_BOOK
    CLOCK_CLAMPS
    MAYBE_BAD_BOOK
    UNTERMINATED_GROUPS

cdef struct Ladder:
    int64_t *depth          # n slots, quantity at tick base + slot
    uint64_t *occupied      # n bits
    int64_t best            # best tick of the whole book, NO_BID or NO_ASK for none

# Touch of an empty side; real ticks lie far inside.
cdef extern from *:
    """
    #define QM_NO_BID (-(1LL << 62))
    #define QM_NO_ASK (1LL << 62)
    """
    const int64_t NO_BID "QM_NO_BID"
    const int64_t NO_ASK "QM_NO_ASK"


@cython.final
cdef class OrderBook:
    cdef readonly int64_t tick_int
    cdef readonly int64_t n_slots
    cdef double ticks_per_unit
    cdef int64_t base
    cdef bint placed, anchored
    cdef Ladder[2] ladders
    cdef cpp_map[int64_t, int64_t] *far[2]
    cdef OrderTable table
    cdef int64_t[N_COUNTERS] counts
    cdef int64_t n_applied          # by apply_records: event ids go on from here

    cdef int apply(self, const MboRecord *r, int64_t event_id, Effect *effects) noexcept nogil
    cdef void count(self, int anomaly) noexcept nogil
    cdef void clear(self) noexcept nogil
    cdef bint touch(self, int64_t *bid, int64_t *ask) noexcept nogil
    cdef bint follow_touch(self) noexcept nogil
    cdef void recentre(self, int64_t tick) noexcept nogil
    cdef int64_t depth_at(self, int side, int64_t tick) noexcept nogil
    cdef int top_levels(self, int side, int n, int64_t *ticks, int64_t *quantities) noexcept nogil
    cdef int64_t next_worse(self, int side, int64_t tick) noexcept nogil
    cdef int64_t tick_of(self, int64_t price) noexcept nogil
    cdef void change_depth(self, int side, int64_t tick, int64_t delta) noexcept nogil
    cdef int modify(self, Order *order, int64_t place, uint32_t size, int64_t event_id, Effect *effects) noexcept nogil
