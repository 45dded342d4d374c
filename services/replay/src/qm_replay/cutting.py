"""Cutting an instrument's records into batches by their clock. Pure.

The clock of a record is the time that the engine's clock has after it: ``ts_recv`` of snapshot records, ``ts_event`` of
the others, never going backwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qmcore.contracts.bus_messages import BATCH_RECORDS, RECORD_BYTES

_SNAPSHOT: Final = 32
_UNDEFINED: Final = np.uint64(2**63 - 1)


def clocks_of(records: NDArray[np.void], before_ns: int) -> NDArray[np.int64]:
    """Clock of each record, shape (n,), int64 ns; ``before_ns`` is the clock before the first one."""
    times = np.where(records["flags"] & _SNAPSHOT, records["ts_recv"], records["ts_event"])
    times[times > _UNDEFINED] = 0
    clocks = times.astype(np.int64)
    np.maximum(clocks, before_ns, out=clocks)
    return np.maximum.accumulate(clocks)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive records: their bytes, their clocks (shape (n,), int64 ns) and the index of the first one."""

    data: memoryview
    clocks: NDArray[np.int64]
    first_index: int


@dataclass(frozen=True, slots=True)
class Piece:
    """The payload of one batch."""

    data: memoryview
    first_index: int
    count: int
    clock_ns: int
    """Clock of its last record."""


class Cutter:
    """Gives out the records of one chunk after the other, up to a time and a size."""

    def __init__(self, first_index: int) -> None:
        self._chunk = Chunk(memoryview(b""), np.empty(0, np.int64), first_index)
        self._at = 0

    @property
    def empty(self) -> bool:
        """Whether the chunk is used up."""
        return self._at >= len(self._chunk.clocks)

    @property
    def next_index(self) -> int:
        """Index of the next record."""
        return self._chunk.first_index + self._at

    @property
    def next_clock_ns(self) -> int | None:
        """Clock of the next record; None when the chunk is used up."""
        return None if self.empty else int(self._chunk.clocks[self._at])

    def load(self, chunk: Chunk) -> None:
        """Go on with ``chunk``. Raises ValueError unless it follows what was given out."""
        if not self.empty or chunk.first_index != self.next_index:
            raise ValueError(f"chunk at {chunk.first_index} does not follow record {self.next_index}")
        self._chunk, self._at = chunk, 0

    def take(self, limit_ns: int) -> Piece | None:
        """The next records before ``limit_ns``, at most a batch; None when there are none in this chunk."""
        stop = min(self._at + BATCH_RECORDS, len(self._chunk.clocks))
        if stop == self._at:
            return None
        if self._chunk.clocks[stop - 1] >= limit_ns:
            stop = self._at + int(np.searchsorted(self._chunk.clocks[self._at : stop], limit_ns, side="left"))
            if stop == self._at:
                return None
        piece = Piece(
            data=self._chunk.data[self._at * RECORD_BYTES : stop * RECORD_BYTES],
            first_index=self.next_index,
            count=stop - self._at,
            clock_ns=int(self._chunk.clocks[stop - 1]),
        )
        self._at = stop
        return piece
