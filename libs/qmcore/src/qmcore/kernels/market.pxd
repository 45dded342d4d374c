"""Signature sheet of the market simulator's event loop (see market.pyx)."""

from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t

from qmcore.kernels.market_book cimport NEAR, MarketBook


cdef class Market(MarketBook):
    # settings
    cdef uint64_t max_events
    cdef double peak_rate, floor_rate, decay_s, horizon_s, regime_s, trend, theta, theta_reinit
    cdef double partial_share, iceberg_share
    cdef double near_target[NEAR]
    cdef double near_rate[NEAR]
    cdef object _flow_tables
    cdef const int32_t *far_ladder      # distances in ticks
    cdef const int32_t *market_sizes    # contracts
    # state
    cdef double limit_rate[2][NEAR]
    cdef double cancel_rate[2][NEAR]
    cdef double market_rate[2]
    cdef double far_rate, mean_wait, mean_records, excite, drift
    cdef int regime                     # 1 trend up, -1 trend down, 0 back to the anchor
    cdef int32_t start_ref, anchor
    cdef uint64_t regime_until, n_seeded, n_waited
    cdef bint failed

    cdef bint _wait(self, double intensity) noexcept nogil
    cdef void _turn_regime(self) noexcept nogil
    cdef void _weigh_level(self, uint8_t side, int i) noexcept nogil
    cdef void _weigh_market(self) noexcept nogil
    cdef void _weigh_tick(self, uint8_t side, int32_t tick) noexcept nogil
    cdef void _weigh_all(self) noexcept nogil
    cdef void _limit(self, uint8_t side, int i) noexcept nogil
    cdef void _leave(self, uint8_t side, int i) noexcept nogil
    cdef void _cancel(self, uint8_t side, int32_t tick, bint whole) noexcept nogil
    cdef void _far(self) noexcept nogil
    cdef void _market(self, uint8_t aggressor) noexcept nogil
    cdef void _replenish(self) noexcept nogil
    cdef void _follow_touch(self, uint8_t emptied) noexcept nogil
    cdef void _redraw(self) noexcept nogil
    cdef void _seed_live(self) noexcept nogil
    cdef void _step(self) noexcept nogil
