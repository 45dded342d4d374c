"""The order book as a dictionary of live orders.

Guarantees: depth, levels, touch and queues are computed from the live orders each time they are asked
for, nothing is kept incrementally. For tests and for reading; ``qmcore.kernels.book`` is held to it.
Source of the record semantics: SPEC section 1 and Databento's MBO documentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qmcore.reference.records import F_MAYBE_BAD_BOOK, GroupClock, MboRecord, read_records
from qmcore.units import UNDEF_PRICE

BID: Final = 1
ASK: Final = -1
SIDES: Final = {"B": BID, "A": ASK}
PENDING_MAX: Final = 2**32 - 1

BOOK_COUNTERS: Final = (
    "unknown_order",
    "duplicate_add",
    "over_cancel",
    "unknown_fill",
    "zero_size_add",
    "off_tick_price",
    "undefined_price",
    "invalid_side",
    "unknown_action",
    "maybe_bad_book",
    "crossed_book",
)


class Effect(NamedTuple):
    """What a record does at one tick, in contracts or shares: three impulses and two signed depth changes."""

    tick: int
    add: int = 0
    pull: int = 0
    fill: int = 0
    d_bid: int = 0
    d_ask: int = 0


@dataclass(slots=True)
class Order:
    """A live order. ``priority`` is the event id that gave it its place in the queue."""

    order_id: int
    side: int
    tick: int
    size: int
    pending: int
    priority: int


def tick_of(price_int: int, tick_int: int) -> int:
    """The tick nearest to a price, half up; both in units of 1e-9, negative prices too."""
    return (2 * price_int + tick_int) // (2 * tick_int)


def _depth_change(tick: int, side: int, change: int, *, add: int = 0, pull: int = 0) -> Effect:
    if side == BID:
        return Effect(tick, add=add, pull=pull, d_bid=change)
    return Effect(tick, add=add, pull=pull, d_ask=change)


class ReferenceBook:
    """An L3 book of one instrument; ``tick_int`` is the width of a tick in units of 1e-9."""

    def __init__(self, tick_int: int) -> None:
        self.tick_int = tick_int
        self.orders: dict[int, Order] = {}
        self.last_event_id: dict[int, int] = {}
        self.suspect = False
        self._counts = dict.fromkeys(BOOK_COUNTERS, 0)
        self._resting: dict[int, dict[int, dict[int, Order]]] = {BID: {}, ASK: {}}
        self._clear_seen = False
        self._restored = False
        self._clock = GroupClock()
        self._records_seen = 0

    # -- records in ---------------------------------------------------------------------------

    def apply_records(self, records: NDArray[np.void]) -> None:
        """Apply rows of ``MBO_DTYPE`` and examine the book at the end of every group."""
        for record in read_records(records):
            if self._clock.observe(record):
                self.end_group(after_last=False)
            self._clock.join(record)
            self._records_seen += 1
            self.apply(record, self._records_seen)
            if record.is_last:
                self.end_group(after_last=True)

    def apply(self, record: MboRecord, event_id: int) -> tuple[Effect, ...]:
        """Apply one record, the ``event_id``-th of the instrument; returns what it did, tick by tick."""
        self._note_flags(record)
        match record.action:
            case "A":
                return self._add(record, event_id)
            case "M":
                return self._modify(record, event_id)
            case "C":
                return self._cancel(record, event_id)
            case "F":
                return self._fill(record, event_id)
            case "R":
                self._clear(event_id)
            case "T" | "N":
                pass
            case _:
                self._counts["unknown_action"] += 1
        return ()

    def end_group(self, *, after_last: bool) -> None:
        """Examine the book at a group's end; a crossed one counts only after F_LAST."""
        if self._restored:
            self.suspect = self._clear_seen = self._restored = False
        if not after_last:
            return
        bid, ask = self.best_tick(BID), self.best_tick(ASK)
        if bid is not None and ask is not None and bid >= ask:
            self._counts["crossed_book"] += 1

    def counters(self) -> dict[str, int]:
        """All anomaly counters by name, the clock's included when ``apply_records`` drives the book."""
        return self._counts | self._clock.counters()

    # -- the book, computed from live orders --------------------------------------------------

    def depth(self, side: int, tick: int) -> int:
        """Quantity that rests at a tick."""
        return sum(order.size for order in self._resting[side].get(tick, {}).values())

    def best_tick(self, side: int) -> int | None:
        """The highest bid or the lowest ask with depth, None where the side is empty."""
        ticks = self._resting[side]
        return (max(ticks) if side == BID else min(ticks)) if ticks else None

    def levels(self, side: int, n: int) -> list[tuple[int, int]]:
        """Up to ``n`` non-empty levels as (tick, quantity), best first."""
        best_first = sorted(self._resting[side], reverse=side == BID)
        return [(tick, self.depth(side, tick)) for tick in best_first[:n]]

    def queue(self, side: int, tick: int) -> list[int]:
        """Order ids at a level, first in the queue first."""
        orders = self._resting[side].get(tick, {}).values()
        return [order.order_id for order in sorted(orders, key=lambda order: order.priority)]

    def touch(self) -> tuple[int, int] | None:
        """(bid tick, ask tick) of a valid touch: both sides present and bid below ask."""
        bid, ask = self.best_tick(BID), self.best_tick(ASK)
        return (bid, ask) if bid is not None and ask is not None and bid < ask else None

    # -- one action each ----------------------------------------------------------------------

    def _note_flags(self, record: MboRecord) -> None:
        if record.flags & F_MAYBE_BAD_BOOK:
            self._counts["maybe_bad_book"] += 1
            self.suspect, self._clear_seen, self._restored = True, False, False
        if self.suspect and record.action == "R":
            self._clear_seen = True
        if self._clear_seen and record.is_snapshot:
            self._restored = True

    def _price_is_usable(self, record: MboRecord) -> bool:
        if record.price == UNDEF_PRICE:
            self._counts["undefined_price"] += 1
            return False
        return True

    def _tick(self, record: MboRecord) -> int:
        """The tick that an accepted add or modify states."""
        self._counts["off_tick_price"] += record.price % self.tick_int != 0
        return tick_of(record.price, self.tick_int)

    def _add(self, record: MboRecord, event_id: int) -> tuple[Effect, ...]:
        if not self._price_is_usable(record):
            return ()
        if record.side not in SIDES:
            self._counts["invalid_side"] += 1
            return ()
        if record.order_id in self.orders:
            self._counts["duplicate_add"] += 1
            return self._change(record, event_id)
        if record.size == 0:
            self._counts["zero_size_add"] += 1
            return ()
        return self._insert(record, event_id)

    def _modify(self, record: MboRecord, event_id: int) -> tuple[Effect, ...]:
        if not self._price_is_usable(record):
            return ()
        if record.order_id in self.orders:
            return self._change(record, event_id)
        self._counts["unknown_order"] += 1
        if record.side not in SIDES:
            self._counts["invalid_side"] += 1
            return ()
        return self._insert(record, event_id) if record.size > 0 else ()

    def _insert(self, record: MboRecord, event_id: int) -> tuple[Effect, ...]:
        side, tick = SIDES[record.side], self._tick(record)
        self._rest(Order(record.order_id, side, tick, record.size, pending=0, priority=event_id))
        self.last_event_id[tick] = event_id
        return (_depth_change(tick, side, record.size, add=record.size),)

    def _change(self, record: MboRecord, event_id: int) -> tuple[Effect, ...]:
        order, tick = self.orders[record.order_id], self._tick(record)
        if record.size == 0:
            return self._reduce(order, order.size, event_id)
        side = SIDES.get(record.side, order.side)
        if (tick, side) != (order.tick, order.side):
            return self._move(order, tick, side, record.size, event_id)
        change = record.size - order.size
        pull = max(-change - order.pending, 0)
        order.size, order.pending = record.size, 0
        if change > 0:
            order.priority = event_id
        self.last_event_id[tick] = event_id
        return (_depth_change(tick, side, change, add=max(change, 0), pull=pull),)

    def _move(self, order: Order, tick: int, side: int, size: int, event_id: int) -> tuple[Effect, ...]:
        self._lift(order)
        left = _depth_change(order.tick, order.side, -order.size, pull=max(order.size - order.pending, 0))
        self._rest(Order(order.order_id, side, tick, size, pending=0, priority=event_id))
        self.last_event_id[order.tick] = self.last_event_id[tick] = event_id
        return left, _depth_change(tick, side, size, add=size)

    def _cancel(self, record: MboRecord, event_id: int) -> tuple[Effect, ...]:
        order = self.orders.get(record.order_id)
        if order is None:
            self._counts["unknown_order"] += 1
            return ()
        self._counts["over_cancel"] += record.size > order.size
        return self._reduce(order, min(record.size, order.size), event_id)

    def _reduce(self, order: Order, removed: int, event_id: int) -> tuple[Effect, ...]:
        pull = max(removed - order.pending, 0)
        order.pending -= min(order.pending, removed)
        order.size -= removed
        if order.size == 0:
            self._lift(order)
        self.last_event_id[order.tick] = event_id
        return (_depth_change(order.tick, order.side, -removed, pull=pull),)

    def _fill(self, record: MboRecord, event_id: int) -> tuple[Effect, ...]:
        order = self.orders.get(record.order_id)
        if order is None:
            self._counts["unknown_fill"] += 1
            return ()
        order.pending = min(order.pending + record.size, PENDING_MAX)
        self.last_event_id[order.tick] = event_id
        return (Effect(order.tick, fill=record.size),)

    def _clear(self, event_id: int) -> None:
        for ticks in self._resting.values():
            self.last_event_id.update(dict.fromkeys(ticks, event_id))
            ticks.clear()
        self.orders.clear()

    def _rest(self, order: Order) -> None:
        self.orders[order.order_id] = order
        self._resting[order.side].setdefault(order.tick, {})[order.order_id] = order

    def _lift(self, order: Order) -> None:
        del self.orders[order.order_id]
        level = self._resting[order.side][order.tick]
        del level[order.order_id]
        if not level:
            del self._resting[order.side][order.tick]
