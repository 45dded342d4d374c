"""One pass over the records of a DBN stream: fill a buffer, keep the wanted records, go on.

Guarantees: the buffer is all the memory it takes; every fault is a DbnError with its byte offset, raised
after the records before it were handed out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qmcore.dbn.layout import MAX_RECORD_BYTES, MBO_BYTES, MBO_DTYPE
from qmcore.dbn.source import ByteSource
from qmcore.dbn.symbology import Interval, LiveSymbology, wanted_arrays
from qmcore.errors import DbnError
from qmcore.kernels.records import RecordFilter, StopReason

_PROBLEMS: Final = {
    StopReason.SHORT_LENGTH: "a record whose length byte is shorter than its header",
    StopReason.MBO_LENGTH: "an MBO record of a wrong length",
    StopReason.NOT_ORDERS: "its flags (F_TOB, F_MBP) say top-of-book / MBP records, not order events",
}


class RecordStream:
    """The records of ``source`` (which stands at the first one) that lie in ``wanted``.

    With ``live`` the mappings in the stream decide instead: those of ``symbol``, as they stand at the time.
    """

    def __init__(
        self,
        source: ByteSource,
        wanted: list[Interval],
        *,
        live: LiveSymbology | None = None,
        symbol: str = "",
    ) -> None:
        self._source = source
        self._filter = RecordFilter(*wanted_arrays(wanted))
        self._live, self._symbol = live, symbol

    @property
    def matched(self) -> int:
        """Wanted records so far, the skipped ones included."""
        return self._filter.matched

    def chunks(self, *, skip: int, chunk_records: int) -> Iterator[NDArray[np.void]]:
        """Runs of wanted records after the first ``skip``: views of one buffer, valid until the next one."""
        capacity = max(chunk_records * MBO_BYTES, 2 * MAX_RECORD_BYTES)
        buffer = np.empty(capacity, np.uint8)
        view = buffer.data
        held, end = 0, capacity
        while end == capacity:
            end = held + self._source.fill(view[held:])
            base = self._source.position - end  # where buffer[0] lies in the stream
            at, kept, stop = self._compact(buffer, end, base, skip)
            yield buffer[:kept].view(MBO_DTYPE)
            if stop is not StopReason.NEED_MORE:
                raise self._error(_PROBLEMS[stop], base + at)
            held = end - at
            buffer[:held] = buffer[at:end].copy()
        if held:
            raise self._error("truncated: the file ends inside a record", self._source.position - held)
        if self._filter.other_records and not self._filter.order_records:
            others = self._filter.other_records
            raise self._error(
                f"this file holds no mbo records but {others} of other schemas, only mbo can be used", None
            )

    def _compact(
        self, buffer: NDArray[np.uint8], end: int, base: int, skip: int
    ) -> tuple[int, int, StopReason]:
        """Keep the wanted records of ``buffer[:end]``, minding the mappings between them."""
        at, kept = 0, 0
        while True:
            at, kept, stop = self._filter.compact(buffer, at, end, kept, skip, self._live is not None)
            if stop is not StopReason.AT_MAPPING or self._live is None:
                return at, kept, stop
            length = 4 * int(buffer[at])
            self._live.observe(buffer[at : at + length].tobytes(), base + at)
            self._filter.want(*wanted_arrays(self._live.intervals(self._symbol)))
            at += length

    def _error(self, problem: str, offset: int | None) -> DbnError:
        return DbnError(path=self._source.path, problem=problem, offset=offset)
