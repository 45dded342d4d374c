"""A plain order book that believes nothing: it replays records and fails at the first one that cannot be.

Stricter than the engine, which must survive any file: this one proves that a simulated file has no anomaly.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

F_LAST, F_SNAPSHOT = 128, 32
UNDEF_PRICE = 2**63 - 1


@dataclass(slots=True)
class Order:
    side: str
    price: int
    size: int


@dataclass(slots=True)
class StrictBook:
    """Replay of one instrument. ``counts`` tells what kinds of records came after the snapshot."""

    tick_int: int
    start_ns: int
    orders: dict[int, Order] = field(default_factory=dict)
    queues: dict[tuple[str, int], dict[int, None]] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    spreads: Counter[int] = field(default_factory=Counter)
    touch: dict[str, int] = field(default_factory=dict)
    filled: dict[int, int] = field(default_factory=dict)
    traded: int = 0
    clock: int = 0
    received: int = 0
    sequence: int = 0
    open_group: int | None = None

    def replay(self, records: NDArray[np.void]) -> None:
        names = ("ts_event", "order_id", "price", "size", "flags", "action", "side", "ts_recv", "sequence")
        columns = [records[name].tolist() for name in names]
        for ts, oid, price, size, flags, action, side, received, sequence in zip(*columns, strict=True):
            if flags & F_SNAPSHOT:
                self._restore(ts, oid, price, size, chr(action), chr(side), received)
                continue
            self._check_time(ts, received, sequence)
            self._apply(chr(action), chr(side), oid, price, size)
            if flags & F_LAST:
                self._close_group()

    def depth(self, side: str, price: int) -> int:
        return sum(self.orders[oid].size for oid in self.queues.get((side, price), ()))

    def _restore(
        self, ts: int, oid: int, price: int, size: int, action: str, side: str, received: int
    ) -> None:
        assert received == self.start_ns
        assert ts < self.start_ns
        if action == "R":
            assert not self.orders
            assert price == UNDEF_PRICE
            assert side == "N"
            assert size == 0
            return
        assert action == "A"
        self._rest(oid, side, price, size)

    def _check_time(self, ts: int, received: int, sequence: int) -> None:
        assert ts >= self.clock, "the clock went back"
        assert received > ts
        assert received >= self.received
        assert sequence >= self.sequence
        assert self.open_group in (None, ts), "a group has one time"
        self.clock, self.received, self.sequence, self.open_group = ts, received, sequence, ts

    def _rest(self, oid: int, side: str, price: int, size: int) -> None:
        assert oid not in self.seen, "order ids are unique"
        assert side in "AB"
        assert size > 0
        assert price > 0
        assert price % self.tick_int == 0
        self.seen.add(oid)
        self.orders[oid] = Order(side, price, size)
        self._enqueue(oid)

    def _enqueue(self, oid: int) -> None:
        order = self.orders[oid]
        self.queues.setdefault((order.side, order.price), {})[oid] = None
        best = self.touch.get(order.side)
        if best is None or (order.price > best) == (order.side == "B"):
            self.touch[order.side] = order.price

    def _dequeue(self, oid: int) -> None:
        order = self.orders[oid]
        queue = self.queues[order.side, order.price]
        del queue[oid]
        if not queue:
            del self.queues[order.side, order.price]
            if self.touch[order.side] == order.price:
                prices = [price for side, price in self.queues if side == order.side]
                assert prices, "a side ran empty"
                self.touch[order.side] = max(prices) if order.side == "B" else min(prices)

    def _apply(self, action: str, side: str, oid: int, price: int, size: int) -> None:
        assert size > 0
        if action not in "TF":
            assert self.traded == 0, "fills must add up to their trade"
        if action == "A":
            self.counts["add"] += 1
            self._rest(oid, side, price, size)
        elif action == "T":
            assert self.traded == 0
            assert oid == 0
            assert side in "AB"
            self.counts["trade"] += 1
            self.traded = size
        elif action == "F":
            self._fill(self.orders[oid], oid, side, price, size)
        elif action == "C":
            self._cancel(self.orders[oid], oid, side, price, size)
        else:
            assert action == "M"
            self._modify(self.orders[oid], oid, side, price, size)

    def _fill(self, order: Order, oid: int, side: str, price: int, size: int) -> None:
        self.counts["fill"] += 1
        assert (side, price) == (order.side, order.price)
        assert oid not in self.filled
        ahead = next(waiting for waiting in self.queues[side, price] if waiting not in self.filled)
        assert ahead == oid, "first in, first out"
        assert size <= min(order.size, self.traded)
        self.filled[oid] = size
        self.traded -= size

    def _cancel(self, order: Order, oid: int, side: str, price: int, size: int) -> None:
        assert (side, price) == (order.side, order.price)
        assert size <= order.size
        fill = self.filled.pop(oid, 0)
        if fill:
            self.counts["cancel filled"] += 1
            assert size == fill == order.size
        else:
            self.counts["cancel whole" if size == order.size else "cancel part"] += 1
        if size == order.size:
            self._dequeue(oid)
            del self.orders[oid]
        else:
            order.size -= size

    def _modify(self, order: Order, oid: int, side: str, price: int, size: int) -> None:
        assert side == order.side
        assert price > 0
        assert price % self.tick_int == 0
        fill = self.filled.pop(oid, 0)
        if fill:
            self.counts["modify filled"] += 1
            assert (price, size) == (order.price, order.size - fill)
        elif price != order.price:
            self.counts["modify price"] += 1
        else:
            assert size != order.size
            self.counts["modify up" if size > order.size else "modify down"] += 1
        keeps_place = price == order.price and size <= order.size
        if not keeps_place:
            self._dequeue(oid)
        order.price, order.size = price, size
        if not keeps_place:
            self._enqueue(oid)

    def _close_group(self) -> None:
        assert not self.filled, "every fill is followed by its C or M"
        assert self.traded == 0
        self.open_group = None
        if len(self.touch) == 2:
            spread = self.touch["A"] - self.touch["B"]
            assert spread > 0, "the book crossed"
            self.spreads[spread // self.tick_int] += 1
