"""The results of every experiment of a lake: ``runs_meta.parquet/`` and ``runs.parquet/``, folders of parts.

Guarantees: what was appended is there after a crash of the process or the machine; an append that was cut short is not
seen at all; several processes may append, read and compact at once; a run that was appended twice is read once.

A part is a pair of files of one name. The file in ``runs_meta.parquet`` is written last: a part is there when it is.
Writers hold a lock together, compaction holds it alone, so that what has no ``runs_meta`` then is a leftover. A lock
ends with its process. Readers take no lock: where a file goes away under them, they look again.
"""

from __future__ import annotations

import contextlib
import datetime as dt_
import fcntl
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from qm_harness.results.rows import RunMeta, RunRow
from qm_harness.results.tables import from_table, to_table
from qmcore.errors import CorruptData
from qmcore.lake import Lake, publish_file

META_DIR: Final = "runs_meta.parquet"
ROWS_DIR: Final = "runs.parquet"
_LOCK: Final = ".lock"
_MERGED: Final = "merged"
_LOOKS: Final = 50

FoundT = TypeVar("FoundT")


@dataclass(frozen=True, slots=True)
class Run:
    """One evaluated point: what it was, and its results, one a threshold; none where it failed."""

    meta: RunMeta
    rows: tuple[RunRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A run's part and what is known about it."""

    part: str
    meta: RunMeta


@dataclass(frozen=True, slots=True)
class Part:
    """One part: it never changes."""

    name: str
    metas: tuple[RunMeta, ...]
    rows: pa.Table


def first_finished(found: Iterable[Found]) -> list[Found]:
    """One of each id, in order of time: the first that finished, else the last that failed."""
    chosen: dict[str, Found] = {}
    for each in sorted(found, key=lambda f: (f.meta.created_at, f.part)):
        before = chosen.get(each.meta.run_id)
        if before is None or before.meta.status == "failed":
            chosen[each.meta.run_id] = each
    return sorted(chosen.values(), key=lambda f: (f.meta.created_at, f.meta.run_id))


class ResultStore:
    """The results under ``lake``. Making one touches no disk."""

    def __init__(self, lake: Lake) -> None:
        self._root = lake.results_dir
        self._meta, self._rows = self._root / META_DIR, self._root / ROWS_DIR

    def append(self, runs: Sequence[Run]) -> None:
        """Add ``runs`` as one part; on return they are on the disk."""
        if not runs:
            return
        metas = to_table([run.meta for run in runs], RunMeta)
        rows = to_table([row for run in runs for row in run.rows], RunRow)
        with self._lock(fcntl.LOCK_SH):
            self._publish("part", metas, rows)

    def metas(self) -> list[RunMeta]:
        """Every run once, in order of time; a finished one before a failed one of the same id."""
        return [found.meta for found in self.steady(self._index)]

    def runs(self, wanted: Callable[[RunMeta], bool] = lambda meta: True) -> list[Run]:
        """As ``metas``, those that are ``wanted``, with their results."""
        return self.steady(lambda names: self._runs(names, wanted))

    def parts(self) -> list[str]:
        """Names of the parts, sorted."""
        if not self._meta.is_dir():
            return []
        return sorted(p.name for p in self._meta.iterdir() if p.suffix == ".parquet" and p.name[0] != ".")

    def part(self, name: str, columns: Sequence[str]) -> Part:
        """One part, with these ``columns`` of its rows. Raises FileNotFoundError where a compaction took it away."""
        metas = from_table(_decoded(self._meta / name), RunMeta)
        return Part(name, tuple(metas), _decoded(self._rows / name, columns))

    def part_rows(self, name: str, run_ids: Sequence[str], columns: Sequence[str]) -> pa.Table:
        """Some runs' rows of one part. Raises FileNotFoundError where a compaction took it away."""
        return _only(_decoded(self._rows / name, ["run_id", *columns]), run_ids)

    def compact(self) -> int:
        """Make one part of all, and remove leftovers; returns how many parts there were."""
        if not self._root.is_dir():
            return 0
        with self._lock(fcntl.LOCK_EX):
            old = self.parts()
            if len(old) > 1:
                self._publish(_MERGED, *self._merged(old))
                for name in old:
                    (self._meta / name).unlink()
            kept = set(self.parts())
            for folder in (self._meta, self._rows):
                for path in folder.iterdir() if folder.is_dir() else ():
                    if path.name not in kept:
                        path.unlink()
            return len(old)

    def _publish(self, kind: str, metas: pa.Table, rows: pa.Table) -> None:
        name = f"{kind}-{dt_.datetime.now(dt_.UTC):%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:12]}.parquet"
        publish_file(self._rows / name, _encoded(rows))
        publish_file(self._meta / name, _encoded(metas))

    def steady(self, read: Callable[[list[str]], FoundT]) -> FoundT:
        """What ``read`` finds in a list of parts that no compaction has pulled away meanwhile."""
        for _ in range(_LOOKS):
            names = self.parts()
            with contextlib.suppress(FileNotFoundError):
                found = read(names)
                # A listing is not atomic: it may miss both the merged part and those that it replaces.
                if not any(name.startswith(_MERGED) for name in set(self.parts()) - set(names)):
                    return found
        raise CorruptData(path=self._root, problem=f"parts went away under {_LOOKS} attempts to read them")

    def _index(self, names: list[str]) -> list[Found]:
        return first_finished(
            Found(name, meta) for name in names for meta in from_table(_decoded(self._meta / name), RunMeta)
        )

    def _runs(self, names: list[str], wanted: Callable[[RunMeta], bool]) -> list[Run]:
        index = [found for found in self._index(names) if wanted(found.meta)]
        rows: dict[str, list[RunRow]] = {}
        for name, ids in _ids_by_part(index).items():
            for row in from_table(_only(_decoded(self._rows / name), ids), RunRow):
                rows.setdefault(row.run_id, []).append(row)
        return [Run(found.meta, tuple(rows.get(found.meta.run_id, ()))) for found in index]

    def _merged(self, names: list[str]) -> tuple[pa.Table, pa.Table]:
        index = self._index(names)
        rows = [_only(_decoded(self._rows / name), ids) for name, ids in _ids_by_part(index).items()]
        return to_table([found.meta for found in index], RunMeta), pa.concat_tables(
            rows, promote_options="default"
        )

    @contextlib.contextmanager
    def _lock(self, how: int) -> Iterator[None]:
        self._root.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._root / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, how)
            yield
        finally:
            os.close(descriptor)


def _ids_by_part(index: Sequence[Found]) -> dict[str, list[str]]:
    parts: dict[str, list[str]] = {}
    for found in index:
        parts.setdefault(found.part, []).append(found.meta.run_id)
    return parts


def _only(table: pa.Table, ids: Sequence[str]) -> pa.Table:
    return table.filter(pc.is_in(table.column("run_id"), value_set=pa.array(ids, pa.string())))


def _encoded(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _decoded(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    # Arrow's own file and no threads: a thread of Arrow's that lets go of a Python object while the interpreter ends
    # aborts the process.
    try:
        with pa.OSFile(str(path)) as source, pq.ParquetFile(source) as file:
            there = file.schema_arrow.names
            known = None if columns is None else [name for name in columns if name in there]
            return file.read(columns=known, use_threads=False)
    except pa.ArrowInvalid as error:
        raise CorruptData(path=path, problem=f"is not the Parquet that was written ({error})") from error
