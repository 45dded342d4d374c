"""The event loop of the market simulator: a queue-reactive limit order book that writes MBO records.

Guarantees, for every group of records it writes (a group ends with F_LAST):
every C, M and F names a live order; sizes stay positive; a bid never rests at or above an ask; neither side
runs empty; all records of a group share one `ts_event`, and `ts_event` and `ts_recv` never go backwards.
Equal settings give equal bytes on every machine (see draws.pxd).

After Huang, Lehalle, Rosenbaum (2015), "Simulating and analyzing order book data: the queue-reactive model":
limit, cancel and market orders arrive with intensities that depend on the size of the queue they act on,
queues are counted from a reference price (bids rest at ticks <= ref, asks above it), the reference follows
the touch with probability `theta` when a best queue is emptied, and with probability `theta_reinit` the near
queues are then drawn anew. Added to it: far orders with a target profile, Markov regimes that tilt the order
flow, and clustered waiting times. Only `qmcore.synth` calls this module.
"""

from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t

from qmcore.kernels.draws cimport draw_below, draw_exponential, draw_unit
from qmcore.kernels.events cimport MboRecord
from qmcore.kernels.fifo cimport fifo_pick, fifo_reserve, fifo_shrink
from qmcore.kernels.market_book cimport GROUP_ROOM, LADDER, LEVELS, MAX_FILLS, NEAR, MarketBook, Slice

NEAR_LEVELS = NEAR           # queues a side that react to their own size
TABLE_LENGTH = LADDER        # entries of the size and distance tables

cdef enum:
    MAX_GAP = 4              # ticks from the reference to an emptied side's new best price at most
    MAX_SWEEP = 5            # levels that one aggressive order takes at most

cdef double SAME_NS = 0.003          # share of groups at the very nanosecond of the one before
cdef double SHORT_GAPS = 0.40        # share of groups within microseconds of the one before
cdef double SHORT_MEAN_NS = 22700.0
cdef double FAR_SHARE = 0.12         # far events for each near limit order or cancel
cdef double MARKET_RATE = 1.00       # aggressive orders a side at an empty queue, relative to a best queue's limits
cdef double MOVE_SHARE = 0.20        # of limit orders that are a price modify of a resting order
cdef double RETREAT_SHARE = 0.12     # of near cancels that are a price modify away from the touch
cdef double GROW_SHARE = 0.03        # of limit orders that are a size increase
cdef double REDUCE_SHARE = 0.06      # of cancels that are a size decrease by modify


cdef class Market(MarketBook):
    """One instrument's simulated market: ``snapshot`` once (or never), then ``run`` until it returns 0."""

    def __init__(
        self, *, uint64_t max_events, double peak_rate, double floor_rate, double decay_s, double horizon_s,
        double regime_s, double trend, double theta, double theta_reinit, double partial_share,
        double iceberg_share, const double[::1] near_target, const double[::1] near_rate,
        const int32_t[::1] far_ladder, const int32_t[::1] market_sizes, **book,
    ):
        """Rates in records a second, `*_s` in seconds, shares and thetas in [0, 1]; `near_target` in contracts and
        `near_rate` relative to the best queue, shape (NEAR_LEVELS,); `far_ladder` (distances in ticks) and
        `market_sizes` (contracts) are quantiles, shape (TABLE_LENGTH,). The rest is ``MarketBook``'s. ValueError
        where they cannot work."""
        cdef int i
        MarketBook.__init__(self, **book)
        if near_target.shape[0] != NEAR or near_rate.shape[0] != NEAR:
            raise ValueError(f"near_target and near_rate need {NEAR} levels")
        if far_ladder.shape[0] != LADDER or market_sizes.shape[0] != LADDER:
            raise ValueError(f"far_ladder and market_sizes need {LADDER} quantiles")
        self.max_events = max_events
        self.peak_rate, self.floor_rate, self.decay_s, self.horizon_s = peak_rate, floor_rate, decay_s, horizon_s
        self.regime_s, self.trend, self.theta, self.theta_reinit = regime_s, trend, theta, theta_reinit
        self.partial_share, self.iceberg_share = partial_share, iceberg_share
        self._flow_tables = (far_ladder, market_sizes)
        self.far_ladder, self.market_sizes = &far_ladder[0], &market_sizes[0]
        self.start_ref, self.anchor = self.ref, self.ref
        self.far_rate = 0.0
        for i in range(NEAR):
            self.near_target[i], self.near_rate[i] = near_target[i], near_rate[i]
            self.far_rate += FAR_SHARE * 4.0 * near_rate[i]
        self.mean_wait, self.mean_records = 0.5 * FAR_SHARE / self.far_rate, 1.2
        self._turn_regime()

    def run(self, uint8_t[::1] out) -> int:
        """Write whole groups into `out` (56-byte records); returns how many records, 0 when the time is over.

        Without a snapshot before, the book fills by live adds first. ValueError for fewer than 2048 records of room.
        """
        self.room, self.n = out.shape[0] // sizeof(MboRecord), 0
        if self.room < 2 * GROUP_ROOM:
            raise ValueError(f"run needs room for {2 * GROUP_ROOM} records, got {self.room}")
        self.out = <MboRecord*>&out[0]
        with nogil:
            if self.seed_distance >= self.n_far:
                self._weigh_all()
            while self.n + GROUP_ROOM <= self.room and not self.done:
                if not fifo_reserve(&self.fifo, 256):
                    self.failed = self.done = True
                elif self.seed_distance < self.n_far:
                    self._seed_live()
                elif self.n_slices > 0:
                    self._replenish()
                else:
                    self._step()
                if self.n_live >= self.max_events:
                    self.done = True
        if self.failed:
            raise MemoryError("no memory for the simulated book")
        return self.n

    # -- the clock -------------------------------------------------------------------------------------------

    cdef bint _wait(self, double intensity) noexcept nogil:
        """Waiting time of a point process with the queues' intensity, bursts, and the preset's rate in the mean."""
        cdef double elapsed = <double>(self.ts - self.start_ns) * 1e-9
        cdef double fade = 1.0 / (1.0 + elapsed / self.decay_s)
        cdef double rate = self.floor_rate + (self.peak_rate - self.floor_rate) * fade * fade
        cdef double due = self.floor_rate * elapsed + (self.peak_rate - self.floor_rate) * elapsed * fade
        cdef double lag = due - <double>(self.n_live - self.n_seeded)
        cdef double control = 1.0 + lag / (rate * self.horizon_s)
        cdef double mean, u, gap
        control = min(max(control, 0.25), 4.0)
        u = 1.0 / ((1.0 + self.excite) * intensity)
        self.mean_wait += 0.001 * (u - self.mean_wait)
        self.mean_records += 0.001 * (<double>(self.n_live - self.n_waited) - self.mean_records)
        self.n_waited = self.n_live
        mean = 1e9 * self.mean_records / (rate * control) * (u / self.mean_wait)
        u = draw_unit(&self.draws)
        if u < SAME_NS:
            gap = 0.0
        elif u < SHORT_GAPS:
            gap = min(<double>self._short_gap(), mean * 0.5)
        else:
            gap = (mean - SHORT_GAPS * min(SHORT_MEAN_NS, 0.25 * mean)) / (1.0 - SHORT_GAPS)
            gap *= draw_exponential(&self.draws)
        self.excite /= 1.0 + gap * 2e-8        # self-excitation fades like 1 / (1 + t / 50 ms)
        if not self._advance(<uint64_t>gap):
            return False
        if self.ts >= self.regime_until:
            self._turn_regime()
        return True

    cdef void _turn_regime(self) noexcept nogil:
        """Next state of the Markov chain: trend up, trend down, or back to where the price is now."""
        cdef double away = <double>(self.ref - self.start_ref) / 600.0
        cdef double up = 0.5 - min(max(away, -1.0), 1.0) * 0.45
        cdef double u = draw_unit(&self.draws)
        cdef double last = 0.1 + min(draw_exponential(&self.draws), 4.0)
        if u < 0.35 and self.regime != 0:
            self.regime = 0
        else:
            self.regime = 1 if draw_unit(&self.draws) < up else -1
        self.anchor = self.ref
        self.regime_until = self.ts + <uint64_t>(last * self.regime_s * 1e9)
        self._weigh_all()

    # -- intensities: what the queues make likely ------------------------------------------------------------

    cdef void _weigh_level(self, uint8_t side, int i) noexcept nogil:
        """Limit orders fall and cancels rise (and saturate) with the queue, in balance at its target size."""
        cdef int32_t tick = self.ref + 1 + i if side else self.ref - i
        cdef double x = self.fifo.levels[tick].quantity / (self.near_target[i] * self._roundness(tick))
        cdef double tilt = 0.15 * (-self.drift if side else self.drift)
        cdef double limit = self.near_rate[i] * 1.25 / (1.0 + 0.25 * x) * (1.0 + tilt)
        if i == 0:
            limit *= 4.0 if x == 0.0 else 1.05
        self.limit_rate[side][i] = limit
        self.cancel_rate[side][i] = self.near_rate[i] * 1.4 * x / (0.4 + x) * (1.0 - tilt)

    cdef void _weigh_market(self) noexcept nogil:
        """Aggressive orders hurry when the queue in front of them is short."""
        cdef int aggressor
        cdef double half = 0.5 * self.near_target[0]
        cdef double haste
        for aggressor in range(2):
            haste = half / (half + <double>self.fifo.levels[self.best[1 - aggressor]].quantity)
            self.market_rate[aggressor] = MARKET_RATE * haste * haste * (
                1.0 - self.drift if aggressor else 1.0 + self.drift)

    cdef void _weigh_tick(self, uint8_t side, int32_t tick) noexcept nogil:
        cdef int32_t i = tick - self.ref - 1 if side else self.ref - tick
        if i < NEAR:
            self._weigh_level(side, i)
            self._weigh_market()

    cdef void _weigh_all(self) noexcept nogil:
        cdef uint8_t side
        cdef int i
        cdef double away
        if self.regime == 0:
            away = <double>(self.anchor - self.ref) * 0.1
            self.drift = self.trend * min(max(away, -1.0), 1.0)
        else:
            self.drift = self.trend * self.regime
        if self.best[0] < 0 or self.best[1] >= LEVELS:
            return                                      # still empty
        for side in range(2):
            for i in range(NEAR):
                self._weigh_level(side, i)
        self._weigh_market()

    # -- orders come, change and go --------------------------------------------------------------------------

    cdef void _limit(self, uint8_t side, int i) noexcept nogil:
        """A limit order at near level i: a new order, a moved one or a grown one."""
        cdef int32_t tick = self.ref + 1 + i if side else self.ref - i
        cdef double u = draw_unit(&self.draws)
        cdef int32_t source = tick + 1 + <int32_t>draw_below(&self.draws, 4)
        cdef uint32_t size
        if draw_below(&self.draws, 2):
            source = 2 * tick - source
        if u < MOVE_SHARE and self._move_here(side, tick, source):
            self._weigh_tick(side, source)
        elif u > 1.0 - GROW_SHARE and self.fifo.levels[tick].count > 0:
            self._grow(tick)
        else:
            size = <uint32_t>self.near_sizes[draw_below(&self.draws, LADDER)]
            u = draw_unit(&self.draws)
            self._add(side, tick, size, size * (2 + draw_below(&self.draws, 8)) if u < self.iceberg_share else 0)
        self._weigh_tick(side, tick)

    cdef void _leave(self, uint8_t side, int i) noexcept nogil:
        """An order leaves near level i: by a cancel, or by a modify to a price further from the touch."""
        cdef int32_t tick = self.ref + 1 + i if side else self.ref - i
        cdef int32_t away = 1 + <int32_t>draw_below(&self.draws, 4)
        cdef int32_t to = tick + away if side else tick - away
        if draw_unit(&self.draws) < RETREAT_SHARE and self._move_here(side, to, tick):
            self._weigh_tick(side, tick)
            self._weigh_tick(side, to)
        else:
            self._cancel(side, tick, False)

    cdef void _cancel(self, uint8_t side, int32_t tick, bint whole) noexcept nogil:
        """A cancel at a non-empty tick: of a whole order, or of a part by C or by M."""
        cdef int32_t slot = fifo_pick(&self.fifo, tick, &self.draws)
        cdef uint32_t size = self.fifo.orders[slot].size
        cdef uint64_t order_id = self.fifo.orders[slot].id
        cdef uint32_t gone
        cdef double u = 1.0 if whole or size < 2 else draw_unit(&self.draws)
        cdef bint at_touch = tick == self.best[side]
        if u < self.partial_share + REDUCE_SHARE:
            gone = 1 + draw_below(&self.draws, size - 1)
            fifo_shrink(&self.fifo, slot, size - gone)
            if u < self.partial_share:
                self._emit(c"C", side, tick, gone, order_id)
            else:
                self._emit(c"M", side, tick, size - gone, order_id)
        elif self.fifo.levels[tick].count > 1 or self._may_empty(side, tick):
            self._drop(slot)
            self._emit(c"C", side, tick, size, order_id)
        else:
            return
        self._close_group()
        self._weigh_tick(side, tick)
        if at_touch and self.fifo.levels[tick].count == 0:
            self._follow_touch(side)

    cdef void _far(self) noexcept nogil:
        """Away from the touch each tick is pulled to its target number of orders."""
        cdef uint8_t side = draw_below(&self.draws, 2)
        cdef int32_t distance = self.far_ladder[draw_below(&self.draws, LADDER)]
        cdef int32_t tick = self.ref + 1 + distance if side else self.ref - distance
        cdef int32_t source
        cdef double count, target
        if not 0 <= tick < LEVELS:
            return
        count = self.fifo.levels[tick].count
        target = self.far_target[distance] * self._roundness(tick)
        target *= max(0.2, 5.0 - 4.0 * (self.fifo.live[0] + self.fifo.live[1]) / self.target_orders)
        if draw_unit(&self.draws) * (target + count) < target:
            source = tick - 20 + <int32_t>draw_below(&self.draws, 41)
            if draw_unit(&self.draws) < MOVE_SHARE and self._move_here(side, tick, source):
                self._weigh_tick(side, source)
            else:
                self._add(side, tick, <uint32_t>self.far_sizes[draw_below(&self.draws, LADDER)], 0)
            self._weigh_tick(side, tick)
        elif count > 0:
            self._cancel(side, tick, False)

    # -- trades ----------------------------------------------------------------------------------------------

    cdef void _market(self, uint8_t aggressor) noexcept nogil:
        """An aggressive order: T and F records level by level, then the C or M of each order it met."""
        cdef uint8_t passive = 1 - aggressor
        cdef int32_t touch = self.best[passive]
        cdef uint32_t front = <uint32_t>self.fifo.levels[touch].quantity
        cdef uint32_t left = <uint32_t>self.market_sizes[draw_below(&self.draws, LADDER)]
        cdef uint32_t style = draw_below(&self.draws, 8)
        cdef bint rests = left > front and style == 0    # one in eight leaves what is left as a limit order
        cdef int _level
        if left >= front:
            if not self._may_empty(passive, touch):
                return
            if style > 1:
                left = front                             # most traders size their order to the queue they see
        self.n_met = 0
        for _level in range(MAX_SWEEP):
            left -= self._trade_level(aggressor, left)
            if left == 0 or rests or self.n_met == MAX_FILLS or not self._may_empty(passive, self.best[passive]):
                break
        self._settle(passive)
        self.excite = min(self.excite + 0.8, 8.0)
        if self.best[passive] == touch:
            self._close_group()
            self._weigh_tick(passive, touch)
        elif rests and left > 0:
            self.ref = touch - 1 if aggressor else touch
            self._add(aggressor, touch, left, 0)
            self._weigh_all()
        else:
            self._close_group()
            self._weigh_all()
            self._follow_touch(passive)

    cdef void _replenish(self) noexcept nogil:
        """Show the next slice of an iceberg, unless the price has gone past it."""
        cdef Slice* s
        self.n_slices -= 1
        s = &self.slices[self.n_slices]
        if (s.tick <= self.ref) == (s.side == 0) and self._advance(self._short_gap()):
            self._add(s.side, s.tick, s.size, s.hidden)
            self._weigh_tick(s.side, s.tick)

    cdef void _follow_touch(self, uint8_t emptied) noexcept nogil:
        """A best queue was emptied: the reference follows with probability theta (always across a wide gap)."""
        cdef int32_t to = self.best[1] - 1 if emptied else self.best[0]
        cdef int32_t gap = to - self.ref if emptied else self.ref - to
        cdef double follow = self.theta * (1.0 + 0.3 * (self.drift if emptied else -self.drift))
        if gap <= MAX_GAP and draw_unit(&self.draws) >= follow:
            return
        self.ref = min(to, LEVELS - NEAR - 1) if emptied else max(to, NEAR)
        self._weigh_all()
        if draw_unit(&self.draws) < self.theta_reinit:
            self._redraw()

    cdef void _redraw(self) noexcept nogil:
        """News: the three best queues of both sides are brought to fresh sizes in a burst."""
        cdef uint8_t side
        cdef int32_t tick
        cdef int i, _try
        cdef double want, have
        for i in range(3):
            for side in range(2):
                tick = self.ref + 1 + i if side else self.ref - i
                want = self.near_target[i] * self._roundness(tick) * (0.4 + 0.4 * draw_below(&self.draws, 4))
                for _try in range(6):
                    have = <double>self.fifo.levels[tick].quantity
                    if have >= 0.8 * want and (have <= 1.2 * want or self.fifo.levels[tick].count < 2):
                        break
                    if not self._advance(self._short_gap()):
                        return
                    if have < want:
                        self._add(side, tick, <uint32_t>self.near_sizes[draw_below(&self.draws, LADDER)], 0)
                    else:
                        self._cancel(side, tick, True)
        self._weigh_all()

    # -- the loop --------------------------------------------------------------------------------------------

    cdef void _seed_live(self) noexcept nogil:
        """One order of the initial book as a live add: the book of a session that starts empty."""
        cdef int32_t slot
        if not self._advance(min(<uint64_t>50_000, <uint64_t>1_000_000_000 // self.target_orders)):
            return
        slot = self._seed_next(True)
        if slot < 0:
            self.n_seeded = self.n_waited = self.n_live
            self._weigh_all()
        else:
            self._emit(c"A", self.fifo.orders[slot].side, self.fifo.orders[slot].tick,
                       self.fifo.orders[slot].size, self.fifo.orders[slot].id)
            self._close_group()

    cdef void _step(self) noexcept nogil:
        """Draw the next waiting time and event from the present intensities."""
        cdef double total = self.far_rate + self.market_rate[0] + self.market_rate[1]
        cdef double u
        cdef int i
        cdef uint8_t side
        for i in range(NEAR):
            total += (self.limit_rate[0][i] + self.cancel_rate[0][i]) + (
                self.limit_rate[1][i] + self.cancel_rate[1][i])
        if not self._wait(total):
            return
        u = draw_unit(&self.draws) * total
        for i in range(NEAR):
            for side in range(2):
                u -= self.limit_rate[side][i]
                if u < 0.0:
                    self._limit(side, i)
                    return
                u -= self.cancel_rate[side][i]
                if u < 0.0:
                    self._leave(side, i)
                    return
        for side in range(2):
            u -= self.market_rate[side]
            if u < 0.0:
                self._market(side)
                return
        self._far()
