"""The laboratory of the sweeps, tracked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from qm_harness.experiments.runner import Ended, Watchers, run_experiment
from qm_harness.tracking.client_store import open_store
from qm_harness.tracking.place import Place
from tests.integration.datasets.conftest import lake as lake
from tests.integration.experiments.conftest import Laboratory
from tests.integration.experiments.conftest import laboratory as laboratory


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of MLflow with nothing in it; making one takes seconds."""
    folder = tmp_path_factory.mktemp("mlflow")
    database = folder / "mlflow.db"
    open_store(Place(f"sqlite:///{database}", "none", folder / "artifacts", database))
    return database


@pytest.fixture
def tracked(laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch) -> Laboratory:
    """An experiment of sixteen points whose copy goes to the lake's own store."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    laboratory.write(tracking={})
    return laboratory


@pytest.fixture
def database(tracked: Laboratory, empty_database: Path) -> Path:
    """The lake's own store."""
    path = tracked.lake.root / "research" / "harness" / "mlflow.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(empty_database, path)
    return path


def swept(tracked: Laboratory, **options: object) -> Ended:
    """Run the experiment here; MLflow must have nothing to say."""
    problems: list[str] = []
    ended = run_experiment(tracked.plan(), tracked.lake, Watchers(tracking=problems.append), **options)
    assert problems == []
    return ended
