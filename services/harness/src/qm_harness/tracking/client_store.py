"""MLflow by its client: any store, one point after the other on a few connections.

Guarantees: a sweep has one parent run, and a point one child in it, also where a former run of the same sweep was
killed in the middle of either; every request is bounded in time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from qm_harness.tracking.entries import Entry, Figure
from qm_harness.tracking.place import Place, set_environment
from qm_harness.tracking.sweep_entry import SWEEP_TAG, SweepEnd, SweepEntry
from qm_harness.tracking.tracker import Opened

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Run

POINT_TAG: Final = "qm.run_id"
PARENT_TAG: Final = "mlflow.parentRunId"
SOURCE_TAGS: Final = {"mlflow.source.name": "qm run", "mlflow.source.type": "LOCAL"}
_CONNECTIONS: Final = 4
_PAGE: Final = 1000
_LARGEST_BATCH: Final = 1000


class ClientStore:
    """Of one sweep. Used by one thread."""

    def __init__(self, place: Place, client: MlflowClient) -> None:
        self._place, self._client = place, client
        self._experiment_id = self._parent = ""
        self._unfinished: dict[str, str] = {}

    def open(self, sweep: SweepEntry) -> Opened:
        """Begin, or go on with what was begun."""
        self._experiment_id = self._experiment()
        begun = self._begun(sweep)
        ended = begun is not None and begun.info.status == "FINISHED"
        self._parent = begun.info.run_id if begun else self._begin(sweep)
        self._client.update_run(self._parent, status="RUNNING")
        for name, text in sweep.files.items():
            self._client.log_text(self._parent, text, f"specs/{name}")
        done, self._unfinished = self._children()
        return Opened(frozenset(done), ended)

    def add(self, entries: Sequence[Entry]) -> None:
        """Children for ``entries``."""
        with ThreadPoolExecutor(_CONNECTIONS) as connections:
            list(connections.map(self._add, entries))

    def end(self, ending: SweepEnd) -> None:
        """Say how the sweep ended."""
        from mlflow.entities import RunTag

        now_ms = time.time_ns() // 1_000_000
        tags = [RunTag(key, value) for key, value in ending.tags.items()]
        self._client.log_batch(self._parent, metrics=_metrics(ending.figures, now_ms), tags=tags)
        for path in ending.files:
            self._client.log_artifact(self._parent, str(path))
        self._client.set_terminated(self._parent, ending.status)

    def _experiment(self) -> str:
        from mlflow.exceptions import MlflowException

        name, folder = self._place.experiment, self._place.artifacts
        found = self._client.get_experiment_by_name(name)
        if found is None:
            try:
                location = None if folder is None else folder.as_uri()
                return str(self._client.create_experiment(name, artifact_location=location))
            except MlflowException:  # another sweep was faster
                found = self._client.get_experiment_by_name(name)
                if found is None:
                    raise
        return str(found.experiment_id)

    def _begun(self, sweep: SweepEntry) -> Run | None:
        found = self._client.search_runs(
            [self._experiment_id],
            f"tags.`{SWEEP_TAG}` = '{sweep.sweep_id}'",
            max_results=1,
            order_by=["attributes.start_time ASC"],
        )
        return found[0] if found else None

    def _begin(self, sweep: SweepEntry) -> str:
        from mlflow.entities import Param

        tags = dict(sweep.tags) | SOURCE_TAGS
        run = self._client.create_run(self._experiment_id, run_name=sweep.name, tags=tags)
        params = [Param(key, value) for key, value in sweep.params.items()]
        self._client.log_batch(run.info.run_id, params=params)
        return str(run.info.run_id)

    def _children(self) -> tuple[set[str], dict[str, str]]:
        """Points that are there, and those of which only the beginning is, with their ids in MLflow.

        A child that somebody deleted stays deleted.
        """
        from mlflow.entities import ViewType

        done, unfinished, token = set(), {}, None
        while True:
            page = self._client.search_runs(
                [self._experiment_id],
                f"tags.`{PARENT_TAG}` = '{self._parent}'",
                run_view_type=ViewType.ALL,
                max_results=_PAGE,
                page_token=token,
            )
            for run in page:
                point = run.data.tags.get(POINT_TAG, "")
                if run.info.status == "RUNNING":
                    unfinished[point] = run.info.run_id
                else:
                    done.add(point)
            token = page.token
            if not token:
                return done, unfinished

    def _add(self, entry: Entry) -> None:
        from mlflow.entities import Param

        child = self._unfinished.get(entry.run_id)
        if child is None:
            tags = dict(entry.tags) | SOURCE_TAGS | {PARENT_TAG: self._parent}
            run = self._client.create_run(
                self._experiment_id, start_time=entry.started_ms, tags=tags, run_name=entry.name
            )
            child = run.info.run_id
        params = [Param(key, value) for key, value in entry.params.items()]
        metrics = _metrics(entry.figures, entry.ended_ms)
        self._client.log_batch(child, params=params, metrics=metrics[: _LARGEST_BATCH - len(params)])
        for low in range(_LARGEST_BATCH - len(params), len(metrics), _LARGEST_BATCH):
            self._client.log_batch(child, metrics=metrics[low : low + _LARGEST_BATCH])
        self._client.set_terminated(child, entry.status, entry.ended_ms)


def _metrics(figures: Sequence[Figure], now_ms: int) -> list[Metric]:
    from mlflow.entities import Metric

    return [Metric(figure.key, figure.value, now_ms, figure.step) for figure in figures]


def open_store(place: Place) -> ClientStore:
    """The store at ``place``; for a database one that writes many points at once. Imports MLflow: seconds."""
    set_environment()
    from mlflow import MlflowClient
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    from qm_harness.tracking.database_store import DatabaseStore, make_database

    for name in ("mlflow", "alembic"):  # after the import, which sets levels of its own
        logging.getLogger(name).setLevel(logging.ERROR)
    if place.database is not None and not place.database.exists():
        make_database(place.database, place.artifacts or Path())
    client = MlflowClient(tracking_uri=place.uri, registry_uri=place.uri)
    if isinstance(client._tracking_client.store, SqlAlchemyStore):
        return DatabaseStore(place, client)
    return ClientStore(place, client)
