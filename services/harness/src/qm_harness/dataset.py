"""A dataset on disk: opened only when every byte is as it was written; read as tables, or bin by bin as streamed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from qm_harness.manifest import (
    BINS_FILE,
    CHECKSUMS_FILE,
    GRID_FILE,
    MANIFEST_FILE,
    Checksums,
    DatasetManifest,
    FileChecksum,
    read_document,
)
from qmcore.config.runtime import RuntimeConfig, StreamSchema
from qmcore.contracts.frames import FrameTemplate
from qmcore.errors import CorruptData, NotFound
from qmcore.lake import Lake


class Dataset:
    """An immutable dataset of the lake. Use ``open``."""

    def __init__(self, path: Path, manifest: DatasetManifest) -> None:
        self.path = path
        self.manifest = manifest

    @classmethod
    def open(cls, lake: Lake, dataset_id: str, *, contents: bool = True) -> Self:
        """Open and verify. ``contents=False`` compares the sizes of the tables, but does not read them.

        Raises NotFound, or CorruptData where a file is missing, was changed or cut.
        """
        path = lake.dataset_dir(dataset_id)
        if not path.is_dir():
            raise NotFound(kind="dataset", name=dataset_id, available=lake.dataset_ids())
        checksums = read_document(Checksums, path / CHECKSUMS_FILE)
        for name in (MANIFEST_FILE, BINS_FILE, GRID_FILE):
            _verify(path / name, checksums.files.get(name), contents=contents or name == MANIFEST_FILE)
        manifest = read_document(DatasetManifest, path / MANIFEST_FILE)
        if manifest.dataset_id != dataset_id:
            raise CorruptData(
                path=path, problem=f"its manifest belongs to dataset {manifest.dataset_id}; refused"
            )
        return cls(path, manifest)

    @property
    def config(self) -> RuntimeConfig:
        """The configuration that it was made with."""
        return self.manifest.config

    def bins(self, columns: list[str] | None = None) -> pa.Table:
        """The bins, one row each: all columns of ``BIN_TABLE``, or some."""
        return pq.read_table(self.path / BINS_FILE, columns=columns)

    def grid(self, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """The grid in row groups of whole bins, in order: ``bin_seq`` and all grid columns, or some."""
        with pq.ParquetFile(self.path / GRID_FILE) as file:
            for group in range(file.num_row_groups):
                yield file.read_row_group(group, columns=columns)

    def frames(self, stream_schema: StreamSchema | None = None) -> Iterator[bytes]:
        """Each bin's rows as the Arrow IPC stream that a viewer of ``stream_schema`` gets, byte for byte."""
        columns = (stream_schema or self.config.stream_schema).resolve()
        rows = self.config.rows
        template = FrameTemplate(columns, rows)
        for table in self.grid([c.name for c in columns]):
            values = [table.column(c.name).to_numpy().astype(c.dtype, copy=False) for c in columns]
            for low in range(0, len(table), rows):
                frame = bytearray(template.data)
                for offset, value in zip(template.offsets, values, strict=True):
                    cells = np.ascontiguousarray(value[low : low + rows])
                    frame[offset : offset + cells.nbytes] = cells.tobytes()
                yield bytes(frame)


def _verify(path: Path, expected: FileChecksum | None, *, contents: bool) -> None:
    if expected is None or not path.is_file():
        raise CorruptData(path=path, problem="is missing; the dataset is not whole")
    size = path.stat().st_size
    if size != expected.size:
        raise CorruptData(
            path=path,
            problem=f"has {size} bytes, but was written with {expected.size}; the dataset is refused",
        )
    if contents and FileChecksum.of(path) != expected:
        raise CorruptData(
            path=path, problem="does not match its checksum: it was changed after it was written; refused"
        )
