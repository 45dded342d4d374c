"""``GET /v1/sessions/{id}/bins``: past bins as one Arrow stream, to scroll back.

One record batch a bin; its rows are the grid's, and in front of them every bin column of ``BIN_COLUMNS`` is repeated,
so that any Arrow reader knows which bin and which spot a row belongs to.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Final

import numpy as np
import pyarrow as pa
from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from typing_extensions import Buffer

from qm_gateway.sessions_api import PROBLEMS, Services, status_of_session
from qmcore.bus import Bus, Delivered, StreamReader, last_sequence
from qmcore.config.runtime import RuntimeConfig
from qmcore.contracts.bus_messages import GRID_KIND_HEADER, GridKind
from qmcore.contracts.columns import ARROW_TYPES, BIN_COLUMNS, arrow_schema
from qmcore.contracts.frames import read_message
from qmcore.contracts.problems import Problem
from qmcore.contracts.subjects import grid_bin_seq, grid_sequence, grid_stream
from qmcore.errors import NotFound, OptionError, Unavailable

BINS_AT_ONCE: Final = 32
PATIENCE_S: Final = 10.0
ARROW_STREAM: Final = "application/vnd.apache.arrow.stream"

router = APIRouter(prefix="/v1", tags=["sessions"])


class _Sink(io.RawIOBase):
    """Collects what is written until it is taken."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, data: Buffer, /) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._position += len(piece)
        return len(piece)

    def take(self) -> bytes:
        """Everything since the last call."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


class BinStreamWriter:
    """The Arrow stream of several bins, piece by piece. Not for several threads at once."""

    def __init__(self, config: RuntimeConfig) -> None:
        self._columns, self._rows = config.stream_schema.resolve(), config.rows
        self._schema = arrow_schema((*BIN_COLUMNS, *self._columns))
        self._sink = _Sink()
        self._stream = pa.ipc.new_stream(self._sink, self._schema)

    def write(self, messages: Sequence[bytes]) -> bytes:
        """The stream's next bytes, with the bins of these grid messages in them. Raises CorruptData."""
        for message in messages:
            update, grid = read_message(message, self._columns, self._rows, "a stored bin")
            identity = [
                pa.array(np.full(grid.num_rows, getattr(update, c.name)), ARROW_TYPES[c.dtype])
                for c in BIN_COLUMNS
            ]
            self._stream.write_batch(pa.record_batch([*identity, *grid.columns], schema=self._schema))
        return self._sink.take()

    def close(self) -> bytes:
        """The stream's last bytes."""
        self._stream.close()
        return self._sink.take()


async def stored_bins(bus: Bus, session_id: str, first: int, end: int) -> AsyncIterator[list[bytes]]:
    """Grid messages of bins ``[first, end)``, as far as the broker has them, some at a time. Raises Unavailable."""
    stream = grid_stream(session_id)
    end = min(end, grid_bin_seq(await last_sequence(bus, stream) or 0) + 1)
    async with StreamReader(bus, stream, start=grid_sequence(first), batch=BINS_AT_ONCE) as reader:
        while reader.next_sequence < grid_sequence(end):
            try:
                async with asyncio.timeout(PATIENCE_S):
                    messages = await reader.take()
            except TimeoutError:
                problem = "the broker does not send them"
                raise Unavailable(what=f"grids of session {session_id}", problem=problem) from None
            yield [m.data for m in messages if _is_bin(m) and first <= grid_bin_seq(m.sequence) < end]


def _is_bin(message: Delivered) -> bool:
    return message.headers.get(GRID_KIND_HEADER) == GridKind.BIN


@router.get(
    "/sessions/{session_id}/bins",
    summary="Past bins",
    response_class=StreamingResponse,
    responses={
        200: {"content": {ARROW_STREAM: {}}, "description": "an Arrow IPC stream, one record batch a bin"},
        404: PROBLEMS[404],
        422: {"model": Problem, "description": "the range is empty or too long"},
        503: PROBLEMS[503],
    },
)
async def past_bins(
    services: Services,
    session_id: str,
    first: Annotated[int, Query(alias="from", ge=0, description="first bin")],
    end: Annotated[int, Query(alias="to", ge=1, description="the bin after the last one")],
) -> StreamingResponse:
    """Bins ``[from, to)`` as far as they are still kept; the rows say which bins they are of."""
    limit = services.settings.bins_request_limit
    if not first < end <= first + limit:
        raise OptionError(option="from, to", value=(first, end), allowed=f"from < to, at most {limit} bins")
    await status_of_session(services, session_id)
    start = await services.directory.start_of(session_id)
    if start is None:
        raise NotFound(kind="session", name=session_id)
    writer = BinStreamWriter(start.serving.runtime_snapshot)

    async def body() -> AsyncIterator[bytes]:
        async for messages in stored_bins(services.bus, session_id, first, end):
            yield await asyncio.to_thread(writer.write, messages)
        yield writer.close()

    return StreamingResponse(body(), media_type=ARROW_STREAM)
