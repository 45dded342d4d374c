"""From a frame to bytes: the Arrow IPC stream of one bin, and the message that carries it.

A grid message is a 4-byte big-endian length, that many bytes of ``grid_update`` JSON, then the Arrow IPC
stream. The stream is a template made once by pyarrow; per bin only the column buffers change, so every bin of a
schema has the same size. See docs/wire.md.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from qmcore.contracts.columns import ARROW_TYPES, Column, arrow_schema
from qmcore.contracts.messages import GridUpdate
from qmcore.errors import CorruptData, QmError
from qmcore.kernels.frames import FrameBuffer, FramePacker

if TYPE_CHECKING:
    from collections.abc import Iterator

_LENGTH = struct.Struct(">I")


class FrameTemplate:
    """The bytes of an Arrow stream with one batch of ``rows`` zeros, and where its columns lie.

    Every streamed column is fixed-width and never null, so its one buffer has a fixed offset.
    """

    def __init__(self, columns: tuple[Column, ...], rows: int) -> None:
        arrays = [pa.array(np.zeros(rows, c.dtype), ARROW_TYPES[c.dtype]) for c in columns]
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, arrow_schema(columns)) as writer:
            writer.write_batch(pa.record_batch(arrays, schema=arrow_schema(columns)))
        buffer = sink.getvalue()
        batch = pa.ipc.open_stream(buffer).read_next_batch()
        self.data: bytes = buffer.to_pybytes()
        self.offsets: tuple[int, ...] = tuple(
            _data_buffer(batch.column(i)).address - buffer.address for i in range(len(columns))
        )


def _data_buffer(array: pa.Array) -> pa.Buffer:
    buffer = array.buffers()[1]
    if buffer is None:
        raise QmError("an Arrow column without a data buffer cannot be a template")
    return buffer


class FrameEncoder:
    """Encodes the frames of one buffer for one stream schema (the resolved columns)."""

    def __init__(self, frame: FrameBuffer, columns: tuple[Column, ...]) -> None:
        template = FrameTemplate(columns, frame.rows)
        places: list[tuple[str, str, int]] = [
            (c.name, c.dtype, offset) for c, offset in zip(columns, template.offsets, strict=True)
        ]
        self._packer = FramePacker(frame, template.data, places)

    def arrow(self) -> bytes:
        """The complete Arrow IPC stream of the frame as it is now."""
        return self._packer.pack()


def join_message(header: bytes, arrow: bytes) -> bytes:
    """Length, JSON and Arrow bytes as one message."""
    return b"".join((_LENGTH.pack(len(header)), header, arrow))


def split_message(message: bytes) -> tuple[bytes, bytes]:
    """JSON and Arrow bytes of a grid message. Raises QmError where the length does not fit."""
    if len(message) < _LENGTH.size:
        raise QmError(f"a grid message of {len(message)} bytes has no length")
    (length,) = _LENGTH.unpack_from(message)
    if _LENGTH.size + length > len(message):
        raise QmError(f"a grid message of {len(message)} bytes cannot hold {length} bytes of JSON")
    return message[_LENGTH.size : _LENGTH.size + length], message[_LENGTH.size + length :]


def read_message(
    message: bytes, columns: tuple[Column, ...], rows: int, source: str
) -> tuple[GridUpdate, pa.RecordBatch]:
    """Header and rows of a grid message of these columns. Raises CorruptData naming ``source`` where it is none."""
    try:
        header, arrow = split_message(message)
        update = GridUpdate.model_validate_json(header)
        batch = pa.ipc.open_stream(arrow).read_next_batch()
        batch.validate(full=True)
    except (QmError, ValueError, pa.ArrowException, OSError, StopIteration) as error:
        reason = str(error).partition("\n")[0]
        raise CorruptData(path=source, problem=f"not a grid message: {reason}") from error
    if not batch.schema.equals(arrow_schema(columns)) or batch.num_rows != rows:
        raise CorruptData(path=source, problem="a grid message of another schema or size")
    if any(column.null_count for column in batch.columns):
        raise CorruptData(path=source, problem="a grid message with values missing")
    return update, batch


def concatenate_streams(streams: Iterator[bytes]) -> pa.Table:
    """The tables of several Arrow streams of one schema, one after the other."""
    return pa.concat_tables([pa.ipc.open_stream(stream).read_all() for stream in streams])
