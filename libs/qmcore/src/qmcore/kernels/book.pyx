"""The limit order book, order by order, with Databento's meaning of every action and flag.

Orders live in a flat linear-probing hash table (``orders``), levels in arrays indexed by absolute tick inside a window
of ``n_absolute_ticks`` slots around an anchor, with a bitmap of occupied slots. Levels outside the window
live in an ordered map, so the window is only a matter of speed: no result depends on where it lies.

``apply`` changes orders and depth and says in ``effects`` what happened at which tick. It knows nothing of
time, groups or bins (``session`` does). Plain twin: ``qmcore.reference.book``.
"""

cimport cython
from cython.operator cimport dereference as deref, postincrement, predecrement
from libc.stdlib cimport calloc, free
from libc.string cimport memset

import numpy as np

from qmcore.kernels.events cimport ASK, BID
from qmcore.kernels.orders cimport (
    Order, orders_clear, orders_expect, orders_find, orders_init, orders_insert, orders_remove,
)

cdef enum:
    LOOK_AHEAD = 16                                      # records between a prefetch and its use

COUNTER_NAMES = (
    "unknown_order", "unknown_fill", "duplicate_add", "over_cancel", "off_tick_price", "undefined_price",
    "invalid_side", "zero_size_add", "unknown_action", "crossed_book", "clock_clamps", "maybe_bad_book",
    "unterminated_groups",
)
ORDER_DTYPE = np.dtype([
    ("order_id", "<u8"), ("tick", "<i8"), ("side", "i1"), ("size", "<u4"), ("pending", "<u4"), ("priority", "<i8"),
])

cdef extern from *:
    """
    #define QM_UNDEF_PRICE INT64_MAX
    #define QM_EXACT_IN_DOUBLE (1LL << 53)
    static inline int qm_highest_bit(unsigned long long x) { return 63 - __builtin_clzll(x); }
    static inline int qm_lowest_bit(unsigned long long x) { return __builtin_ctzll(x); }
    """
    const int64_t UNDEF_PRICE "QM_UNDEF_PRICE"
    const int64_t EXACT_IN_DOUBLE "QM_EXACT_IN_DOUBLE"
    int qm_highest_bit(uint64_t x) noexcept nogil
    int qm_lowest_bit(uint64_t x) noexcept nogil


cdef inline void set_effect(Effect *e, int64_t tick, double add, double pull, double fill, int side,
                            double change) noexcept nogil:
    e.tick = tick
    e.add = add
    e.pull = pull
    e.fill = fill
    e.d_bid = change if side == BID else 0.0
    e.d_ask = change if side == ASK else 0.0


@cython.final
cdef class OrderBook:
    """One instrument's book. ``tick_int``: tick width in 1e-9; ``n_absolute_ticks``: slots of the window."""

    def __cinit__(self, int64_t tick_int, int64_t n_absolute_ticks):
        if tick_int < 16:
            raise ValueError(f"tick_int must be at least 16 units of 1e-9, got {tick_int}")
        if n_absolute_ticks < 64 or n_absolute_ticks % 64:
            raise ValueError(f"n_absolute_ticks must be a positive multiple of 64, got {n_absolute_ticks}")
        self.tick_int = tick_int
        self.ticks_per_unit = 1.0 / tick_int
        self.n_slots = n_absolute_ticks
        cdef int side
        for side in range(2):
            self.ladders[side].depth = <int64_t *>calloc(n_absolute_ticks, sizeof(int64_t))
            self.ladders[side].occupied = <uint64_t *>calloc(n_absolute_ticks // 64, sizeof(uint64_t))
            self.far[side] = new cpp_map[int64_t, int64_t]()
            if self.ladders[side].depth == NULL or self.ladders[side].occupied == NULL:
                raise MemoryError
        self.ladders[BID].best = NO_BID
        self.ladders[ASK].best = NO_ASK
        if not orders_init(&self.table):
            raise MemoryError
        memset(self.counts, 0, sizeof(self.counts))

    def __dealloc__(self):
        cdef int side
        for side in range(2):
            free(self.ladders[side].depth)
            free(self.ladders[side].occupied)
            del self.far[side]
        free(self.table.slots)

    cdef void count(self, int anomaly) noexcept nogil:
        self.counts[anomaly] += 1

    # --- levels ---

    cdef int64_t tick_of(self, int64_t price) noexcept nogil:
        """Nearest tick, half up; counts prices that are off the tick."""
        cdef int64_t tick, rest
        # A multiplication instead of the division, where a double holds the price exactly; on a tick it is right.
        if -EXACT_IN_DOUBLE < price < EXACT_IN_DOUBLE:
            tick = <int64_t>(<double>price * self.ticks_per_unit + 0.5)
            if tick * self.tick_int == price:
                return tick
        tick = price // self.tick_int                    # C division: towards zero
        rest = price - tick * self.tick_int
        if rest == 0:
            return tick
        self.counts[OFF_TICK_PRICE] += 1
        if rest < 0:
            rest += self.tick_int
            tick -= 1
        return tick + 1 if rest >= self.tick_int - rest else tick

    cdef void change_depth(self, int side, int64_t tick, int64_t delta) noexcept nogil:
        cdef Ladder *ladder = &self.ladders[side]
        cdef int64_t slot = tick - self.base
        cdef int64_t depth
        if not self.placed:
            self.recentre(tick)
            slot = tick - self.base
        if 0 <= slot < self.n_slots:
            depth = ladder.depth[slot] + delta
            ladder.depth[slot] = depth
            if depth == delta:                           # was empty
                ladder.occupied[slot >> 6] |= <uint64_t>1 << (slot & 63)
            elif depth == 0:
                ladder.occupied[slot >> 6] &= ~(<uint64_t>1 << (slot & 63))
        else:
            depth = deref(self.far[side])[tick] + delta
            if depth == 0:
                self.far[side].erase(tick)
            else:
                deref(self.far[side])[tick] = depth
        if delta > 0:
            if (tick > ladder.best) if side == BID else (tick < ladder.best):
                ladder.best = tick
        elif depth == 0 and tick == ladder.best:
            ladder.best = self.next_worse(side, tick)

    cdef int64_t next_worse(self, int side, int64_t tick) noexcept nogil:
        """The next occupied tick strictly worse than ``tick`` (below for bids, above for asks)."""
        cdef uint64_t *occupied = self.ladders[side].occupied
        cdef int64_t found = NO_BID if side == BID else NO_ASK
        cdef int64_t n_words = self.n_slots >> 6
        cdef int64_t slot, word
        cdef uint64_t bits
        if side == BID:
            slot = tick - 1 - self.base
            if slot >= self.n_slots:
                slot = self.n_slots - 1
            if slot >= 0:
                word = slot >> 6
                bits = occupied[word] & (~<uint64_t>0 >> (63 - (slot & 63)))
                while bits == 0 and word > 0:
                    word -= 1
                    bits = occupied[word]
                if bits != 0:
                    found = self.base + (word << 6) + qm_highest_bit(bits)
        else:
            slot = tick + 1 - self.base
            if slot < 0:
                slot = 0
            if slot < self.n_slots:
                word = slot >> 6
                bits = occupied[word] & (~<uint64_t>0 << (slot & 63))
                while bits == 0 and word < n_words - 1:
                    word += 1
                    bits = occupied[word]
                if bits != 0:
                    found = self.base + (word << 6) + qm_lowest_bit(bits)
        if self.far[side].empty():
            return found
        cdef cpp_map[int64_t, int64_t].iterator it
        if side == BID:
            it = self.far[BID].lower_bound(tick)
            if it != self.far[BID].begin():
                predecrement(it)
                if deref(it).first > found:
                    found = deref(it).first
        else:
            it = self.far[ASK].upper_bound(tick)
            if it != self.far[ASK].end() and deref(it).first < found:
                found = deref(it).first
        return found

    cdef int64_t depth_at(self, int side, int64_t tick) noexcept nogil:
        cdef int64_t slot = tick - self.base
        cdef cpp_map[int64_t, int64_t].iterator it
        if 0 <= slot < self.n_slots:
            return self.ladders[side].depth[slot]
        if self.far[side].empty():
            return 0
        it = self.far[side].find(tick)
        return deref(it).second if it != self.far[side].end() else 0

    cdef int top_levels(self, int side, int n, int64_t *ticks, int64_t *quantities) noexcept nogil:
        """The best ``n`` occupied levels of a side, best first; returns how many there are."""
        cdef int64_t none = NO_BID if side == BID else NO_ASK
        cdef int64_t tick = self.ladders[side].best
        cdef int found = 0
        while tick != none and found < n:
            ticks[found] = tick
            quantities[found] = self.depth_at(side, tick)
            found += 1
            if found < n:
                tick = self.next_worse(side, tick)
        return found

    cdef bint touch(self, int64_t *bid, int64_t *ask) noexcept nogil:
        """Best bid and ask ticks; true where both are there and bid < ask."""
        bid[0] = self.ladders[BID].best
        ask[0] = self.ladders[ASK].best
        return bid[0] != NO_BID and ask[0] != NO_ASK and bid[0] < ask[0]

    cdef bint follow_touch(self) noexcept nogil:
        """Keep the window around a valid touch; true where the window has moved."""
        cdef int64_t bid, ask, mid, off
        if not self.touch(&bid, &ask):
            return False
        mid = bid + ((ask - bid) >> 1)
        off = mid - (self.base + (self.n_slots >> 1))
        if self.anchored and -(self.n_slots >> 2) <= off <= (self.n_slots >> 2):
            return False
        self.anchored = True
        if off == 0:
            return False
        self.recentre(mid)
        return True

    cdef void recentre(self, int64_t tick) noexcept nogil:
        """Move the window so that ``tick`` is its middle; no order and no depth is lost."""
        cdef cpp_map[int64_t, int64_t] levels
        cdef cpp_map[int64_t, int64_t].iterator it
        cdef Ladder *ladder
        cdef int64_t old_base = self.base
        cdef int64_t word, slot
        cdef uint64_t bits
        cdef int side
        self.base = tick - (self.n_slots >> 1)
        self.placed = True
        for side in range(2):
            ladder = &self.ladders[side]
            levels.swap(deref(self.far[side]))
            for word in range(self.n_slots >> 6):
                bits = ladder.occupied[word]
                while bits != 0:
                    slot = (word << 6) + qm_lowest_bit(bits)
                    bits &= bits - 1
                    levels[old_base + slot] = ladder.depth[slot]
                    ladder.depth[slot] = 0
                ladder.occupied[word] = 0
            it = levels.begin()
            while it != levels.end():
                slot = deref(it).first - self.base
                if 0 <= slot < self.n_slots:
                    ladder.depth[slot] = deref(it).second
                    ladder.occupied[slot >> 6] |= <uint64_t>1 << (slot & 63)
                else:
                    deref(self.far[side])[deref(it).first] = deref(it).second
                postincrement(it)
            levels.clear()

    cdef void clear(self) noexcept nogil:
        """Remove every order."""
        cdef int side
        orders_clear(&self.table)
        for side in range(2):
            memset(self.ladders[side].depth, 0, self.n_slots * sizeof(int64_t))
            memset(self.ladders[side].occupied, 0, (self.n_slots >> 6) * sizeof(uint64_t))
            self.far[side].clear()
        self.ladders[BID].best = NO_BID
        self.ladders[ASK].best = NO_ASK

    # --- records ---

    cdef int modify(self, Order *order, int64_t place, uint32_t size, int64_t event_id,
                    Effect *effects) noexcept nogil:
        """New absolute place and size of a known order. Returns the number of effects."""
        cdef int64_t old_tick = order.place >> 1
        cdef int old_side = order.place & 1
        cdef uint32_t old_size = order.size
        cdef int64_t pending = order.pending
        cdef int64_t change = <int64_t>size - old_size
        if size == 0:
            orders_remove(&self.table, order)
            self.change_depth(old_side, old_tick, -<int64_t>old_size)
            set_effect(effects, old_tick, 0, old_size - pending if old_size > pending else 0, 0, old_side,
                       -<double>old_size)
            return 1
        order.pending = 0
        order.size = size
        if place == order.place:
            if change > 0:
                order.priority = event_id
                self.change_depth(old_side, old_tick, change)
                set_effect(effects, old_tick, change, 0, 0, old_side, change)
            else:
                if change < 0:
                    self.change_depth(old_side, old_tick, change)
                set_effect(effects, old_tick, 0, -change - pending if -change > pending else 0, 0, old_side, change)
            return 1
        order.place = place
        order.priority = event_id
        self.change_depth(old_side, old_tick, -<int64_t>old_size)
        self.change_depth(place & 1, place >> 1, size)
        set_effect(effects, old_tick, 0, old_size - pending if old_size > pending else 0, 0, old_side,
                   -<double>old_size)
        set_effect(effects + 1, place >> 1, size, 0, 0, place & 1, size)
        return 2

    cdef int apply(self, const MboRecord *r, int64_t event_id, Effect *effects) noexcept nogil:
        """Apply one record other than R. Returns the number of effects, 0 to 2."""
        cdef Order *order
        cdef Order fresh
        cdef int64_t tick, removed
        cdef int side
        cdef uint32_t left
        cdef uint8_t action = r.action
        if action == c'A' or action == c'M':
            if r.price == UNDEF_PRICE:
                self.counts[UNDEFINED_PRICE] += 1
                return 0
            side = BID if r.side == c'B' else ASK if r.side == c'A' else -1
            order = orders_find(&self.table, r.order_id)
            if action == c'A':
                if side < 0:
                    self.counts[INVALID_SIDE] += 1
                    return 0
                if order != NULL:
                    self.counts[DUPLICATE_ADD] += 1
            elif order == NULL:
                self.counts[UNKNOWN_ORDER] += 1
                if side < 0:
                    self.counts[INVALID_SIDE] += 1
                    return 0
            if order != NULL:
                if side < 0:
                    side = order.place & 1
                return self.modify(order, (self.tick_of(r.price) << 1) | side, r.size, event_id, effects)
            if r.size == 0:
                if action == c'A':
                    self.counts[ZERO_SIZE_ADD] += 1
                return 0
            tick = self.tick_of(r.price)
            fresh.order_id, fresh.place, fresh.priority = r.order_id, (tick << 1) | side, event_id
            fresh.size, fresh.pending = r.size, 0
            orders_insert(&self.table, &fresh)
            self.change_depth(side, tick, r.size)
            set_effect(effects, tick, r.size, 0, 0, side, r.size)
            return 1
        if action == c'C':
            order = orders_find(&self.table, r.order_id)
            if order == NULL:
                self.counts[UNKNOWN_ORDER] += 1
                return 0
            removed = r.size
            if removed > order.size:
                self.counts[OVER_CANCEL] += 1
                removed = order.size
            tick = order.place >> 1
            side = order.place & 1
            left = order.pending if order.pending < removed else <uint32_t>removed    # settled fills
            set_effect(effects, tick, 0, removed - left, 0, side, -removed)
            if removed == order.size:
                orders_remove(&self.table, order)
            else:
                order.size -= <uint32_t>removed
                order.pending -= left
            if removed > 0:
                self.change_depth(side, tick, -removed)
            return 1
        if action == c'F':
            order = orders_find(&self.table, r.order_id)
            if order == NULL:
                self.counts[UNKNOWN_FILL] += 1
                return 0
            left = order.pending + r.size
            order.pending = left if left >= r.size else 0xFFFFFFFF
            set_effect(effects, order.place >> 1, 0, 0, r.size, BID, 0)
            return 1
        if action != c'T' and action != c'N':
            self.counts[UNKNOWN_ACTION] += 1
        return 0

    # --- Python door ---

    def apply_records(self, records not None):
        """Apply MBO records (structured array of ``qmcore.dbn.MBO_DTYPE``), book alone: no time, no groups.

        Returns the number of records applied.
        """
        cdef const unsigned char[::1] raw = np.ascontiguousarray(records).view(np.uint8)
        cdef int64_t n = raw.shape[0] // sizeof(MboRecord)
        cdef const MboRecord *r = <const MboRecord *>&raw[0] if n else NULL
        cdef Effect[2] effects
        cdef int64_t i
        with nogil:
            for i in range(n):
                if i + LOOK_AHEAD < n:
                    orders_expect(&self.table, r[i + LOOK_AHEAD].order_id)
                if r[i].action == c'R':
                    self.clear()
                else:
                    self.apply(&r[i], self.n_applied + i + 1, effects)
                if i & 63 == 0:                         # the window is a matter of speed
                    self.follow_touch()
            self.follow_touch()
        self.n_applied += n
        return n

    @property
    def order_count(self):
        """Live orders."""
        return self.table.n_orders

    @property
    def anchor_tick(self):
        """Middle of the window."""
        return self.base + (self.n_slots >> 1)

    @property
    def best_bid_tick(self):
        """Highest tick with bid depth, None without one."""
        return self.ladders[BID].best if self.ladders[BID].best != NO_BID else None

    @property
    def best_ask_tick(self):
        """Lowest tick with ask depth, None without one."""
        return self.ladders[ASK].best if self.ladders[ASK].best != NO_ASK else None

    def depth(self, int side, int64_t tick):
        """Quantity at ``tick``; side +1 bid, -1 ask."""
        return self.depth_at(BID if side > 0 else ASK, tick)

    def levels(self, int side, int n):
        """The best ``n`` levels as (tick, quantity), best first; side +1 bid, -1 ask."""
        ticks, quantities = np.empty(max(n, 1), np.int64), np.empty(max(n, 1), np.int64)
        cdef int64_t[::1] tick_view = ticks, quantity_view = quantities
        cdef int found = self.top_levels(BID if side > 0 else ASK, n, &tick_view[0], &quantity_view[0])
        return [(int(ticks[i]), int(quantities[i])) for i in range(found)]

    def orders(self):
        """Every live order, sorted by order id (``ORDER_DTYPE``; side +1 bid, -1 ask)."""
        out = np.empty(self.table.n_orders, ORDER_DTYPE)
        cdef const Order *slots = self.table.slots
        cdef uint64_t i
        rows = [
            (slots[i].order_id, slots[i].place >> 1, 1 - 2 * (slots[i].place & 1), slots[i].size, slots[i].pending,
             slots[i].priority)
            for i in range(self.table.mask + 1) if slots[i].size != 0
        ]
        out[:] = rows
        return out[np.argsort(out["order_id"])]

    def queue(self, int side, int64_t tick):
        """Order ids waiting at a level, first in the queue first; side +1 bid, -1 ask."""
        orders = self.orders()
        here = orders[(orders["side"] == (1 if side > 0 else -1)) & (orders["tick"] == tick)]
        return here["order_id"][np.argsort(here["priority"], kind="stable")].tolist()

    def counters(self):
        """Anomaly counters by name."""
        return {name: self.counts[i] for i, name in enumerate(COUNTER_NAMES)}

    def reanchor_to_bbo(self):
        """Put the window's middle at the touch. Called after every imported checkpoint."""
        cdef int64_t bid, ask
        if self.touch(&bid, &ask):
            self.recentre(bid + ((ask - bid) >> 1))
            self.anchored = True

    def export_state(self):
        """Orders and counters as arrays, for a checkpoint."""
        return {
            "orders": self.orders(),
            "counters": np.array([self.counts[i] for i in range(N_COUNTERS)], np.int64),
            "book_applied": np.array([self.n_applied], np.int64),
        }

    def import_state(self, state not None):
        """Replace the book by an exported one; depth follows from the orders."""
        cdef Order order
        cdef int i
        self.clear()
        for row in state["orders"]:
            order.order_id, order.size, order.pending = row["order_id"], row["size"], row["pending"]
            order.priority = row["priority"]
            order.place = 2 * int(row["tick"]) + (0 if row["side"] > 0 else 1)
            orders_insert(&self.table, &order)
            self.change_depth(order.place & 1, order.place >> 1, order.size)
        for i in range(N_COUNTERS):
            self.counts[i] = state["counters"][i]
        self.n_applied = state["book_applied"][0]
        self.reanchor_to_bbo()
