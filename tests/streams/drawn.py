"""Hypothesis strategies: event streams with every malformation that SPEC section 1 names.

Guarantees: streams shrink towards few, early, ordinary records. An event is a tuple of small choices;
``tape_of`` turns events into records, so a failing example prints as what it means.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.streams.tape import LAST, MAYBE_BAD, SNAPSHOT, TICK, UNDEFINED_PRICE, UNDEFINED_TIME, Tape

CENTRE_TICK: Final = 20_000
START_NS: Final = 1_715_175_000_000_000_000 - 10_000_000
"""Where tapes begin: 10 ms before the session of ``configs.small_config``."""

PASSIVE: Final = (1, 2, 2, 3, 3, 4, 5, 7)
"""Distances from the centre on the order's own side, in ticks."""

STRANGE_PRICES: Final = (
    UNDEFINED_PRICE,
    UNDEFINED_PRICE - 1,
    -(2**63),
    CENTRE_TICK * TICK + 1,
    CENTRE_TICK * TICK + TICK // 2,
    CENTRE_TICK * TICK + TICK // 2 - 1,
    CENTRE_TICK * TICK - 1,
    0,
    -3 * TICK,
    -3 * TICK - TICK // 2,
    *(
        (CENTRE_TICK + jump) * TICK
        for jump in (-3, 3, -120, 120, -300, 300, -90_000, 250_000, 400_000, -700_000)
    ),
)
STEPS_NS: Final = (0, 0, 0, 1, 700, 3_000_000, 40_000_000, 260_000_000)
STRANGE_STEPS_NS: Final = (-1, -2_000_000_000, 5_000_000_000, 3_600_000_000_000)
ORDER_IDS: Final = (*range(1, 10), 0, 2**64 - 1, 2**63)
SIZES: Final = (1, 2, 3, 5, 8, 40)
STRANGE_SIZES: Final = (0, 0, 2**31, 2**32 - 1)


class Event(NamedTuple):
    """One choice of the drawer. ``distance`` is from the centre on the own side; ``price`` overrides it."""

    kind: str
    order_id: int = 1
    side: str = "B"
    distance: int = 1
    size: int = 1
    flags: int = LAST
    step_ns: int = 0
    price: int | None = None
    undefined_time: bool = False


def choices_of(
    *,
    kind: str,
    side: str = "BA",
    distance: tuple[int, ...] = PASSIVE,
    size: tuple[int, ...] = SIZES,
    flags: tuple[int, ...] = (LAST,),
    step_ns: tuple[int, ...] = (0,),
    price: tuple[int | None, ...] = (None,),
    undefined_time: tuple[bool, ...] = (False,),
) -> st.SearchStrategy[Event]:
    """Events whose every field is one of the given choices."""
    choices = (kind, ORDER_IDS, side, distance, size, flags, step_ns, price, undefined_time)
    return st.tuples(*(st.sampled_from(c) for c in choices)).map(Event._make)


opening_orders: Final = choices_of(kind="A")
"""Orders of a book that is not crossed."""

ordinary_events: Final = choices_of(kind="AAAAMMCCCFX", flags=(LAST, LAST, LAST, 0), step_ns=STEPS_NS)
"""Adds, modifies, cancels, fills and whole trades (``X``) of a few orders around one price."""

strange_events: Final = choices_of(
    kind="AAAMMCFTNRSsX?",
    side="BANx",
    distance=(*PASSIVE, 0, -1, -4),
    size=(*SIZES, *STRANGE_SIZES),
    flags=(LAST, LAST, 0, LAST | SNAPSHOT, SNAPSHOT, LAST | MAYBE_BAD, MAYBE_BAD | SNAPSHOT),
    step_ns=(*STEPS_NS, *STRANGE_STEPS_NS),
    price=(None, None, *STRANGE_PRICES),
    undefined_time=(False, False, False, True),
)
"""Everything else, malformed values among them; ``S`` and ``s`` are snapshots with and without a clear."""


def price_of(event: Event) -> int:
    """The event's price in units of 1e-9: bids below the centre, asks above it."""
    if event.price is not None:
        return event.price
    return (CENTRE_TICK + (-event.distance if event.side == "B" else event.distance)) * TICK


def write(tape: Tape, event: Event) -> None:
    """Append the records that ``event`` stands for."""
    at = UNDEFINED_TIME if event.undefined_time else max(tape.now_ns + event.step_ns, 0)
    price, size, order_id = price_of(event), event.size, event.order_id
    resume_ns = tape.now_ns if event.undefined_time else at
    match event.kind:
        case "X":
            aggressor = "A" if event.side == "B" else "B"
            tape.put("T", 0, aggressor, price=price, size=size, flags=0, at=at)
            tape.put("F", order_id, event.side, price=price, size=size, flags=0)
            tape.put("C", order_id, event.side, price=price, size=size, flags=event.flags | LAST)
        case "S" | "s":
            if event.kind == "S":
                tape.put("R", flags=SNAPSHOT, at=at)
            for i in range(1, 1 + event.distance % 4):
                restored = CENTRE_TICK * TICK + (-i if i % 2 else i) * TICK
                flags = SNAPSHOT | (event.flags & LAST)
                tape.put("A", i, "B" if i % 2 else "A", price=restored, size=size, flags=flags, at=at)
        case kind:
            tape.put(kind, order_id, event.side, price=price, size=size, flags=event.flags, at=at)
    tape.now_ns = resume_ns


def records_of(events: list[Event]) -> NDArray[np.void]:
    """The records that ``events`` stand for."""
    tape = Tape(START_NS)
    for event in events:
        write(tape, event)
    return tape.records()


def records_of_a_day(night: list[Event], warmup: list[Event], session: list[Event]) -> NDArray[np.void]:
    """Records before the physics starts, before the session starts, and around its start."""
    tape = Tape(START_NS)
    for before_minutes, part in ((35, night), (20, warmup), (0, session)):
        tape.now_ns = START_NS - before_minutes * 60 * 1_000_000_000
        for event in part:
            write(tape, event)
    return tape.records()


def event_lists(min_events: int = 1, max_events: int = 60) -> st.SearchStrategy[list[Event]]:
    """An opening book, then ordinary events with strange ones among them."""
    events = st.one_of(ordinary_events, ordinary_events, ordinary_events, strange_events)
    body = st.lists(events, min_size=min_events, max_size=max_events)
    return st.tuples(st.lists(opening_orders, max_size=8), body).map(lambda parts: parts[0] + parts[1])


def days() -> st.SearchStrategy[NDArray[np.void]]:
    """Record arrays that reach from before the warm-up into the session of ``configs.small_config``."""
    before = event_lists(max_events=6)
    return st.builds(records_of_a_day, before, before, event_lists(min_events=20, max_events=90))


def streams(min_events: int = 1, max_events: int = 60) -> st.SearchStrategy[NDArray[np.void]]:
    """Record arrays of ``MBO_DTYPE``."""
    return event_lists(min_events, max_events).map(records_of)
