"""Columns of a dataset as memory-mapped arrays: decoded from Parquet once, shared by every process of the machine.

Guarantees: a column's file appears whole or not at all, and is decoded by one process while the others wait; a
dataset whose tables have other checksums has other files. What is given out is read-only.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from qm_harness.dataset import Dataset
from qm_harness.manifest import BINS_FILE, CHECKSUMS_FILE, GRID_FILE, Checksums, read_document
from qmcore.config.runtime import RuntimeConfig
from qmcore.contracts.columns import BIN_TABLE, GRID_COLUMNS, Column
from qmcore.errors import NotFound
from qmcore.lake import Lake

_PARTIAL: Final = ".partial"
_BINS: Final = {c.name: c for c in BIN_TABLE}
_GRID: Final = {c.name: c for c in GRID_COLUMNS}


def dataset_hash(dataset: Dataset) -> str:
    """SHA-256, in hex, over the checksums of both tables: what the dataset contains, whenever it was made."""
    files = read_document(Checksums, dataset.path / CHECKSUMS_FILE).files
    text = "\n".join(f"{name} {files[name].sha256}" for name in (BINS_FILE, GRID_FILE))
    return hashlib.sha256(text.encode()).hexdigest()


class ColumnCache:
    """The columns of ``dataset``: ``SignalData`` for signals, the market for evaluation."""

    def __init__(self, lake: Lake, dataset: Dataset) -> None:
        self._dataset = dataset
        self._folder = lake.column_cache_dir(dataset.manifest.dataset_id) / dataset_hash(dataset)[:16]
        self._open: dict[str, NDArray[Any]] = {}

    @property
    def config(self) -> RuntimeConfig:
        """The configuration that the dataset was made with."""
        return self._dataset.config

    @property
    def n_bins(self) -> int:
        """Bins of the dataset."""
        return self._dataset.manifest.bins

    @cached_property
    def rows(self) -> int:
        """Rows of one grid: 2R + 1."""
        return self.config.rows

    def bins(self, name: str) -> NDArray[Any]:
        """A column of ``BIN_TABLE``, shape (n_bins,). Raises NotFound."""
        return self._column("bins", name, _known(_BINS, "bin column", name), (self.n_bins,))

    def grid(self, name: str) -> NDArray[Any]:
        """A column of ``GRID_COLUMNS``, shape (n_bins, rows). Raises NotFound."""
        return self._column("grid", name, _known(_GRID, "grid column", name), (self.n_bins, self.rows))

    def _column(self, table: str, name: str, column: Column, shape: tuple[int, ...]) -> NDArray[Any]:
        key = f"{table}.{name}"
        if key not in self._open:
            path = self._folder / f"{key}.npy"
            if not path.exists():
                self._decode(path, table, column, shape)
            self._open[key] = np.load(path, mmap_mode="r")
        return self._open[key]

    def _decode(self, path: Path, table: str, column: Column, shape: tuple[int, ...]) -> None:
        """Write ``path``, unless another process does so first."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with _alone(self._folder):
            if path.exists():
                return
            for leftover in self._folder.glob(f"*{_PARTIAL}"):
                leftover.unlink()
            partial = path.with_name(path.name + _PARTIAL)
            values = np.lib.format.open_memmap(partial, mode="w+", dtype=np.dtype(column.dtype), shape=shape)
            with partial.open(
                "r+b"
            ) as file:  # a full disk says so here, and kills no process that writes to its map
                os.posix_fallocate(file.fileno(), 0, os.fstat(file.fileno()).st_size)
            cells = values.reshape(-1)
            done = 0
            for part in self._parts(table, column.name):
                cells[done : done + len(part)] = part
                done += len(part)
            values.flush()
            _sync(partial)
            partial.replace(path)
            _sync(self._folder)

    def _parts(self, table: str, name: str) -> Iterator[NDArray[Any]]:
        if table == "bins":
            yield self._dataset.bins([name]).column(name).to_numpy()
        else:
            for group in self._dataset.grid([name]):
                yield group.column(name).to_numpy()


def _known(table: dict[str, Column], kind: str, name: str) -> Column:
    if name not in table:
        raise NotFound(kind=kind, name=name, available=sorted(table))
    return table[name]


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold ``folder``; waits for others, whose hold ends with their process."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
