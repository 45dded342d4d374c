"""Where MLflow keeps a sweep: a URI of the experiment's, MLFLOW_TRACKING_URI, or a database in the lake."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qmcore.config.experiment import ExperimentSpec
from qmcore.lake import Lake

_SETTINGS: Final = {
    # Whoever sets these has a reason; otherwise a server that is gone is noticed within half a minute.
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # Standard output is the command's own.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A store, and the experiment's name in it."""

    uri: str
    experiment: str
    artifacts: Path | None
    """Folder of a new experiment's artifacts; None where the server has its own."""
    database: Path | None = None
    """Of the lake's own store, which is made where it is missing."""

    @classmethod
    def of(cls, spec: ExperimentSpec, lake: Lake) -> Place:
        """Where ``spec`` is tracked."""
        folder = lake.root.resolve() / "research" / "harness"
        name = spec.tracking.experiment or spec.name
        uri = spec.tracking.uri or os.environ.get("MLFLOW_TRACKING_URI")
        if uri is None:
            database = folder / "mlflow.db"
            return cls(f"sqlite:///{database}", name, folder / "mlflow-artifacts", database)
        is_database = uri.split(":", 1)[0].split("+", 1)[0] in ("sqlite", "postgresql", "mysql", "mssql")
        return cls(uri, name, folder / "mlflow-artifacts" if is_database else None)


def set_environment() -> None:
    """Bounded waiting, no telemetry, no chatter, unless the environment says otherwise. Before MLflow is imported."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
