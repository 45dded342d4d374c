"""Signature sheet of the bin's flow: trades and order-flow imbalance."""

cimport cython
from libc.stdint cimport int64_t

from qmcore.kernels.book cimport OrderBook
from qmcore.kernels.events cimport Effect, MboRecord

cdef enum:
    N_LEVELS = 5


@cython.final
cdef class BinFlow:
    cdef int64_t trade_count, buy_volume, sell_volume, volume
    cdef double notional
    cdef int64_t[N_LEVELS] ofi
    cdef int64_t[2][N_LEVELS] ticks
    cdef int64_t[2][N_LEVELS] quantities
    cdef bint[2] dirty

    cdef void start_bin(self) noexcept nogil
    cdef void trade(self, const MboRecord *r) noexcept nogil
    cdef void see(self, const Effect *effect) noexcept nogil
    cdef void end_group(self, OrderBook book, bint count) noexcept nogil
