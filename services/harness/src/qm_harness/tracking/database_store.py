"""MLflow's database without a server: many points in one transaction, by MLflow's own tables.

By its client a point costs 30 ms of many small statements; so it costs less than one.
"""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from mlflow.exceptions import MlflowException
from mlflow.store.tracking.dbmodels.models import SqlLatestMetric, SqlMetric, SqlParam, SqlRun, SqlTag
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

from qm_harness.tracking.client_store import PARENT_TAG, POINT_TAG, SOURCE_TAGS, ClientStore
from qm_harness.tracking.entries import Entry

_AT_A_TIME: Final = 200
_ATTEMPTS: Final = 5
_PAUSE_SECONDS: Final = 1.0

Rows = dict[type[Any], list[dict[str, object]]]


class DatabaseStore(ClientStore):
    """As ``ClientStore``; a point is there as a whole or not at all."""

    @property
    def _database(self) -> SqlAlchemyStore:
        store = self._client._tracking_client.store
        assert isinstance(store, SqlAlchemyStore)
        return store

    def add(self, entries: Sequence[Entry]) -> None:
        """Children for ``entries``."""
        for low in range(0, len(entries), _AT_A_TIME):
            rows = self._rows(entries[low : low + _AT_A_TIME])
            _patiently(lambda rows=rows: self._write(rows))  # type: ignore[misc]

    def _write(self, rows: Rows) -> None:
        with self._database.ManagedSessionMaker(read_only=False) as session:
            for table, values in rows.items():
                session.execute(sa.insert(table.__table__), values)

    def _rows(self, entries: Sequence[Entry]) -> Rows:
        artifacts = self._client.get_experiment(self._experiment_id).artifact_location
        rows: Rows = {SqlRun: [], SqlTag: [], SqlParam: [], SqlMetric: [], SqlLatestMetric: []}
        for entry in entries:
            child = uuid.uuid4().hex
            of: dict[str, object] = {"run_uuid": child}
            rows[SqlRun].append(self._run(entry, child, f"{artifacts}/{child}/artifacts"))
            tags = dict(entry.tags) | SOURCE_TAGS | {PARENT_TAG: self._parent, "mlflow.runName": entry.name}
            rows[SqlTag] += [{"key": key, "value": value} | of for key, value in tags.items()]
            rows[SqlParam] += [{"key": key, "value": value} | of for key, value in entry.params.items()]
            metrics = [
                {"key": f.key, "value": f.value, "timestamp": entry.ended_ms, "step": f.step, "is_nan": False}
                | of
                for f in entry.figures
            ]
            rows[SqlMetric] += metrics
            rows[SqlLatestMetric] += {metric["key"]: metric for metric in metrics}.values()
        return {table: values for table, values in rows.items() if values}

    def _run(self, entry: Entry, child: str, artifact_uri: str) -> dict[str, object]:
        return {
            "run_uuid": child,
            "name": entry.name,
            "source_type": "LOCAL",
            "source_name": SOURCE_TAGS["mlflow.source.name"],
            "entry_point_name": "",
            "source_version": "",
            "user_id": "",
            "status": entry.status,
            "start_time": entry.started_ms,
            "end_time": entry.ended_ms,
            "lifecycle_stage": "active",
            "artifact_uri": artifact_uri,
            "experiment_id": int(self._experiment_id),
        }

    def _children(self) -> tuple[set[str], dict[str, str]]:
        """As there, in one statement."""
        child, parent = sa.orm.aliased(SqlTag), sa.orm.aliased(SqlTag)
        query: sa.Select[tuple[str]] = (
            sa.select(child.value)
            .join(parent, parent.run_uuid == child.run_uuid)
            .where(child.key == POINT_TAG, parent.key == PARENT_TAG, parent.value == self._parent)
        )
        with self._database.ManagedSessionMaker() as session:
            return set(session.execute(query).scalars()), {}


def make_database(path: Path, artifacts: Path) -> None:
    """A new database at ``path``, whole or not at all; nothing where another process is faster."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}-{uuid.uuid4().hex}")
    try:
        made = SqlAlchemyStore(f"sqlite:///{partial}", artifacts.as_uri())  # type: ignore[no-untyped-call]
        made.engine.dispose()
        with contextlib.suppress(FileExistsError):
            os.link(partial, path)
    finally:
        for leftover in path.parent.glob(f"{partial.name}*"):
            leftover.unlink()


def _patiently(write: Callable[[], None]) -> None:
    """SQLite has one writer at a time; another sweep may be it for a moment."""
    for _ in range(_ATTEMPTS - 1):
        try:
            write()
            return
        except MlflowException as error:
            if "locked" not in str(error):
                raise
            time.sleep(_PAUSE_SECONDS)
    write()
