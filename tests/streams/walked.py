"""A market walked from a seed: long streams, mostly well-formed, whose price wanders far.

Guarantees: the same seed gives the same records. The walker keeps a naive list of live orders only to
pick targets; it is no oracle.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tests.streams.drawn import CENTRE_TICK, START_NS, STRANGE_PRICES, Event, write
from tests.streams.tape import LAST, MAYBE_BAD, SNAPSHOT, TICK, UNDEFINED_PRICE, Tape


@dataclass
class Walk:
    """State of the walk. ``mess`` is the share of malformed records, ``jump`` the odds of a price jump."""

    seed: int
    mess: float = 0.02
    jump: float = 0.002
    mean_step_ns: int = 4_000_000
    tape: Tape = field(default_factory=lambda: Tape(START_NS))
    centre: int = CENTRE_TICK
    orders: dict[int, tuple[str, int, int]] = field(default_factory=dict)
    next_id: int = 1

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def run(self, n: int) -> NDArray[np.void]:
        """At least ``n`` records."""
        while len(self.tape) < n:
            self._step()
        return self.tape.records()

    def _step(self) -> None:
        draw = self.random
        step_ns = int(draw.expovariate(1 / self.mean_step_ns)) if draw.random() < 0.7 else 0
        if draw.random() < self.jump:
            self._move(draw.choice((-1500, -300, -40, 40, 300, 1500)), leave_behind=0.2)
        elif draw.random() < 0.05:
            self._move(draw.choice((-1, 1)), leave_behind=1.0)
        if draw.random() < self.mess:
            self._mess(step_ns)
        elif len(self.orders) < 30 or draw.random() < 0.45:
            self._add(step_ns)
        else:
            self._touch_one(step_ns)

    def _place(self) -> tuple[str, int]:
        side = self.random.choice("BA")
        distance = 1 + int(self.random.expovariate(0.4))
        return side, self.centre - distance if side == "B" else self.centre + distance

    def _add(self, step_ns: int) -> None:
        side, tick = self._place()
        size = 1 + int(self.random.expovariate(0.2))
        self.tape.add(self.next_id, side, tick, size, after=step_ns)
        self.orders[self.next_id] = (side, tick, size)
        self.next_id += 1

    def _touch_one(self, step_ns: int) -> None:
        draw = self.random
        order_id = draw.choice(list(self.orders))
        side, tick, size = self.orders[order_id]
        part = draw.randint(1, size)
        match draw.choice("CCCMMmX"):
            case "C":
                self.tape.cancel(order_id, part, after=step_ns)
                self._shrink(order_id, part)
            case "M":
                self.tape.modify(order_id, side, tick, new := draw.randint(1, 2 * size), after=step_ns)
                self.orders[order_id] = (side, tick, new)
            case "m":
                new_tick = (
                    self.centre - draw.randint(1, 6) if side == "B" else self.centre + draw.randint(1, 6)
                )
                self.tape.modify(order_id, side, new_tick, size, after=step_ns)
                self.orders[order_id] = (side, new_tick, size)
            case _:
                self._trade(order_id, part, step_ns)

    def _shrink(self, order_id: int, part: int) -> None:
        side, tick, size = self.orders[order_id]
        if part >= size:
            del self.orders[order_id]
        else:
            self.orders[order_id] = (side, tick, size - part)

    def _move(self, ticks: int, leave_behind: float) -> None:
        """The market moves: what is in the way trades, of the rest only a share stays."""
        self.centre += ticks
        for order_id in list(self.orders):
            side, tick, size = self.orders[order_id]
            if tick >= self.centre if side == "B" else tick <= self.centre:
                self._trade(order_id, size, step_ns=0)
            elif self.random.random() >= leave_behind:
                self.tape.cancel(order_id, size)
                del self.orders[order_id]

    def _trade(self, order_id: int, part: int, step_ns: int) -> None:
        side, tick, _ = self.orders[order_id]
        self.tape.trade("A" if side == "B" else "B", tick, part, after=step_ns)
        self.tape.fill(order_id, part)
        self.tape.cancel(order_id, part)
        self._shrink(order_id, part)

    def _mess(self, step_ns: int) -> None:
        draw = self.random
        flags = (LAST, LAST, 0, 0, SNAPSHOT, LAST | SNAPSHOT, LAST | MAYBE_BAD)
        kind = draw.choice("AMCFTNS?AMCFs")
        clears = draw.random() < 0.05
        event = Event(
            kind="R" if clears else kind,
            order_id=draw.choice((0, 2**64 - 1, draw.randint(1, self.next_id + 3))),
            side=draw.choice("BANx"),
            distance=draw.randint(-4, 9),
            size=draw.choice((0, 1, 3, 9, 2**32 - 1) if kind in "CF" else (0, 1, 3, 9)),
            flags=draw.choice(flags),
            step_ns=draw.choice((step_ns, -5_000_000, 0)),
            price=draw.choice((None, UNDEFINED_PRICE, self.centre * TICK + 7, *STRANGE_PRICES)),
            undefined_time=draw.random() < 0.05,
        )
        write(self.tape, event)
        if draw.random() < 0.8:  # so that the book does not stay crossed for the rest of the walk
            self.tape.cancel(event.order_id, 2**32 - 1)
            self.orders.pop(event.order_id, None)


def walk(seed: int, n: int, **knobs: float) -> NDArray[np.void]:
    """``n`` or a few more records of the market of ``seed``; knobs are the fields of ``Walk``."""
    return Walk(seed, **knobs).run(n)  # type: ignore[arg-type]
