"""The bin's flow: trades by aggressor, and order-flow imbalance at the five best levels.

OFI after Cont, Kukanov, Stoikov (2014), "The price impact of order book events", per event group and level:
e = [Pb >= Pb'] qb - [Pb <= Pb'] qb' - [Pa <= Pa'] qa + [Pa >= Pa'] qa', primes before the group, an empty level
at -inf (bid) or +inf (ask) with quantity 0; multi-level as in Xu, Gould, Howison (2018). A side whose five
best levels no record touched is not looked at. Plain twin: ``qmcore.reference.flow``.
"""

cimport cython
from libc.string cimport memset

import numpy as np

from qmcore.kernels.book cimport NO_ASK, NO_BID, OrderBook
from qmcore.kernels.events cimport ASK, BID

cdef int64_t UNDEF_PRICE = 0x7FFFFFFFFFFFFFFF


@cython.final
cdef class BinFlow:
    """Accumulators of one bin, and the five best levels after the last event group."""

    def __cinit__(self):
        cdef int m
        for m in range(N_LEVELS):
            self.ticks[BID][m] = NO_BID
            self.ticks[ASK][m] = NO_ASK
        self.dirty[BID] = self.dirty[ASK] = True

    cdef void start_bin(self) noexcept nogil:
        self.trade_count = self.buy_volume = self.sell_volume = self.volume = 0
        self.notional = 0.0
        memset(self.ofi, 0, sizeof(self.ofi))

    cdef void trade(self, const MboRecord *r) noexcept nogil:
        """A T record: its side is the aggressor's. One without a price counts, but not in the average."""
        self.trade_count += 1
        if r.price != UNDEF_PRICE:
            self.volume += r.size
            self.notional += <double>r.price * <double>r.size
        if r.side == c'B':
            self.buy_volume += r.size
        elif r.side == c'A':
            self.sell_volume += r.size

    cdef void see(self, const Effect *effect) noexcept nogil:
        """Note which sides' best levels a record may have changed."""
        if effect.d_bid != 0 and effect.tick >= self.ticks[BID][N_LEVELS - 1]:
            self.dirty[BID] = True
        if effect.d_ask != 0 and effect.tick <= self.ticks[ASK][N_LEVELS - 1]:
            self.dirty[ASK] = True

    cdef void end_group(self, OrderBook book, bint count) noexcept nogil:
        """Compare the best levels with those before the group; ``count`` false: only take note of them."""
        cdef int64_t[N_LEVELS] ticks
        cdef int64_t[N_LEVELS] quantities
        cdef int64_t old_tick, old_quantity
        cdef int side, m, found
        for side in range(2):
            if not self.dirty[side]:
                continue
            self.dirty[side] = False
            found = book.top_levels(side, N_LEVELS, ticks, quantities)
            for m in range(found, N_LEVELS):
                ticks[m] = NO_BID if side == BID else NO_ASK
                quantities[m] = 0
            for m in range(N_LEVELS):
                old_tick = self.ticks[side][m]
                old_quantity = self.quantities[side][m]
                if count and side == BID:
                    if ticks[m] >= old_tick:
                        self.ofi[m] += quantities[m]
                    if ticks[m] <= old_tick:
                        self.ofi[m] -= old_quantity
                elif count:
                    if ticks[m] <= old_tick:
                        self.ofi[m] -= quantities[m]
                    if ticks[m] >= old_tick:
                        self.ofi[m] += old_quantity
                self.ticks[side][m] = ticks[m]
                self.quantities[side][m] = quantities[m]

    # --- Python door ---

    def export_state(self):
        """Everything, for a checkpoint."""
        cdef int side, m
        levels = np.empty((2, 2, N_LEVELS), np.int64)
        for side in range(2):
            for m in range(N_LEVELS):
                levels[0, side, m] = self.ticks[side][m]
                levels[1, side, m] = self.quantities[side][m]
        return {
            "flow_levels": levels,
            "flow_ofi": np.array([self.ofi[m] for m in range(N_LEVELS)], np.int64),
            "flow_trades": np.array([self.trade_count, self.buy_volume, self.sell_volume, self.volume,
                                     self.dirty[0], self.dirty[1]], np.int64),
            "flow_notional": np.array([self.notional]),
        }

    def import_state(self, state not None):
        """Replace everything by an exported state."""
        cdef int side, m
        for m in range(N_LEVELS):
            for side in range(2):
                self.ticks[side][m] = state["flow_levels"][0, side, m]
                self.quantities[side][m] = state["flow_levels"][1, side, m]
            self.ofi[m] = state["flow_ofi"][m]
        trades = state["flow_trades"]
        self.trade_count, self.buy_volume, self.sell_volume, self.volume = trades[0], trades[1], trades[2], trades[3]
        self.dirty[0], self.dirty[1] = trades[4], trades[5]
        self.notional = state["flow_notional"][0]
