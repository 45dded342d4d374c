"""The records of a feed, from the lake: found, checked against the instrument lock, decoded in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

from qm_replay.cutting import Chunk, clocks_of
from qmcore.config.instrument import instrument_config_path, load_instrument
from qmcore.config.resolve import check_instrument
from qmcore.contracts.bus_messages import FeedRequest
from qmcore.dbn import DbnFile
from qmcore.lake import Lake


class RecordSource:
    """The file of one feed. Every error it raises is a ``BadInput`` with words for the user."""

    def __init__(self, lake_root: Path, request: FeedRequest) -> None:
        self._lake_root, self._request = lake_root, request
        self._clock_ns = 0
        self._coverage_ns: int | None = None

    @property
    def coverage_end_ns(self) -> int | None:
        """Up to where the file says that it is complete; None where it does not say."""
        return self._coverage_ns

    @property
    def last_ns(self) -> int:
        """Up to where there is something to play; final once all chunks were read."""
        return self._clock_ns if self._coverage_ns is None else self._coverage_ns

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """All records from the requested one on; the next chunk is decoded while this one is used."""
        decoding = self._decode()
        ahead = asyncio.ensure_future(asyncio.to_thread(next, decoding, None))
        try:
            while (chunk := await ahead) is not None:
                ahead = asyncio.ensure_future(asyncio.to_thread(next, decoding, None))
                yield chunk
        finally:
            await asyncio.wait([ahead])
            if not ahead.cancelled() and ahead.exception() is None:
                await asyncio.to_thread(decoding.close)

    def _decode(self) -> Generator[Chunk, None, None]:
        request = self._request
        if instrument_config_path(self._lake_root).exists():
            check_instrument(
                load_instrument(self._lake_root),
                product_type=request.product_type,
                symbol=request.symbol,
                source=f"session {request.session_id}",
            )
        path = Lake(self._lake_root).find_dbn(request.product_type, request.symbol_root, request.dt)
        file = DbnFile.open(path)
        self._coverage_ns = file.coverage_end_ns
        for batch in file.batches(request.symbol, first_index=request.first_event_index):
            if len(batch.records):
                clocks = clocks_of(batch.records, self._clock_ns)
                self._clock_ns = int(clocks[-1])
                yield Chunk(memoryview(batch.records.tobytes()), clocks, batch.first_index)
