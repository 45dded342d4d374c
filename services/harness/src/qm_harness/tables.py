"""The two tables of a dataset as Parquet: their schemas, how they are encoded, and the thread that writes them.

Guarantees: no row group holds half a bin; memory is that of two blocks, however long the session. The
same bins give the same bytes.

Encoding, measured on an hour of a simulated index future (36,000 bins of 101 rows, 1.03 GB): floats are split
by byte and compressed with zstd 1: 684 MB, 1.9 s of one core, which the other core does not wait for. Without
compression 858 MB and 1.1 s, lz4 715 MB and 1.4 s, zstd 3 684 MB and 2.2 s. What repeats (codes, k, bin_seq,
depths) is dictionary-encoded.
"""

from __future__ import annotations

import hashlib
import io
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from qm_harness.manifest import BINS_FILE, GRID_FILE, FileChecksum
from qmcore.contracts.columns import BIN_TABLE, GRID_COLUMNS, Column, arrow_schema
from qmcore.kernels.frames import ColumnBlock

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

BIN_SEQ: Final = next(c for c in BIN_TABLE if c.name == "bin_seq")
GRID_TABLE: Final[tuple[Column, ...]] = (BIN_SEQ, *GRID_COLUMNS)
"""Columns of grid_clean.parquet: rows by bin, then k."""

BLOCK_BYTES: Final = 32 << 20
"""Of one column block, which is one row group."""

_REPEATING_FLOATS: Final = frozenset({"rest_depth", "bid_depth", "ask_depth"})
_SPREAD_INTS: Final = frozenset({"last_event_id"})
_SPLIT: Final = [
    c.name
    for c in GRID_TABLE
    if c.name in _SPREAD_INTS or (c.dtype == "float64" and c.name not in _REPEATING_FLOATS)
]
_BIN_BYTES_PER_ROW: Final = sum(np.dtype(c.dtype).itemsize for c in GRID_TABLE)


def bins_per_block(rows: int) -> int:
    """Bins of one block and row group, for grids of ``rows`` rows."""
    return max(1, BLOCK_BYTES // (rows * _BIN_BYTES_PER_ROW))


class HashedFile(io.FileIO):
    """A new file that knows the checksum of what was written, so that nobody has to read it again."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "x")
        self._digest = hashlib.sha256()
        self._size = 0

    def write(self, data: Buffer, /) -> int:
        self._digest.update(data)
        rest = memoryview(data).cast("B")
        self._size += len(rest)
        written = len(rest)
        while rest:
            rest = rest[super().write(rest) :]
        return written

    @property
    def checksum(self) -> FileChecksum:
        """Of everything that was written so far."""
        return FileChecksum(size=self._size, sha256=self._digest.hexdigest())


def _open(file: HashedFile, columns: tuple[Column, ...], split: list[str]) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        file,
        arrow_schema(columns),
        compression="zstd",
        compression_level=1,
        use_dictionary=[c.name for c in columns if c.name not in split],
        column_encoding=dict.fromkeys(split, "BYTE_STREAM_SPLIT"),
        write_statistics=True,
        version="2.6",
    )


class TableWriter:
    """Writes both tables into ``folder``, block after block, on the calling thread."""

    def __init__(self, folder: Path) -> None:
        self._files = {name: HashedFile(folder / name) for name in (GRID_FILE, BINS_FILE)}
        self._grid = _open(self._files[GRID_FILE], GRID_TABLE, _SPLIT)
        bin_floats = [c.name for c in BIN_TABLE if c.dtype == "float64"]
        self._bins = _open(self._files[BINS_FILE], BIN_TABLE, bin_floats)
        self.bins_with_touch = 0

    def write(self, block: ColumnBlock) -> None:
        """Append the filled bins of ``block``, as one row group of each table."""
        n, rows = block.n_filled, block.n_filled * block.rows
        if not n:
            return
        seq = np.repeat(block.bins["bin_seq"][:n], block.rows)
        grid = [pa.array(seq), *(pa.array(block.grid[c.name][:rows]) for c in GRID_COLUMNS)]
        bins = [pa.array(block.bins[c.name][:n]) for c in BIN_TABLE]
        self._grid.write_table(pa.Table.from_arrays(grid, schema=self._grid.schema), row_group_size=rows)
        self._bins.write_table(pa.Table.from_arrays(bins, schema=self._bins.schema), row_group_size=n)
        self.bins_with_touch += int(np.count_nonzero(block.bins["mid_price"][:n]))

    def close(self) -> None:
        """Write the footers and close the files."""
        self._grid.close()
        self._bins.close()
        for file in self._files.values():
            file.close()

    def checksums(self) -> dict[str, FileChecksum]:
        """By file name; of the whole files once they are closed."""
        return {name: file.checksum for name, file in self._files.items()}


class BlockPair:
    """Two blocks: one is filled while a thread writes the other. A context manager.

    On leaving without an error everything is written; an error of the thread is raised where it is next
    waited for.
    """

    def __init__(self, writer: TableWriter, first: ColumnBlock, second: ColumnBlock) -> None:
        self._writer = writer
        self._blocks = [first, second]
        self._written: list[Future[None] | None] = [None, None]
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="parquet")

    @property
    def block(self) -> ColumnBlock:
        """The block to fill."""
        return self._blocks[0]

    def turn(self) -> ColumnBlock:
        """Hand the filled block to the thread; returns the other one, empty, once it has been written."""
        self._written[0] = self._thread.submit(self._writer.write, self._blocks[0])
        self._blocks.reverse()
        self._written.reverse()
        self._wait(0)
        self.block.clear()
        return self.block

    def _wait(self, which: int) -> None:
        future, self._written[which] = self._written[which], None
        if future is not None:
            future.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.turn()
                self._wait(1)
        finally:
            self._thread.shutdown()
            self._writer.close()
