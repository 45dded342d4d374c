"""Signature sheet of the simulated exchange's book and tape (see market_book.pyx)."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from qmcore.kernels.draws cimport Draws
from qmcore.kernels.events cimport MboRecord
from qmcore.kernels.fifo cimport Fifo

cdef enum:
    NEAR = 12             # queues a side that react to their own size
    LADDER = 1024         # entries of a quantile table: drawn by ten random bits
    LEVELS = 65536        # ticks of price room
    GROUP_ROOM = 1024     # free records that one step needs at most
    MAX_SLICES = 16       # iceberg slices waiting to be shown
    MAX_FILLS = 400       # resting orders that one aggressive order may meet


cdef struct Slice:        # the next display of an iceberg
    int32_t tick
    uint32_t size
    uint32_t hidden
    uint8_t side


cdef struct Met:          # a resting order that an aggressive one has met
    uint64_t order_id
    int32_t tick
    uint32_t filled
    uint32_t kept


cdef class MarketBook:
    # settings
    cdef uint16_t publisher_id
    cdef uint32_t instrument_id
    cdef uint64_t start_ns, end_ns
    cdef int64_t tick_int, base_tick    # ticks below are counted from base_tick
    cdef int32_t target_orders, n_far
    cdef object _book_tables
    cdef const double *far_target       # orders by distance from the best tick
    cdef const int32_t *near_sizes      # contracts
    cdef const int32_t *far_sizes
    # state; sides are 0 bid, 1 ask
    cdef Draws draws
    cdef Fifo fifo
    cdef int32_t best[2]
    cdef int32_t ref, low_ref, high_ref
    cdef uint64_t ts, recv, first_id, next_id
    cdef uint64_t seed_count, seed_mask
    cdef int32_t seed_distance, seed_left
    cdef uint8_t seed_side
    cdef bint done
    cdef Slice slices[MAX_SLICES]
    cdef int n_slices
    cdef Met met[MAX_FILLS]             # by the trades of the present group
    cdef int n_met
    # the tape
    cdef MboRecord *out
    cdef Py_ssize_t n, room
    cdef uint64_t n_live

    cdef bint _advance(self, uint64_t gap_ns) noexcept nogil
    cdef uint64_t _short_gap(self) noexcept nogil
    cdef void _emit(self, uint8_t action, uint8_t side, int32_t tick, uint32_t size, uint64_t order_id) noexcept nogil
    cdef void _close_group(self) noexcept nogil
    cdef uint64_t _take_id(self) noexcept nogil
    cdef double _roundness(self, int32_t tick) noexcept nogil
    cdef int32_t _rest(self, uint8_t side, int32_t tick, uint32_t size, uint64_t order_id) noexcept nogil
    cdef void _drop(self, int32_t slot) noexcept nogil
    cdef bint _may_empty(self, uint8_t side, int32_t tick) noexcept nogil
    cdef void _add(self, uint8_t side, int32_t tick, uint32_t size, uint32_t hidden) noexcept nogil
    cdef bint _move_here(self, uint8_t side, int32_t tick, int32_t source) noexcept nogil
    cdef void _grow(self, int32_t tick) noexcept nogil
    cdef uint32_t _trade_level(self, uint8_t aggressor, uint32_t wanted) noexcept nogil
    cdef void _settle(self, uint8_t passive) noexcept nogil
    cdef int32_t _seed_next(self, bint live) noexcept nogil
    cdef int32_t _seed_tick(self) noexcept nogil
