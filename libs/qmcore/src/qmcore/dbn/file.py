"""DbnFile: one instrument's MBO records out of a DBN file, in order, in bounded memory.

Guarantees: no record of the instrument is left out or comes twice; what is not an MBO file of order events
is refused in words, with the byte where it goes wrong. Records are never Python objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from databento_dbn import UNDEF_TIMESTAMP, DBNError, Metadata, Schema
from numpy.typing import NDArray

from qmcore.dbn.layout import (
    DBN_MAGIC,
    MAX_METADATA_BYTES,
    PREFIX_BYTES,
    SUPPORTED_VERSIONS,
)
from qmcore.dbn.source import ByteSource
from qmcore.dbn.stream import RecordStream
from qmcore.dbn.symbology import Interval, LiveSymbology, Symbology
from qmcore.errors import DbnError, UnknownSymbol

DEFAULT_BATCH_RECORDS: Final = 65_536


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """Consecutive records of one instrument.

    ``records`` is a view, shape (n,), of ``MBO_DTYPE``: valid until the next batch is taken.
    ``first_index`` is the 0-based ordinal of its first record among the instrument's records in the file.
    ``file_bytes_read`` of ``file_bytes`` bytes of the file were read to get here, for progress.
    """

    records: NDArray[np.void]
    first_index: int
    file_bytes_read: int
    file_bytes: int


class DbnFile:
    """A DBN file of schema mbo, versions 1 to 3, plain or zstd. Holds no open handle."""

    def __init__(self, path: Path, version: int, metadata: Metadata, records_at: int) -> None:
        self.path = path
        self.version = version
        self.metadata = metadata
        self._records_at = records_at
        self._symbology = Symbology(path, metadata)

    @classmethod
    def open(cls, path: Path) -> DbnFile:
        """Read the metadata of ``path``. Raises DbnError."""
        with ByteSource(path) as source:
            version, size = _read_prefix(source)
            body = source.read_exactly(size, "metadata")
        prefix = DBN_MAGIC + bytes([version]) + size.to_bytes(4, "little")
        try:
            metadata = Metadata.decode(prefix + body)
        except DBNError as error:
            raise DbnError(path=path, problem=f"corrupt metadata ({error})", offset=PREFIX_BYTES) from error
        schema = metadata.schema
        if schema is not None and schema != Schema.MBO:
            raise DbnError(path=path, problem=f"this file holds {schema}, only mbo can be used")
        return cls(path, version, metadata, PREFIX_BYTES + size)

    @property
    def coverage_end_ns(self) -> int | None:
        """Up to where the file is complete, UTC ns; None where the metadata does not say."""
        end = self.metadata.end
        return None if end is None or end == UNDEF_TIMESTAMP else int(end)

    def symbols(self) -> list[str]:
        """The symbols of the metadata; where it has none, those of the stream's mappings (reads the file)."""
        if self._symbology:
            return self._symbology.symbols()
        live = LiveSymbology(self.path)
        with self._records() as source:
            for _ in RecordStream(source, [], live=live).chunks(skip=0, chunk_records=DEFAULT_BATCH_RECORDS):
                pass
        return live.symbols()

    def batches(
        self, symbol: str, *, first_index: int = 0, batch_records: int = DEFAULT_BATCH_RECORDS
    ) -> Iterator[RecordBatch]:
        """The records of ``symbol`` from the ``first_index``-th on, at most ``batch_records`` at a time.

        Raises UnknownSymbol at once where the metadata has a symbology, else at the end of the stream;
        DbnError where the file goes wrong, after the batches before it.
        """
        if first_index < 0 or batch_records < 1:
            raise ValueError("first_index must be >= 0 and batch_records >= 1")
        if self._symbology:
            return self._batches(symbol, self._symbology.intervals(symbol), None, first_index, batch_records)
        return self._batches(symbol, [], LiveSymbology(self.path), first_index, batch_records)

    def _batches(
        self,
        symbol: str,
        wanted: list[Interval],
        live: LiveSymbology | None,
        first_index: int,
        batch_records: int,
    ) -> Iterator[RecordBatch]:
        with self._records() as source:
            stream = RecordStream(source, wanted, live=live, symbol=symbol)
            for records in stream.chunks(skip=first_index, chunk_records=batch_records):
                first = stream.matched - len(records)
                for low in range(0, len(records), batch_records):
                    part = records[low : low + batch_records]
                    yield RecordBatch(part, first + low, source.file_bytes_read, source.file_bytes)
        if live is not None and symbol not in live.symbols():
            raise UnknownSymbol(path=self.path, symbol=symbol, available=live.symbols())

    def _records(self) -> ByteSource:
        """The file, opened at its first record."""
        source = ByteSource(self.path)
        try:
            source.read_exactly(self._records_at, "metadata")
        except DbnError:
            source.close()
            raise
        return source


def _read_prefix(source: ByteSource) -> tuple[int, int]:
    """Version, and length of the metadata. Raises DbnError."""
    prefix = bytearray(PREFIX_BYTES)
    got = source.fill(memoryview(prefix))
    head = bytes(prefix[:got])
    if not head.startswith(DBN_MAGIC):
        begins = f"it begins with {head[:4]!r}" if head else "it is empty"
        raise DbnError(path=source.path, problem=f"not a DBN file: {begins}", offset=0)
    if got < PREFIX_BYTES:
        raise DbnError(path=source.path, problem="truncated: the file ends inside the DBN header", offset=got)
    version, size = prefix[3], int.from_bytes(prefix[4:], "little")
    if version not in SUPPORTED_VERSIONS:
        supported = ", ".join(map(str, SUPPORTED_VERSIONS))
        raise DbnError(
            path=source.path,
            problem=f"DBN version {version} is not supported; supported: {supported}",
            offset=3,
        )
    if size > MAX_METADATA_BYTES:
        raise DbnError(
            path=source.path, problem=f"corrupt metadata: it claims to be {size} bytes long", offset=4
        )
    return version, size
