"""MBO records as plain tuples, and the clock that cuts them into event groups.

Guarantees: one ``MboRecord`` per row, fields unchanged; all records of a group share one time; the
clock never goes backwards. For tests and for reading; the kernels read the raw bytes instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

INT64_MAX: Final = 2**63 - 1

F_LAST: Final = 128
F_SNAPSHOT: Final = 32
F_MAYBE_BAD_BOOK: Final = 4


class MboRecord(NamedTuple):
    """The fields of one 56-byte MBO record that the book looks at."""

    ts_event: int
    order_id: int
    price: int
    size: int
    flags: int
    action: str
    side: str
    ts_recv: int

    @property
    def is_snapshot(self) -> bool:
        """True where the record restores earlier state."""
        return bool(self.flags & F_SNAPSHOT)

    @property
    def is_last(self) -> bool:
        """True where the record ends its event group."""
        return bool(self.flags & F_LAST)

    @property
    def stated_ns(self) -> int:
        """The time that the record itself states, before the clock is asked."""
        return self.ts_recv if self.is_snapshot else self.ts_event


def read_records(records: NDArray[np.void]) -> Iterator[MboRecord]:
    """Rows of a ``qmcore.dbn.MBO_DTYPE`` array, in order."""
    columns: list[list[Any]] = [records[name].tolist() for name in MboRecord._fields]
    for ts_event, order_id, price, size, flags, action, side, ts_recv in zip(*columns, strict=True):
        yield MboRecord(ts_event, order_id, price, size, flags, chr(action), chr(side), ts_recv)


class GroupClock:
    """The event clock and the event groups.

    A record's time is ``ts_recv`` under F_SNAPSHOT, else ``ts_event``. Where that is undefined or behind,
    the clock holds. A group ends after F_LAST, or before a record at which the clock advances or the
    snapshot flag changes (``unterminated_groups``).
    """

    def __init__(self) -> None:
        self.now_ns = 0
        self.clock_clamps = 0
        self.unterminated_groups = 0
        self.group_is_open = False
        self._snapshot = False

    def observe(self, record: MboRecord) -> bool:
        """Move the clock to ``record``; True where the group that was open ends before it."""
        advances = self.now_ns < record.stated_ns <= INT64_MAX
        if advances:
            self.now_ns = record.stated_ns
        cut = self.group_is_open and (advances or record.is_snapshot != self._snapshot)
        if cut:
            self._cut()
        return cut

    def join(self, record: MboRecord) -> None:
        """``record``, observed before, belongs to the group that is open now, or opens one."""
        self.clock_clamps += record.stated_ns != self.now_ns
        self.group_is_open = not record.is_last
        self._snapshot = record.is_snapshot

    def _cut(self) -> None:
        self.group_is_open = False
        self.unterminated_groups += 1

    def end_of_file(self) -> bool:
        """There are no further records; True where a group was still open, which ends now."""
        cut = self.group_is_open
        if cut:
            self._cut()
        return cut

    def counters(self) -> dict[str, int]:
        """The clock's anomaly counters by name."""
        return {"clock_clamps": self.clock_clamps, "unterminated_groups": self.unterminated_groups}
