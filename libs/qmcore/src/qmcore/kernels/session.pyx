"""The session: records in, closed bins out. Everything that decides what a bin contains is here.

* The clock is the latest record time; a record from before holds it and counts in ``clock_clamps``.
* An event group ends with F_LAST. It also ends before a record where the clock advances, or where the snapshot flag
  changes: real files end their first snapshot so (``unterminated_groups``). All records of a group share one time.
* Before warm-up only the book is built; then the physics runs; bins are cut from the session's start.
* A bin closes before the first group whose time is >= its end, and shows the state AT its end.

Plain twin: ``qmcore.reference.pipeline``. Python callers use ``qmcore.pipeline.GridPipeline``.
"""

cimport cython

import numpy as np

from qmcore.kernels.book cimport (
    CLOCK_CLAMPS, CROSSED_BOOK, MAYBE_BAD_BOOK, NO_ASK, NO_BID, UNTERMINATED_GROUPS, OrderBook,
)
from qmcore.kernels.columns cimport *
from qmcore.kernels.events cimport ASK, BID, F_LAST, F_MAYBE_BAD_BOOK, F_SNAPSHOT, Effect, MboRecord
from qmcore.kernels.orders cimport orders_expect
from qmcore.kernels.physics cimport TRAIN_ASK, TRAIN_BID, TickState
from qmcore.kernels.spectrum cimport SpectrumRow


cdef enum:
    LOOK_AHEAD = 16                                      # records between a prefetch and its use


cdef inline int64_t floor_div(int64_t a, int64_t b) noexcept nogil:
    """Rounds down; b > 0."""
    return a // b - (a % b < 0)


cdef inline int sign(int64_t x) noexcept nogil:
    return (x > 0) - (x < 0)


cdef inline int32_t saturated(int64_t x) noexcept nogil:
    return 0x7FFFFFFF if x > 0x7FFFFFFF else -0x7FFFFFFF - 1 if x < -0x7FFFFFFF - 1 else <int32_t>x


@cython.final
cdef class SessionCore:
    """One session's whole state. ``config``: a RuntimeConfig; its ``window`` says when things happen."""

    def __cinit__(self, config not None):
        window = config.window
        self.warmup_ns, self.start_ns, self.end_ns = window.warmup_ns, window.start_ns, window.end_ns
        self.width_ns = config.cell_width_ms * 1_000_000
        self.radius = config.grid_radius_ticks
        self.tick_int, self.bucket = config.tick_int, config.bucket_ticks
        self.book = OrderBook(config.tick_int, config.n_absolute_ticks)
        self.physics = TickPhysics(config, config.n_absolute_ticks)
        self.flow = BinFlow()
        self.spectrum = Spectrum(config, config.rows, config.cell_width_ms / 1000.0)
        self.model = StateModel(config, config.grid_radius_ticks, config.cell_width_ms / 1000.0)
        self.frame = FrameBuffer(config.rows)

    # --- rows: prices live on ticks, chains and rows on buckets of ``bucket`` ticks ---

    cdef int64_t row_of(self, int64_t tick) noexcept nogil:
        """The row nearest to a tick, half up."""
        return tick if self.bucket == 1 else floor_div(tick + (self.bucket >> 1), self.bucket)

    cdef int64_t spot_row(self, int64_t bid, int64_t ask) noexcept nogil:
        """The row nearest to the mid, half up."""
        return floor_div(bid + ask + self.bucket, 2 * self.bucket)

    cdef int64_t row_depth(self, int side, int64_t row) noexcept nogil:
        """Depth of all ticks in a row."""
        cdef int64_t first = row * self.bucket - (self.bucket >> 1)
        cdef int64_t depth = 0
        cdef int64_t tick
        for tick in range(first, first + self.bucket):
            depth += self.book.depth_at(side, tick)
        return depth

    # --- bins ---

    cdef bint finished(self) noexcept nogil:
        """No whole bin fits any more."""
        return self.start_ns + (self.bin_seq + 1) * self.width_ns > self.end_ns

    cdef bint bin_is_over(self, int64_t t) noexcept nogil:
        """A group at ``t`` lies behind the present bin's end."""
        return t >= self.start_ns + (self.bin_seq + 1) * self.width_ns

    cdef void close_bin(self) noexcept nogil:
        """Put the present bin into the frame and open the next."""
        cdef int64_t bid, ask
        cdef int64_t end = self.start_ns + (self.bin_seq + 1) * self.width_ns
        cdef bint valid = self.book.touch(&bid, &ask)
        self.spectrum.update(self.physics, end)
        self.fill_header(bid, ask, valid)
        if valid:
            self.fill_rows(bid, ask)
        else:
            self.frame.zero_rows()
        self.fill_model()
        self.had_touch = valid
        self.last_bid, self.last_ask = bid, ask
        self.bin_seq += 1
        self.bin_events = 0
        self.flow.start_bin()

    cdef void fill_header(self, int64_t bid, int64_t ask, bint valid) noexcept nogil:
        cdef int64_t *h = self.frame.bin_i64
        cdef int m
        h[BIN_I64_bin_seq] = self.bin_seq
        h[BIN_I64_bin_start_ns] = self.start_ns + self.bin_seq * self.width_ns
        h[BIN_I64_bin_end_ns] = h[BIN_I64_ts_ns] = h[BIN_I64_bin_start_ns] + self.width_ns
        h[BIN_I64_bin_event_count] = self.bin_events
        h[BIN_I64_event_id] = self.event_id
        h[BIN_I64_best_bid_price_int] = bid * self.tick_int if bid != NO_BID else 0
        h[BIN_I64_best_ask_price_int] = ask * self.tick_int if ask != NO_ASK else 0
        h[BIN_I64_best_bid_qty] = self.book.depth_at(BID, bid) if bid != NO_BID else 0
        h[BIN_I64_best_ask_qty] = self.book.depth_at(ASK, ask) if ask != NO_ASK else 0
        h[BIN_I64_spot_ref_price_int] = self.spot_row(bid, ask) * self.bucket * self.tick_int if valid else 0
        h[BIN_I64_trade_count] = self.flow.trade_count
        h[BIN_I64_buy_volume] = self.flow.buy_volume
        h[BIN_I64_sell_volume] = self.flow.sell_volume
        h[BIN_I64_ofi] = self.flow.ofi[0]
        for m in range(5):
            h[BIN_I64_mlofi_1 + m] = self.flow.ofi[m]
        self.frame.bin_f64[BIN_F64_mid_price] = <double>(bid + ask) * <double>self.tick_int / 2e9 if valid else 0.0
        self.frame.bin_f64[BIN_F64_trade_vwap] = (
            self.flow.notional / <double>self.flow.volume / 1e9 if self.flow.volume > 0 else 0.0
        )
        self.frame.bin_bool[BIN_BOOL_book_valid] = valid and not self.suspect

    cdef void fill_rows(self, int64_t bid, int64_t ask) noexcept nogil:
        cdef double *f = self.frame.f64
        cdef int32_t *n = self.frame.i32
        cdef int8_t *b = self.frame.i8
        cdef int64_t rows = self.frame.rows
        cdef int64_t end = self.frame.bin_i64[BIN_I64_bin_end_ns]
        cdef int64_t first = self.spot_row(bid, ask) - self.radius
        cdef int64_t ask_move = ask - self.last_ask if self.had_touch else 0
        cdef int64_t bid_move = bid - self.last_bid if self.had_touch else 0
        cdef int ask_sign = sign(ask_move)
        cdef int bid_sign = sign(bid_move)
        cdef int64_t i, tick, train
        cdef int32_t state
        cdef TickState s
        cdef SpectrumRow spectrum
        self.frame.zero_rows()
        for i in range(rows):
            tick = first + i
            f[F64_bid_depth * rows + i] = <double>self.row_depth(BID, tick)
            f[F64_ask_depth * rows + i] = <double>self.row_depth(ASK, tick)
            f[F64_rest_depth * rows + i] = f[F64_bid_depth * rows + i] + f[F64_ask_depth * rows + i]
            n[I32_best_ask_move_ticks * rows + i] = saturated(ask_move)
            n[I32_best_bid_move_ticks * rows + i] = saturated(bid_move)
            b[I8_ask_reprice_sign * rows + i] = <int8_t>ask_sign
            b[I8_bid_reprice_sign * rows + i] = <int8_t>bid_sign
            b[I8_microstate_id * rows + i] = <int8_t>(3 * (ask_sign + 1) + bid_sign + 1)
            b[I8_chase_up_flag * rows + i] = ask_sign > 0 and bid_sign > 0
            b[I8_chase_down_flag * rows + i] = ask_sign < 0 and bid_sign < 0
            state = self.physics.find(tick)
            if state < 0:
                continue
            self.physics.read(state, end, &s)
            self.physics.forces(&s, &f[F64_pressure_variant * rows + i], &f[F64_vacuum_variant * rows + i])
            for train in range(3):
                f[(F64_add_mass + train) * rows + i] = s.mass[train]
                f[(F64_v_add + train) * rows + i] = s.v[train]
                f[(F64_a_add + train) * rows + i] = s.a[train]
                f[(F64_j_add + train) * rows + i] = s.j[train]
            f[F64_v_rest_depth * rows + i] = s.v[TRAIN_BID] + s.v[TRAIN_ASK]
            f[F64_v_bid_depth * rows + i] = s.v[TRAIN_BID]
            f[F64_v_ask_depth * rows + i] = s.v[TRAIN_ASK]
            f[F64_a_rest_depth * rows + i] = s.a[TRAIN_BID] + s.a[TRAIN_ASK]
            f[F64_a_bid_depth * rows + i] = s.a[TRAIN_BID]
            f[F64_a_ask_depth * rows + i] = s.a[TRAIN_ASK]
            f[F64_j_rest_depth * rows + i] = s.j[TRAIN_BID] + s.j[TRAIN_ASK]
            f[F64_j_bid_depth * rows + i] = s.j[TRAIN_BID]
            f[F64_j_ask_depth * rows + i] = s.j[TRAIN_ASK]
            self.frame.i64[I64_last_event_id * rows + i] = s.last_event_id
            self.spectrum.row(state, tick, &spectrum)
            f[F64_composite * rows + i] = spectrum.composite
            f[F64_composite_d1 * rows + i] = spectrum.d1
            f[F64_composite_d2 * rows + i] = spectrum.d2
            f[F64_composite_d3 * rows + i] = spectrum.d3
            f[F64_flow_score * rows + i] = spectrum.score
            b[I8_flow_state_code * rows + i] = spectrum.code
        self.model.label(ask_sign, bid_sign, f + F64_composite * rows, b + I8_state5_code * rows)
        self.model.update(b + I8_state5_code * rows)

    cdef void fill_model(self) noexcept nogil:
        cdef double *f = self.frame.bin_f64
        cdef int i
        f[BIN_F64_model_score] = self.model.out.score
        f[BIN_F64_model_base] = self.model.out.base
        for i in range(3):
            f[BIN_F64_model_d1 + i] = self.model.out.d[i]
            f[BIN_F64_model_z1 + i] = self.model.out.z[i]
        f[BIN_F64_model_bull] = self.model.out.bull
        f[BIN_F64_model_bear] = self.model.out.bear
        f[BIN_F64_model_bear_vacuum] = self.model.out.intensity[0]
        f[BIN_F64_model_bear_pressure] = self.model.out.intensity[1]
        f[BIN_F64_model_mixed] = self.model.out.intensity[2]
        f[BIN_F64_model_bull_pressure] = self.model.out.intensity[3]
        f[BIN_F64_model_bull_vacuum] = self.model.out.intensity[4]
        self.frame.bin_i64[BIN_I64_model_sample_count] = self.model.out.sample_count
        self.frame.bin_i8[BIN_I8_model_dominant_state5_code] = self.model.out.dominant
        self.frame.bin_bool[BIN_BOOL_model_ready] = self.model.out.ready

    # --- records ---

    cdef void clear_book(self) noexcept nogil:
        """An R record: every tick that had depth is touched, then the book is empty."""
        cdef int64_t tick
        cdef int64_t none
        cdef int side
        for side in range(2):
            tick = self.book.ladders[side].best
            none = NO_BID if side == BID else NO_ASK
            while tick != none:
                self.physics.touch(self.row_of(tick), self.event_id)
                tick = self.book.next_worse(side, tick)
        self.book.clear()
        self.flow.dirty[0] = self.flow.dirty[1] = True
        self.group_reset = True

    cdef void record(self, const MboRecord *r, int64_t t) noexcept nogil:
        """Apply one record of the open group at time ``t``."""
        cdef Effect[2] effects
        cdef int n, i
        self.clock = t
        self.event_id += 1
        self.bin_events += 1
        if r.flags & F_MAYBE_BAD_BOOK:
            self.book.count(MAYBE_BAD_BOOK)
            self.suspect = True
            self.cleared = False
        if r.flags & F_SNAPSHOT:
            self.group_reset = True
        if r.action == c'R':
            self.clear_book()
            self.cleared = True
            return
        if r.action == c'T':
            if self.in_session:
                self.flow.trade(r)
            return
        n = self.book.apply(r, self.event_id, effects)
        for i in range(n):
            self.flow.see(&effects[i])
            effects[i].tick = self.row_of(effects[i].tick)
            if self.clock >= self.warmup_ns and not r.flags & F_SNAPSHOT:
                self.physics.apply(&effects[i], t, self.event_id)
            else:
                self.physics.touch(effects[i].tick, self.event_id)

    cdef void end_group(self, bint terminated) noexcept nogil:
        """The group is complete: look at the book."""
        cdef int64_t bid, ask
        self.group_open = False
        if terminated:
            if not self.book.touch(&bid, &ask) and bid != NO_BID and ask != NO_ASK:
                self.book.count(CROSSED_BOOK)
        else:
            self.book.count(UNTERMINATED_GROUPS)
        if self.suspect and self.cleared and self.group_snapshot:
            self.suspect = False
        if self.book.follow_touch() or self.physics.base != self.row_of(self.book.base):
            self.physics.recentre(self.row_of(self.book.base))
        if self.in_session:
            self.flow.end_group(self.book, not self.group_reset)
        self.group_reset = False

    cdef int run(self, const MboRecord *records, int64_t n, int64_t *position) noexcept nogil:
        """Apply records from ``position`` on; stops where a bin is ready or the session is over."""
        cdef const MboRecord *r
        cdef uint64_t stamp
        cdef int64_t t
        cdef bint snapshot, behind
        while position[0] < n:
            r = &records[position[0]]
            if position[0] + LOOK_AHEAD < n:
                orders_expect(&self.book.table, r[LOOK_AHEAD].order_id)
            snapshot = (r.flags & F_SNAPSHOT) != 0
            stamp = r.ts_recv if snapshot else r.ts_event
            behind = stamp > <uint64_t>0x7FFFFFFFFFFFFFFF or <int64_t>stamp < self.clock
            t = self.clock if behind else <int64_t>stamp
            if self.group_open and (t > self.group_time or snapshot != self.group_snapshot):
                self.end_group(False)
            if not self.group_open:
                if t >= self.start_ns:
                    if not self.in_session:
                        self.in_session = True
                        self.flow.end_group(self.book, False)
                        self.flow.start_bin()
                        self.bin_events = 0
                    if self.finished():
                        return DONE
                    if self.bin_is_over(t):
                        self.close_bin()
                        return BIN_READY
                self.group_open = True
                self.group_time = t
                self.group_snapshot = snapshot
            if behind:
                self.book.count(CLOCK_CLAMPS)
            self.record(r, t)
            if r.flags & F_LAST:
                self.end_group(True)
            position[0] += 1
        return CONSUMED

    # --- Python door ---

    def feed(self, const unsigned char[::1] raw not None, int64_t position):
        """Apply 56-byte records from index ``position`` on. Returns (new position, status)."""
        cdef int64_t n = raw.shape[0] // <int64_t>sizeof(MboRecord)
        cdef const MboRecord *records = <const MboRecord *>&raw[0] if n else NULL
        cdef int status
        with nogil:
            status = self.run(records, n, &position)
        return position, status

    def fill(self, const unsigned char[::1] raw not None, int64_t position, ColumnBlock block not None):
        """As ``feed``, but collects closed bins in ``block`` until it is full. Returns (new position, status)."""
        cdef int64_t n = raw.shape[0] // <int64_t>sizeof(MboRecord)
        cdef const MboRecord *records = <const MboRecord *>&raw[0] if n else NULL
        cdef int status = CONSUMED
        block.bind(self.frame)
        with nogil:
            while block.n_filled < block.n_bins:
                status = self.run(records, n, &position)
                if status != BIN_READY:
                    break
                block.append()
        return position, status

    def advance(self, int64_t through_ns, bint ending=False):
        """No further group will have a time < ``through_ns``: close the next bin that ends by then.

        ``ending``: there are no further records at all. Returns a status; BIN_READY asks to be called again.
        """
        if self.group_open and (ending or self.group_time < through_ns):
            self.end_group(False)
        if not self.in_session and through_ns >= self.start_ns:
            self.in_session = True
            self.flow.end_group(self.book, False)
            self.flow.start_bin()
            self.bin_events = 0
        if self.finished():
            return DONE
        if self.in_session and self.bin_is_over(through_ns):
            self.close_bin()
            return BIN_READY
        return CONSUMED

    def finish_block(self, int64_t through_ns, ColumnBlock block not None):
        """As ``advance(through_ns, ending=True)`` until nothing is left to close; false where the block is full."""
        block.bind(self.frame)
        while block.n_filled < block.n_bins:
            if self.advance(through_ns, True) != BIN_READY:
                return True
            block.append()
        return False

    @property
    def is_finished(self):
        """The session's last whole bin has been emitted."""
        return bool(self.finished())

    def export_state(self):
        """Everything as named arrays, for a checkpoint."""
        scalars = (
            self.clock, self.event_id, self.bin_seq, self.group_time, self.bin_events, self.group_open,
            self.group_snapshot, self.group_reset, self.suspect, self.cleared, self.in_session, self.had_touch,
            self.last_bid, self.last_ask,
        )
        return {
            "session": np.array(scalars, np.int64), **self.book.export_state(), **self.physics.export_state(),
            **self.flow.export_state(), **self.spectrum.export_state(), **self.model.export_state(),
        }

    def import_state(self, state not None):
        """Replace everything by an exported state of a session with the same configuration."""
        (self.clock, self.event_id, self.bin_seq, self.group_time, self.bin_events, self.group_open,
         self.group_snapshot, self.group_reset, self.suspect, self.cleared, self.in_session, self.had_touch,
         self.last_bid, self.last_ask) = state["session"].tolist()
        self.book.import_state(state)
        self.physics.import_state(state)
        self.physics.recentre(self.row_of(self.book.base))
        self.flow.import_state(state)
        self.spectrum.import_state(state)
        self.model.import_state(state)
