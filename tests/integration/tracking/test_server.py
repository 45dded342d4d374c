"""Tracking on an MLflow server: one that is there, one that is not, and one that never answers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from mlflow import MlflowClient

from qm_harness.experiments.runner import Watchers, run_experiment
from qm_harness.tracking.client_store import ClientStore, open_store
from qm_harness.tracking.entries import entry_of
from qm_harness.tracking.place import Place
from qm_harness.tracking.sweep_entry import sweep_entry
from tests.integration.experiments.test_run import summary
from tests.integration.tracking.conftest import swept
from tests.integration.tracking.test_embedded import parents_and_children

STARTING_SECONDS = 120


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of an MLflow server with an empty store."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    command += ["--artifacts-destination", str(folder / "artifacts")]
    environment = os.environ | {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", process, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        family = [process, *psutil.Process(process.pid).children(recursive=True)]
        os.killpg(process.pid, signal.SIGTERM)
        for each in family:
            try:
                each.wait(timeout=20)
            except (subprocess.TimeoutExpired, psutil.TimeoutExpired):
                each.kill()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"no MLflow server: {log.read_text()[-2000:]}")


def test_a_server_has_what_the_lake_s_own_store_would_have(tracked, server):
    tracked.write(tracking={"uri": server})
    code, out, err = tracked.qm("run", "sweep", "--format", "json")
    assert (code, err, summary(out)["finished"]) == (0, "", 16)
    client = MlflowClient(tracking_uri=server)
    (parent,), children = parents_and_children(client)
    assert {child.data.tags["qm.run_id"] for child in children} == {
        run.meta.run_id for run in tracked.store.runs()
    }
    assert len(children) == 16
    assert {child.info.status for child in [parent, *children]} == {"FINISHED"}
    assert parent.data.metrics["points"] == 16
    for child in children:
        (run,) = [r for r in tracked.store.runs() if r.meta.run_id == child.data.tags["qm.run_id"]]
        history = client.get_metric_history(child.info.run_id, "thresholds/n_signals")
        assert {point.step: point.value for point in history} == {
            step: row.n_signals for step, row in enumerate(run.rows)
        }
    assert {f.path for f in client.list_artifacts(parent.info.run_id)} == {"specs", "sweep.html"}

    swept(tracked)
    (again,), children = parents_and_children(client)
    assert (again.info.run_id, len(children)) == (parent.info.run_id, 16)
    assert not (tracked.lake.root / "research" / "harness" / "mlflow.db").exists()


def test_a_child_that_was_only_begun_is_gone_on_with(tracked, server):
    tracked.write(tracking={"uri": server, "experiment": "begun"})
    run_experiment(tracked.plan(), tracked.lake, tracked=False)
    chain, runs = tracked.plan(), tracked.store.runs()
    store = open_store(Place(server, "begun", None))
    assert type(store) is ClientStore
    store.open(sweep_entry(chain))
    client = MlflowClient(tracking_uri=server)
    (parent,), _ = parents_and_children(client, "begun")
    begun = client.create_run(
        parent.info.experiment_id,
        tags={"mlflow.parentRunId": parent.info.run_id, "qm.run_id": runs[0].meta.run_id},
    )
    swept(tracked)
    _, children = parents_and_children(client, "begun")
    assert sorted(c.data.tags["qm.run_id"] for c in children) == sorted(r.meta.run_id for r in runs)
    (gone_on,) = [child for child in children if child.info.run_id == begun.info.run_id]
    assert gone_on.info.status == "FINISHED"
    assert gone_on.data.params == dict(entry_of(runs[0]).params)


@pytest.mark.parametrize("answers", [False, True])
def test_a_server_that_is_gone_or_silent_holds_nothing_up_for_long(tracked, monkeypatch, answers):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "2")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if answers:
            silent.listen(50)  # the system takes connections; nobody reads them
        uri = f"http://someone:secret@127.0.0.1:{silent.getsockname()[1]}"
        tracked.write(tracking={"uri": uri})
        begun = time.monotonic()
        code, out, err = tracked.qm("run", "sweep", "--format", "json")
        seconds = time.monotonic() - begun
    assert (code, summary(out)["finished"], len(tracked.store.runs())) == (0, 16, 16)
    (line,) = err.splitlines()
    assert line.startswith(
        f"warning: MLflow at {uri.replace('someone:secret', '***')} does not have all of sweep: "
    )
    assert "secret" not in line
    assert seconds < 90


def test_a_problem_is_told_once_to_who_watches(tracked):
    with socket.socket() as gone:
        gone.bind(("127.0.0.1", 0))
        tracked.write(tracking={"uri": f"http://127.0.0.1:{gone.getsockname()[1]}"})
        told: list[str] = []
        ended = run_experiment(tracked.plan(), tracked.lake, Watchers(tracking=told.append))
    assert (ended.standing.finished, len(told)) == (16, 1)
