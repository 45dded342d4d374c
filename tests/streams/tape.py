"""A tape: MBO records written by hand, one call a record.

Guarantees: bytes exactly as ``qmcore.dbn.MBO_DTYPE``; nothing is validated, so that malformed streams
can be written too.
"""

from __future__ import annotations

from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from qmcore.dbn import MBO_DTYPE

TICK: Final = 250_000_000
"""Tick of all test instruments in units of 1e-9."""

UNDEFINED_PRICE: Final = 2**63 - 1
UNDEFINED_TIME: Final = 2**64 - 1
LAST, SNAPSHOT, MAYBE_BAD = 128, 32, 4


class Tape:
    """Records in file order. ``tick`` places a price on the grid; ``price`` states it in units of 1e-9.

    Time stands still unless ``at`` (absolute) or ``after`` (relative) moves it, in nanoseconds.
    """

    def __init__(self, start_ns: int = 0) -> None:
        self.now_ns = start_ns
        self._rows: list[tuple[int, ...]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def put(
        self,
        action: str,
        order_id: int = 0,
        side: str = "N",
        tick: int | None = None,
        size: int = 0,
        *,
        price: int | None = None,
        flags: int = LAST,
        at: int | None = None,
        after: int = 0,
    ) -> Self:
        """One record with everything said."""
        self.now_ns = self.now_ns + after if at is None else at
        if price is None:
            price = UNDEFINED_PRICE if tick is None else tick * TICK
        # Snapshot records carry their time in ts_recv; ts_event is then the order's own, long ago.
        ts_event = 7 if flags & SNAPSHOT else self.now_ns
        ts_recv = self.now_ns if flags & SNAPSHOT else 9
        head = (14, 0xA0, 1, 1, ts_event, order_id, price, size, flags, 0, ord(action), ord(side))
        self._rows.append((*head, ts_recv, 0, len(self._rows)))
        return self

    def add(
        self, order_id: int, side: str, tick: int, size: int, *, flags: int = LAST, after: int = 0
    ) -> Self:
        """A new order."""
        return self.put("A", order_id, side, tick, size, flags=flags, after=after)

    def modify(
        self, order_id: int, side: str, tick: int, size: int, *, flags: int = LAST, after: int = 0
    ) -> Self:
        """A new absolute price and size."""
        return self.put("M", order_id, side, tick, size, flags=flags, after=after)

    def cancel(self, order_id: int, size: int, *, flags: int = LAST, after: int = 0) -> Self:
        """A cancel of ``size``."""
        return self.put("C", order_id, "N", 0, size, flags=flags, after=after)

    def fill(self, order_id: int, size: int, *, flags: int = 0, after: int = 0) -> Self:
        """A fill, inside a group by default."""
        return self.put("F", order_id, "N", 0, size, flags=flags, after=after)

    def trade(self, side: str, tick: int, size: int, *, flags: int = 0, after: int = 0) -> Self:
        """A trade by its aggressor's side, inside a group by default."""
        return self.put("T", 0, side, tick, size, flags=flags, after=after)

    def clear(self, *, flags: int = LAST, after: int = 0) -> Self:
        """A clear of the whole book."""
        return self.put("R", flags=flags, after=after)

    def quiet(self, until_ns: int) -> Self:
        """A record without effect that moves the clock."""
        return self.put("N", at=until_ns)

    def records(self) -> NDArray[np.void]:
        """The tape as an array of ``MBO_DTYPE``, shape (n,)."""
        return np.array(self._rows, MBO_DTYPE)
