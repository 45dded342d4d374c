"""How trades on a signal end: crossings, then the first passage of take-profit or stop-loss (SPEC section 11).

Guarantees: a trade looks at no bin after its exit and at no price inside a bin; bins without a valid touch are
neither traded in nor looked at; equal signals at a bin have one result, whatever else is traded. Rules:

* A signal is a value at or beyond +threshold (up) or -threshold (down) where the bin before was neutral or opposite.
  None counts before ``warmup_bins``, nor in the ``cooldown_bins`` after one; a crossing missed so stays missed.
  In bins without a valid touch the signal stands still. Trades may overlap.
* Entry at the first valid bin ``latency_bins`` or more after the signal, at the mid or at the touch (up buys the ask).
* Watched is the price at which the entry's mode would close: the mid, or the opposite touch (up sells to the bid).
  From the bin after the entry on, take-profit ``tp_ticks`` beyond the entry price fills at its limit; stop-loss
  ``sl_ticks`` against it fills at the touch, however far that has gone. Where the mid stands at the take-profit while
  the touch to close at stands at the stop (a spread wider than the two), both were met: stop-loss.
* Neither within ``max_hold_bins`` bins of the entry: timeout, at mid or touch, in the first valid bin from there on.
  The end of the data closes like a timeout in the last valid bin. Where no bin is left to close in there is no trade.
* gross: at these prices. net: less ``fee_ticks`` once a trade and ``slippage_ticks`` for each fill that takes
  liquidity (the entry, stop-loss and timeout; not the take-profit).

Plain twin: ``qmcore.reference.first_passage``.
"""

cimport cython
from libc.math cimport INFINITY
from libcpp.vector cimport vector

import numpy as np

NO_TRADE = 0
TAKE_PROFIT = 1
STOP_LOSS = 2
TIMEOUT = 3
UP = 1
DOWN = -1

TRADE_DTYPE = np.dtype([
    ("signal_bin", "<i4"), ("entry_bin", "<i4"), ("exit_bin", "<i4"), ("direction", "i1"), ("outcome", "i1"),
    ("gross_ticks", "<f8"), ("net_ticks", "<f8"),
])

cdef enum:
    BLOCK = 64
    BID = 0
    ASK = 1
    MID = 2
    UNRESOLVED = -1
    NOTHING = 0
    PROFIT = 1
    LOSS = 2
    EXPIRED = 3


@cython.final
cdef class TouchPath:
    """Bid, ask and mid of every bin in ticks, with what it takes to search them. Never changes.

    best_bid_price_int, best_ask_price_int: shape (n,) int64, 1e-9 of price. mid_price: shape (n,) float64; 0 marks a
    bin without a valid touch. tick_int: the tick in 1e-9 of price. Raises ValueError where they do not fit together.
    """

    def __init__(
        self,
        const long long[::1] best_bid_price_int not None,
        const long long[::1] best_ask_price_int not None,
        const double[::1] mid_price not None,
        long long tick_int,
    ):
        cdef Py_ssize_t n = mid_price.shape[0]
        if best_bid_price_int.shape[0] != n or best_ask_price_int.shape[0] != n:
            raise ValueError(f"bid, ask and mid must be of one length, got {best_bid_price_int.shape[0]}, "
                             f"{best_ask_price_int.shape[0]} and {n} bins")
        if not 0 < n < 1 << 31:
            raise ValueError(f"a market has 1 to 2**31 - 1 bins, got {n}")
        if tick_int <= 0:
            raise ValueError(f"tick_int must be above 0, got {tick_int}")
        cdef double[:, ::1] prices = np.full((3, n), np.nan)
        cdef Py_ssize_t i
        for i in range(n):
            if mid_price[i] != 0.0:
                if best_bid_price_int[i] >= best_ask_price_int[i]:
                    raise ValueError(f"bin {i} has a mid but no valid touch: bid {best_bid_price_int[i]}, "
                                     f"ask {best_ask_price_int[i]}")
                prices[BID, i] = best_bid_price_int[i] / <double>tick_int
                prices[ASK, i] = best_ask_price_int[i] / <double>tick_int
                prices[MID, i] = 0.5 * (prices[BID, i] + prices[ASK, i])
        self.n_bins = n
        self.bid_ticks, self.ask_ticks, self.mid_ticks = np.asarray(prices)
        for array in (self.bid_ticks, self.ask_ticks, self.mid_ticks):
            array.flags.writeable = False
        for i in range(3):
            self.price[i] = &prices[i, 0]
        self._index_blocks(prices)
        self._index_valid()

    def _index_blocks(self, const double[:, ::1] prices):
        padded = np.full((3, (self.n_bins + BLOCK - 1) // BLOCK * BLOCK), np.nan)
        padded[:, :self.n_bins] = prices
        blocks = padded.reshape(3, -1, BLOCK)
        self.block_high = np.where(np.isnan(blocks), -np.inf, blocks).max(axis=2)
        self.block_low = np.where(np.isnan(blocks), np.inf, blocks).min(axis=2)

    def _index_valid(self):
        bins = np.arange(self.n_bins, dtype=np.int32)
        valid = ~np.isnan(self.mid_ticks)
        self.last_valid = np.maximum.accumulate(np.where(valid, bins, np.int32(-1)))
        later = np.where(valid, bins, np.int32(self.n_bins))
        self.next_valid = np.ascontiguousarray(np.minimum.accumulate(later[::-1])[::-1])

    cdef Py_ssize_t first_outside(
        self, int series, Py_ssize_t start, Py_ssize_t stop, double low, double high
    ) noexcept nogil:
        """First bin of [start, stop) whose price is <= low or >= high; stop where there is none."""
        cdef const double *price = self.price[series]
        cdef Py_ssize_t i = start
        cdef Py_ssize_t block, end
        while i < stop:
            block = i // BLOCK
            if i % BLOCK == 0 and self.block_high[series, block] < high and self.block_low[series, block] > low:
                i += BLOCK
                continue
            end = min(stop, (block + 1) * BLOCK)
            while i < end:
                if price[i] >= high or price[i] <= low:
                    return i
                i += 1
        return stop


@cython.final
cdef class FirstPassage:
    """The results of signals in one market under one set of rules; what was worked out once is kept.

    ``rules``: an object with the fields tp_ticks, sl_ticks (> 0), max_hold_bins (>= 1), latency_bins (>= 0),
    entry ("mid" or "touch"), fee_ticks and slippage_ticks. Raises ValueError where one is out of range.
    Not to be shared between threads.
    """

    def __init__(self, TouchPath path not None, rules not None):
        self.path = path
        self.tp, self.sl = rules.tp_ticks, rules.sl_ticks
        self.fee, self.slippage = rules.fee_ticks, rules.slippage_ticks
        self.max_hold, self.latency = rules.max_hold_bins, rules.latency_bins
        if not (0 < self.tp < INFINITY and 0 < self.sl < INFINITY):
            raise ValueError(f"tp_ticks and sl_ticks must be above 0, got {self.tp:g} and {self.sl:g}")
        if not (0 <= self.fee < INFINITY and 0 <= self.slippage < INFINITY):
            raise ValueError(f"fee_ticks and slippage_ticks must be 0 or more, got {self.fee:g} and {self.slippage:g}")
        if self.max_hold < 1 or self.latency < 0:
            raise ValueError(f"max_hold_bins must be >= 1 and latency_bins >= 0, got {self.max_hold} "
                             f"and {self.latency}")
        if rules.entry not in ("mid", "touch"):
            raise ValueError(f"entry must be 'mid' or 'touch', got {rules.entry!r}")
        self.at_touch = rules.entry == "touch"
        outcomes = np.zeros((2, path.n_bins), TRADE_DTYPE)
        outcomes["outcome"] = UNRESOLVED
        self.outcomes = outcomes
        self.trades = outcomes
        self.inside_end[0] = self.inside_end[1] = 0

    cdef void resolve(self, TouchPath path, Py_ssize_t bin, int row) noexcept nogil:
        """Work out the trade of a signal at ``bin``, up (row 0) or down (row 1)."""
        cdef Trade *trade = &self.trades[row, bin]
        cdef double sign = -1.0 if row else 1.0
        cdef int away = BID if row else ASK               # the touch that an entry takes
        cdef int home = ASK if row else BID               # the touch that an exit takes
        cdef int watched = home if self.at_touch else MID
        cdef Py_ssize_t n = path.n_bins
        cdef Py_ssize_t entry, last, at
        cdef double price, moved, low, high
        trade.signal_bin = <int32_t>bin
        trade.direction = -1 if row else 1
        trade.outcome = NOTHING
        if self.latency >= n - bin:
            return
        entry = path.next_valid[bin + self.latency]
        if entry >= n - 1 or path.last_valid[n - 1] <= entry:
            return
        price = path.price[away if self.at_touch else MID][entry]
        last = n - 1 if self.max_hold > n - 1 - entry else entry + self.max_hold
        low, high = (price - self.tp, price + self.sl) if row else (price - self.sl, price + self.tp)
        at = entry + 1
        # Neighbours enter at one price most of the time: then the search goes on where the last one ended.
        if price == self.inside_price[row] and self.inside_first[row] <= at < self.inside_end[row]:
            at = self.inside_end[row]
        else:
            self.inside_price[row], self.inside_first[row] = price, at
        at = path.first_outside(watched, min(at, last + 1), last + 1, low, high)
        self.inside_end[row] = at
        if at > last:
            at = path.next_valid[last]
            if at == n:
                at = path.last_valid[n - 1]
            trade.outcome = EXPIRED
            trade.gross_ticks = sign * (path.price[watched][at] - price)
        else:
            moved = sign * (path.price[home][at] - price)
            if sign * (path.price[watched][at] - price) <= -self.sl or moved <= -self.sl:
                trade.outcome = LOSS
                trade.gross_ticks = moved
            else:
                trade.outcome = PROFIT
                trade.gross_ticks = self.tp
        trade.entry_bin = <int32_t>entry
        trade.exit_bin = <int32_t>at
        trade.net_ticks = trade.gross_ticks - self.fee - self.slippage * (1 if trade.outcome == PROFIT else 2)

    def table(self):
        """The trade of a signal at every bin: shape (2, n) TRADE_DTYPE, [0] up and [1] down. Read-only.

        ``outcome`` is NO_TRADE where the data end before the trade can be opened and closed.
        """
        cdef TouchPath path = self.path
        cdef Py_ssize_t i
        cdef int row
        with nogil:
            for row in range(2):
                for i in range(path.n_bins):
                    if self.trades[row, i].outcome == UNRESOLVED:
                        self.resolve(path, i, row)
        view = self.outcomes.view()
        view.flags.writeable = False
        return view

    def trades_on(
        self, const double[::1] values not None, thresholds, Py_ssize_t warmup_bins, Py_ssize_t cooldown_bins
    ):
        """The trades on a signal's crossings, one array of TRADE_DTYPE for each of ``thresholds``, in order of time.

        values: shape (n,) float64, the signal at each bin's end, finite. thresholds: finite numbers above 0.
        """
        cdef Py_ssize_t n = self.path.n_bins
        if values.shape[0] != n:
            raise ValueError(f"the signal has {values.shape[0]} values, but the market {n} bins")
        if not np.isfinite(values).all():
            raise ValueError(f"the signal is not finite at bin {int(np.argmin(np.isfinite(values)))}")
        if warmup_bins < 0 or cooldown_bins < 0:
            raise ValueError(f"warmup_bins and cooldown_bins must be >= 0, got {warmup_bins} and {cooldown_bins}")
        for threshold in thresholds:
            if not 0 < threshold < INFINITY:
                raise ValueError(f"a threshold must be above 0 and finite, got {threshold!r}")
        return [self._trades_beyond(values, threshold, warmup_bins, cooldown_bins) for threshold in thresholds]

    def _trades_beyond(
        self, const double[::1] values, double threshold, Py_ssize_t warmup_bins, Py_ssize_t cooldown_bins
    ):
        cdef TouchPath path = self.path
        cdef const double *mid = path.price[MID]
        cdef vector[Trade] found
        cdef Py_ssize_t ready = warmup_bins               # the first bin at which a signal may count
        cdef Py_ssize_t i
        cdef int state = 0
        cdef int now, row
        with nogil:
            for i in range(path.n_bins):
                now = (values[i] >= threshold) - (values[i] <= -threshold)
                if now == state or mid[i] != mid[i]:
                    continue
                state = now
                if now == 0 or i < ready:
                    continue
                row = 0 if now > 0 else 1
                if self.trades[row, i].outcome == UNRESOLVED:
                    self.resolve(path, i, row)
                if self.trades[row, i].outcome != NOTHING:
                    found.push_back(self.trades[row, i])
                ready = i + cooldown_bins + 1
        trades = np.empty(found.size(), TRADE_DTYPE)
        cdef Trade[::1] out = trades
        for i in range(<Py_ssize_t>found.size()):
            out[i] = found[i]
        return trades


def evaluate(values, TouchPath path not None, thresholds, params not None):
    """The trades on a signal at each threshold: ``FirstPassage(path, params).trades_on`` in one call.

    ``params`` has the fields of ``FirstPassage``'s rules, and warmup_bins and cooldown_bins.
    """
    return FirstPassage(path, params).trades_on(values, thresholds, params.warmup_bins, params.cooldown_bins)
