"""What flowed in a bin: trades by aggressor, and order-flow imbalance at the five best levels.

Guarantees: computed from the book's levels before and after each event group, nothing incremental.
For tests and for reading. Source: Cont, Kukanov, Stoikov, "The Price Impact of Order Book Events"
(2014), equation 2 and its multi-level form.
"""

from __future__ import annotations

import math
from typing import Final

from qmcore.reference.book import ASK, BID, ReferenceBook
from qmcore.reference.records import MboRecord
from qmcore.units import PRICE_SCALE, UNDEF_PRICE

LEVELS: Final = 5

Level = tuple[float, int]
"""(tick, quantity); a missing bid is (-inf, 0), a missing ask (+inf, 0)."""


def best_levels(book: ReferenceBook) -> list[tuple[Level, Level]]:
    """The five best (bid, ask) pairs of non-empty levels."""
    bids: list[Level] = [*book.levels(BID, LEVELS)]
    asks: list[Level] = [*book.levels(ASK, LEVELS)]
    bids += [(-math.inf, 0)] * (LEVELS - len(bids))
    asks += [(math.inf, 0)] * (LEVELS - len(asks))
    return list(zip(bids, asks, strict=True))


def imbalance(bid: Level, ask: Level, bid_before: Level, ask_before: Level) -> int:
    """Contribution of one event to order-flow imbalance, in contracts or shares: buying is positive."""
    (bid_price, bid_qty), (old_bid_price, old_bid_qty) = bid, bid_before
    (ask_price, ask_qty), (old_ask_price, old_ask_qty) = ask, ask_before
    return (
        (bid_price >= old_bid_price) * bid_qty
        - (bid_price <= old_bid_price) * old_bid_qty
        - (ask_price <= old_ask_price) * ask_qty
        + (ask_price >= old_ask_price) * old_ask_qty
    )


class ReferenceFlow:
    """Accumulates the flow of the present bin."""

    def __init__(self) -> None:
        self._reference = [((-math.inf, 0), (math.inf, 0))] * LEVELS
        self._start_bin()

    def _start_bin(self) -> None:
        self._trades: list[MboRecord] = []
        self._mlofi = [0] * LEVELS

    def trade(self, record: MboRecord) -> None:
        """Take a ``T`` record into the bin."""
        self._trades.append(record)

    def end_group(self, book: ReferenceBook, *, counts: bool) -> None:
        """Compare the levels with those before the group; one that does not count only resets them."""
        levels = best_levels(book)
        if counts:
            for m, (now, before) in enumerate(zip(levels, self._reference, strict=True)):
                self._mlofi[m] += imbalance(*now, *before)
        self._reference = levels

    def close_bin(self, book: ReferenceBook) -> dict[str, int | float]:
        """The flow columns of the bin that ends now; the next bin starts empty."""
        ((_, bid_qty), (_, ask_qty)), *_ = best_levels(book)
        priced = [t for t in self._trades if t.price != UNDEF_PRICE]
        volume = sum(t.size for t in priced)
        turnover = sum(t.price * t.size for t in priced)
        flow: dict[str, int | float] = {
            "best_bid_qty": bid_qty,
            "best_ask_qty": ask_qty,
            "trade_count": len(self._trades),
            "buy_volume": sum(t.size for t in self._trades if t.side == "B"),
            "sell_volume": sum(t.size for t in self._trades if t.side == "A"),
            "trade_vwap": turnover / (volume * PRICE_SCALE) if volume else 0.0,
            "ofi": self._mlofi[0],
        }
        flow |= {f"mlofi_{m}": value for m, value in enumerate(self._mlofi, start=1)}
        self._start_bin()
        return flow
