"""What the simulated exchange knows: resting orders, the clock, order numbers, and the records it writes.

``MarketBook`` is the passive half of the simulator: it seeds a book, writes it as a snapshot, and gives its
subclass ``market.Market`` the few moves that keep book and records in step. A bid never rests above the
reference price ``ref`` and an ask never at or below it, so no move can cross the book; time never goes back.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from qmcore.kernels.draws cimport draw_below, draw_exponential, draw_unit, seed_draws
from qmcore.kernels.events cimport F_LAST, F_SNAPSHOT, MboRecord
from qmcore.kernels.fifo cimport Order, fifo_close, fifo_drop, fifo_open, fifo_pick, fifo_push, fifo_shrink

cdef enum:
    F_BAD_TS_RECV = 8
    F_PUBLISHER = 2          # set on the last record of CME's groups
    SIDE_MIN = 16            # orders that a side always keeps

cdef int64_t UNDEF_PRICE = 0x7FFFFFFFFFFFFFFF
cdef uint64_t SNAPSHOT_AGE_NS = 3_600_000_000_000


cdef class MarketBook:
    """A seeded book of one instrument and the tape it writes to; only ``Market`` is used from outside."""

    def __init__(
        self, *, uint64_t seed, uint16_t publisher_id, uint32_t instrument_id, uint64_t start_ns, uint64_t end_ns,
        int64_t tick_int, int64_t start_tick, uint64_t first_order_id, int32_t target_orders,
        const double[::1] far_target, const int32_t[::1] near_sizes, const int32_t[::1] far_sizes,
    ):
        """Times in ns, `tick_int` in 1e-9; `far_target` in orders by distance from the best tick, shape (n_far,);
        the size tables are quantiles in contracts, shape (LADDER,). ValueError where they cannot work."""
        if far_target.shape[0] <= NEAR or near_sizes.shape[0] != LADDER or far_sizes.shape[0] != LADDER:
            raise ValueError(f"far_target needs more than {NEAR} distances, the size tables {LADDER} quantiles")
        if start_tick < 128 or end_ns <= start_ns or target_orders < 4 * SIDE_MIN or tick_int <= 0:
            raise ValueError("needs start_tick >= 128, end_ns > start_ns, target_orders >= 64 and tick_int > 0")
        self.publisher_id, self.instrument_id = publisher_id, instrument_id
        self.start_ns, self.end_ns, self.ts, self.recv = start_ns, end_ns, start_ns, start_ns
        self.tick_int, self.base_tick = tick_int, max(1, start_tick - LEVELS // 2)
        self.target_orders, self.n_far = target_orders, <int32_t>far_target.shape[0]
        self._book_tables = (far_target, near_sizes, far_sizes)
        self.far_target, self.near_sizes, self.far_sizes = &far_target[0], &near_sizes[0], &far_sizes[0]
        seed_draws(&self.draws, seed)
        fifo_close(&self.fifo)
        if not fifo_open(&self.fifo, 2 * target_orders + 4096, LEVELS):
            raise MemoryError("no memory for the simulated book")
        self.ref = <int32_t>(start_tick - self.base_tick)
        self.low_ref, self.high_ref = 3 * NEAR, LEVELS - 3 * NEAR
        self.best[0], self.best[1] = -1, LEVELS
        self.seed_side, self.seed_distance = 1, -1
        self.first_id, self.seed_mask = first_order_id, 65536
        while self.seed_mask < 4 * <uint64_t>target_orders:
            self.seed_mask *= 2
        self.next_id = first_order_id + self.seed_mask
        self.seed_mask -= 1

    def __dealloc__(self):
        fifo_close(&self.fifo)

    @property
    def live_orders(self) -> int:
        """Orders resting now, both sides."""
        return self.fifo.live[0] + self.fifo.live[1]

    def snapshot(self, uint8_t[::1] out, bint clear, bint last) -> int:
        """Seed the book and write it: R if `clear`, every order in priority order, F_LAST at the end if `last`.

        `out` holds 56-byte records, at least 3 x `target_orders`; returns the number written. Raises ValueError.
        """
        cdef int32_t tick, slot
        cdef int step
        cdef uint8_t side
        cdef Py_ssize_t i
        if self.seed_distance >= 0:
            raise ValueError("the snapshot comes first, and once")
        while self._seed_next(False) >= 0:
            pass
        self.room, self.n = out.shape[0] // sizeof(MboRecord), 0
        if self.room < self.live_orders + 1:
            raise ValueError(f"the snapshot needs room for {self.live_orders + 1} records, got {self.room}")
        self.out = <MboRecord*>&out[0]
        if clear:
            self._emit(c"R", 2, 0, 0, 0)
            self.out[0].price = UNDEF_PRICE
        for side in range(2):
            step = 1 if side else -1
            tick = self.best[side]
            while 0 <= tick < LEVELS:
                slot = self.fifo.levels[tick].head
                while slot >= 0:
                    self._emit(c"A", side, tick, self.fifo.orders[slot].size, self.fifo.orders[slot].id)
                    slot = self.fifo.orders[slot].behind
                tick += step
        for i in range(self.n):
            self.out[i].flags = F_SNAPSHOT | F_BAD_TS_RECV
            self.out[i].ts_event = self.start_ns - SNAPSHOT_AGE_NS
            self.out[i].ts_recv = self.start_ns
            self.out[i].ts_in_delta = 0
        if last:
            self.out[self.n - 1].flags |= F_LAST
        self.n_live = 0
        return self.n

    # -- the clock -------------------------------------------------------------------------------------------

    cdef bint _advance(self, uint64_t gap_ns) noexcept nogil:
        """Go on to the next group's time; false at the end of the session."""
        cdef uint64_t recv
        if self.done or self.end_ns - self.ts <= gap_ns:
            self.done = True
            return False
        self.ts += gap_ns
        recv = self.ts + 80_000 + <uint64_t>(20_000.0 * draw_exponential(&self.draws))
        if recv > self.recv:
            self.recv = recv
        return True

    cdef uint64_t _short_gap(self) noexcept nogil:
        """0.2 to 150 us, even in the logarithm: what follows within one burst."""
        cdef uint64_t scale = <uint64_t>400 << draw_below(&self.draws, 9)
        return scale // 2 + draw_below(&self.draws, <uint32_t>scale)

    # -- records ---------------------------------------------------------------------------------------------

    cdef void _emit(self, uint8_t action, uint8_t side, int32_t tick, uint32_t size, uint64_t order_id) noexcept nogil:
        cdef MboRecord* r = &self.out[self.n]
        r.length, r.rtype, r.publisher_id, r.instrument_id = 14, 0xA0, self.publisher_id, self.instrument_id
        r.ts_event, r.order_id, r.price = self.ts, order_id, (self.base_tick + tick) * self.tick_int
        r.size, r.flags, r.channel_id, r.action = size, 0, 0, action
        r.side = c"A" if side == 1 else (c"B" if side == 0 else c"N")
        r.ts_recv, r.sequence = self.recv, 0
        r.ts_in_delta = 12_000 + <int32_t>(<uint32_t>self.recv & 4095)
        self.n += 1
        self.n_live += 1

    cdef void _close_group(self) noexcept nogil:
        self.out[self.n - 1].flags |= F_LAST | F_PUBLISHER

    cdef uint64_t _take_id(self) noexcept nogil:
        """The exchange numbers all its orders in one row, so an instrument sees gaps."""
        cdef uint32_t u = draw_below(&self.draws, 64)
        self.next_id += 1 if u < 48 else u - 46
        return self.next_id

    cdef double _roundness(self, int32_t tick) noexcept nogil:
        """Round prices draw orders."""
        cdef int64_t at = self.base_tick + tick
        if at % 100 == 0:
            return 2.2
        if at % 20 == 0:
            return 1.5
        return 1.15 if at % 4 == 0 else 0.9

    # -- resting orders --------------------------------------------------------------------------------------

    cdef int32_t _rest(self, uint8_t side, int32_t tick, uint32_t size, uint64_t order_id) noexcept nogil:
        cdef int32_t slot = fifo_push(&self.fifo, side, tick, size, order_id)
        if side == 0:
            self.best[0] = max(self.best[0], tick)
        else:
            self.best[1] = min(self.best[1], tick)
        return slot

    cdef void _drop(self, int32_t slot) noexcept nogil:
        """Remove an order and bring the best price up to date."""
        cdef uint8_t side = self.fifo.orders[slot].side
        cdef int step = 1 if side else -1
        fifo_drop(&self.fifo, slot)
        while self.fifo.levels[self.best[side]].count == 0:
            self.best[side] += step

    cdef bint _may_empty(self, uint8_t side, int32_t tick) noexcept nogil:
        """Whether a whole tick may go: no side runs empty, the price stays within its room."""
        if self.fifo.live[side] - self.fifo.levels[tick].count < SIDE_MIN:
            return False
        return tick != self.best[side] or (self.ref < self.high_ref if side else self.ref > self.low_ref)

    cdef void _add(self, uint8_t side, int32_t tick, uint32_t size, uint32_t hidden) noexcept nogil:
        cdef int32_t slot = self._rest(side, tick, size, self._take_id())
        self.fifo.orders[slot].hidden = hidden
        self._emit(c"A", side, tick, size, self.fifo.orders[slot].id)
        self._close_group()

    cdef bint _move_here(self, uint8_t side, int32_t tick, int32_t source) noexcept nogil:
        """A modify that brings an order from tick `source` to `tick`; false if none can be spared there."""
        cdef int32_t slot
        cdef uint32_t size
        cdef uint64_t order_id
        if source == tick or not 0 <= tick < LEVELS or not 0 <= source < LEVELS or self.fifo.levels[source].count < 2:
            return False
        slot = fifo_pick(&self.fifo, source, &self.draws)
        if self.fifo.orders[slot].side != side:
            return False
        size, order_id = self.fifo.orders[slot].size, self.fifo.orders[slot].id
        if draw_below(&self.draws, 4) == 0:
            size = <uint32_t>self.near_sizes[draw_below(&self.draws, LADDER)]
        self._drop(slot)
        self._rest(side, tick, size, order_id)
        self._emit(c"M", side, tick, size, order_id)
        self._close_group()
        return True

    cdef void _grow(self, int32_t tick) noexcept nogil:
        """A size increase: the order goes to the back of its queue."""
        cdef int32_t slot = fifo_pick(&self.fifo, tick, &self.draws)
        cdef uint8_t side = self.fifo.orders[slot].side
        cdef uint64_t order_id = self.fifo.orders[slot].id
        cdef uint32_t size = self.fifo.orders[slot].size + 1 + draw_below(&self.draws, 4)
        fifo_drop(&self.fifo, slot)
        fifo_push(&self.fifo, side, tick, size, order_id)
        self._emit(c"M", side, tick, size, order_id)
        self._close_group()

    cdef uint32_t _trade_level(self, uint8_t aggressor, uint32_t wanted) noexcept nogil:
        """Fill up to `wanted` at the best price, first in first out; returns what was traded."""
        cdef uint8_t passive = 1 - aggressor
        cdef int32_t tick = self.best[passive]
        cdef Py_ssize_t trade = self.n
        cdef uint32_t traded = 0
        cdef uint32_t take, shown
        cdef Order* o
        cdef Met* met
        self._emit(c"T", aggressor, tick, 0, 0)
        while traded < wanted and self.best[passive] == tick and self.n_met < MAX_FILLS:
            o = &self.fifo.orders[self.fifo.levels[tick].head]
            take = min(wanted - traded, o.size)
            met = &self.met[self.n_met]
            met.order_id, met.tick, met.filled, met.kept = o.id, tick, take, o.size - take
            self.n_met += 1
            traded += take
            self._emit(c"F", passive, tick, take, o.id)
            if take < o.size:
                fifo_shrink(&self.fifo, self.fifo.levels[tick].head, o.size - take)
                continue
            if o.hidden > 0 and self.n_slices < MAX_SLICES:
                shown = min(o.size, o.hidden)
                self.slices[self.n_slices] = Slice(tick, shown, o.hidden - shown, passive)
                self.n_slices += 1
            self._drop(self.fifo.levels[tick].head)
        self.out[trade].size = traded
        return traded

    cdef void _settle(self, uint8_t passive) noexcept nogil:
        """What the trades of this group did to each order they met: gone by C, or reduced by M."""
        cdef int i
        for i in range(self.n_met):
            if self.met[i].kept > 0:
                self._emit(c"M", passive, self.met[i].tick, self.met[i].kept, self.met[i].order_id)
            else:
                self._emit(c"C", passive, self.met[i].tick, self.met[i].filled, self.met[i].order_id)

    # -- the initial book ------------------------------------------------------------------------------------

    cdef int32_t _seed_next(self, bint live) noexcept nogil:
        """Rest the next order of the initial book, from the touch outwards; -1 when the book is complete."""
        cdef int32_t tick
        cdef uint32_t size
        cdef uint64_t order_id
        while self.seed_left <= 0:
            self.seed_side = 1 - self.seed_side
            self.seed_distance += 1 - self.seed_side
            if self.seed_distance >= self.n_far:
                return -1
            tick = self._seed_tick()
            if 0 <= tick < LEVELS:
                self.seed_left = <int32_t>(
                    self.far_target[self.seed_distance] * self._roundness(tick) + draw_unit(&self.draws))
                if self.seed_distance < NEAR:
                    self.seed_left = max(self.seed_left, 1)
        self.seed_left -= 1
        order_id = self._take_id() if live else self.first_id + (self.seed_count * 40503U & self.seed_mask)
        self.seed_count += 1
        size = self.near_sizes[draw_below(&self.draws, LADDER)] if self.seed_distance < NEAR else (
            self.far_sizes[draw_below(&self.draws, LADDER)])
        return self._rest(self.seed_side, self._seed_tick(), size, order_id)

    cdef int32_t _seed_tick(self) noexcept nogil:
        return self.ref + 1 + self.seed_distance if self.seed_side else self.ref - self.seed_distance
