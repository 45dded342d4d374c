"""Blocks become tables without a bit lost, and no row group holds half a bin."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from qm_harness.manifest import BINS_FILE, GRID_FILE
from qm_harness.tables import BLOCK_BYTES, GRID_TABLE, BlockPair, TableWriter, bins_per_block
from qmcore.contracts.columns import BIN_TABLE, GRID_COLUMNS, arrow_schema
from qmcore.kernels.frames import ColumnBlock

ROWS = 5


def random_block(seed: int, n_bins: int, n_filled: int) -> ColumnBlock:
    """A block whose every column is noise, NaN payloads and all."""
    block = ColumnBlock(n_bins, ROWS)
    refill(block, seed, n_filled)
    return block


def refill(block: ColumnBlock, seed: int, n_filled: int) -> None:
    """Other noise."""
    draw = np.random.default_rng(seed)
    for array in (*block.grid.values(), *block.bins.values()):
        if array.dtype == bool:
            array[:] = draw.integers(0, 2, len(array)).astype(bool)
        else:
            array[:] = np.frombuffer(draw.bytes(array.nbytes), array.dtype)
    block.bins["bin_seq"][:] = np.arange(len(block.bins["bin_seq"])) + seed * 100
    block.bins["mid_price"][:] = draw.integers(0, 2, len(block.bins["mid_price"]))
    block.n_filled = n_filled


def column_bytes(table: pa.Table, name: str) -> bytes:
    return table.column(name).to_numpy().tobytes()


def test_columns_come_back_bit_by_bit(tmp_path):
    writer = TableWriter(tmp_path)
    blocks = [random_block(0, 4, 4), random_block(1, 4, 4), random_block(2, 4, 3)]
    for block in blocks:
        writer.write(block)
    writer.close()
    grid, bins = pq.read_table(tmp_path / GRID_FILE), pq.read_table(tmp_path / BINS_FILE)
    assert grid.schema.equals(arrow_schema(GRID_TABLE))
    assert bins.schema.equals(arrow_schema(BIN_TABLE))
    for column in GRID_COLUMNS:
        assert column_bytes(grid, column.name) == b"".join(
            b.grid[column.name][: b.n_filled * ROWS].tobytes() for b in blocks
        )
    for column in BIN_TABLE:
        assert column_bytes(bins, column.name) == b"".join(
            b.bins[column.name][: b.n_filled].tobytes() for b in blocks
        )
    sequence = [0, 1, 2, 3, 100, 101, 102, 103, 200, 201, 202]
    assert grid.column("bin_seq").to_pylist() == [s for s in sequence for _ in range(ROWS)]
    assert writer.bins_with_touch == sum(int(b.bins["mid_price"][: b.n_filled].sum()) for b in blocks)


def test_a_row_group_is_a_block(tmp_path):
    writer = TableWriter(tmp_path)
    for filled in (4, 0, 2):
        writer.write(random_block(filled, 4, filled))
    writer.close()
    for name, rows in ((GRID_FILE, [20, 10]), (BINS_FILE, [4, 2])):
        metadata = pq.ParquetFile(tmp_path / name).metadata
        assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == rows


def test_the_same_blocks_make_the_same_bytes(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        writer = TableWriter(tmp_path / folder)
        writer.write(random_block(1, 3, 3))
        writer.close()
    for name in (GRID_FILE, BINS_FILE):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_two_blocks_take_turns(tmp_path):
    writer = TableWriter(tmp_path)
    with BlockPair(writer, ColumnBlock(4, ROWS), ColumnBlock(4, ROWS)) as pair:
        for seed in range(5):
            refill(pair.block, seed, 4)
            assert pair.turn().n_filled == 0
        refill(pair.block, 5, 2)
    expected = [100 * seed + i for seed in range(6) for i in range(4)][:-2]
    assert pq.read_table(tmp_path / BINS_FILE).column("bin_seq").to_pylist() == expected


def test_an_error_of_the_writing_thread_is_raised(tmp_path, monkeypatch):
    def full(self: TableWriter, block: ColumnBlock) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(TableWriter, "write", full)
    with pytest.raises(OSError, match="No space left on device"):
        write_blocks(BlockPair(TableWriter(tmp_path), ColumnBlock(4, ROWS), ColumnBlock(4, ROWS)))


def write_blocks(pair: BlockPair) -> None:
    """Three turns."""
    with pair:
        for _ in range(3):
            pair.turn()


@pytest.mark.parametrize(("rows", "bins"), [(3, 39_000), (101, 1_100), (2001, 50), (10**7, 1)])
def test_a_block_holds_as_many_bins_as_fit(rows, bins):
    fitting = bins_per_block(rows)
    assert fitting >= bins
    assert fitting == 1 or BLOCK_BYTES * 0.98 < fitting * rows * 283 <= BLOCK_BYTES
