"""Tracking in the lake's own MLflow store: what is there after a sweep, an interruption, a change."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path

import mlflow
import psutil
import pytest
import yaml
from mlflow import MlflowClient
from mlflow.entities import Run as MlflowRun

from qm_harness.experiments.runner import Watchers, run_experiment
from qmcore.config.experiment import ExperimentSpec
from qmcore.errors import Cancelled
from tests.integration.experiments.conftest import Laboratory
from tests.integration.experiments.test_run import points_of, summary
from tests.integration.tracking.conftest import swept


def client_of(database: Path) -> MlflowClient:
    return MlflowClient(tracking_uri=f"sqlite:///{database}")


def parents_and_children(
    client: MlflowClient, name: str = "sweep"
) -> tuple[list[MlflowRun], list[MlflowRun]]:
    """The runs of an experiment, parents in order of time."""
    experiment = client.get_experiment_by_name(name)
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], max_results=1000, order_by=["start_time ASC"])
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    return parents, [run for run in runs if "mlflow.parentRunId" in run.data.tags]


def test_a_sweep_is_a_parent_with_a_child_for_each_point(tracked, database):
    database.unlink()
    code, out, err = tracked.qm("run", "sweep", "--format", "json")
    assert (code, err) == (0, "")
    assert summary(out)["finished"] == 16
    client = client_of(database)
    (parent,), children = parents_and_children(client)
    runs = {run.meta.run_id: run for run in tracked.store.runs()}

    assert (parent.info.run_name, parent.info.status) == ("sweep", "FINISHED")
    (some, *_) = runs.values()
    assert (
        parent.data.tags.items()
        >= {
            "qm.experiment": "sweep",
            "qm.spec_hash": some.meta.spec_hash,
            "qm.dataset_id": some.meta.dataset_id,
            "qm.serving": "live",
        }.items()
    )
    assert parent.data.params == {
        "search": "grid",
        "seed": "0",
        "signals": "derivative, ofi",
        "points": "16",
        "trials": "32",
    }
    assert (
        parent.data.metrics.items() >= {"points": 16, "failed_points": 0, "trials": 32, "winners": 0}.items()
    )
    files = {f.path for f in client.list_artifacts(parent.info.run_id, "specs")}
    assert files == {f"specs/{name}.yaml" for name in ("experiment", "serving", "pipeline", "instrument")}
    assert "sweep.html" in {f.path for f in client.list_artifacts(parent.info.run_id)}
    artifacts = tracked.lake.root / "research" / "harness" / "mlflow-artifacts"
    kept = artifacts / parent.info.run_id / "artifacts" / "specs" / "experiment.yaml"
    assert ExperimentSpec.model_validate(yaml.safe_load(kept.read_text())) == tracked.plan().spec

    assert {child.data.tags["qm.run_id"] for child in children} == set(runs)
    assert len(children) == 16
    for child in children:
        run = runs[child.data.tags["qm.run_id"]]
        assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert child.info.status == "FINISHED"
        assert child.data.tags["qm.code_version"] == run.meta.code_version
        assert child.data.params["signal"] == run.meta.signal
        assert float(child.data.params["tp_ticks"]) == run.meta.tp_ticks
        for key, value in json.loads(run.meta.params).items():
            assert child.data.params[f"{run.meta.signal}.{key}"] == str(value)
        for key in ("threshold", "n_signals", "mean_pnl_ticks"):
            history = client.get_metric_history(child.info.run_id, f"thresholds/{key}")
            told = {point.step: point.value for point in history}
            values = {step: getattr(row, key) for step, row in enumerate(run.rows)}
            assert told == {step: value for step, value in values.items() if value is not None}


def test_the_best_of_a_point_and_of_the_sweep_are_those_of_compare(tracked, database):
    tracked.write(
        tracking={}, eval={"tp_ticks": [2, 4], "warmup_bins": 50, "min_signals": 1, "costs": {"entry": "mid"}}
    )
    swept(tracked)
    _, out, _ = tracked.qm("compare", "--min-signals", "1", "--format", "json")
    ranked = json.loads(out)
    (parent,), children = parents_and_children(client_of(database))
    assert ranked
    best = {child.data.tags["qm.run_id"]: child.data.metrics for child in children}
    for row in ranked:
        metrics = best[row["run_id"]]
        assert metrics["best_mean_pnl_ticks"] == row["mean_pnl_ticks"]
        assert metrics["best_n_signals"] == row["n_signals"]
    assert parent.data.metrics["best_mean_pnl_ticks"] == ranked[0]["mean_pnl_ticks"]
    assert parent.data.metrics["best_holm_p"] == ranked[0]["holm_p"]
    assert parent.data.tags["qm.best_run_id"] == ranked[0]["run_id"]

    mlflow.set_tracking_uri(f"sqlite:///{database}")
    frame = mlflow.search_runs(
        experiment_names=["sweep"],
        filter_string="metrics.best_mean_pnl_ticks > -1000 AND params.tp_ticks = '2.0'",
    )
    assert set(frame["tags.qm.run_id"]) == {row["run_id"] for row in ranked if row["tp_ticks"] == 2}


def test_what_is_too_much_for_memory_is_counted_and_not_judged(tracked, database, monkeypatch):
    monkeypatch.setattr("qm_harness.tracking.sweep.MOST_JUDGED", 15)
    swept(tracked)
    (parent,), children = parents_and_children(client_of(database))
    assert parent.data.metrics == {"points": 16, "failed_points": 0}
    assert (parent.data.tags["qm.judged"], len(children)) == ("no", 16)


def test_run_again_it_has_the_same_parent_and_no_child_twice(tracked, database):
    swept(tracked)
    before = parents_and_children(client_of(database))
    swept(tracked)
    (parent,), children = parents_and_children(client_of(database))
    assert parent.info.run_id == before[0][0].info.run_id
    assert parent.data.metrics == before[0][0].data.metrics
    assert {c.info.run_id for c in children} == {c.info.run_id for c in before[1]}
    assert parent.info.status == "FINISHED"


def test_another_spec_is_another_parent_with_all_of_its_own_points(tracked, database):
    swept(tracked)
    tracked.write(tracking={}, sweep={"per_signal": {"derivative": {}, "ofi": {}, "queue_imbalance": {}}})
    swept(tracked)
    (first, second), children = parents_and_children(client_of(database))
    of = [child.data.tags["mlflow.parentRunId"] for child in children]
    assert (of.count(first.info.run_id), of.count(second.info.run_id)) == (16, 24)


def test_a_child_that_somebody_deleted_stays_deleted(tracked, database):
    swept(tracked)
    client = client_of(database)
    client.delete_run(parents_and_children(client)[1][0].info.run_id)
    swept(tracked)
    assert len(parents_and_children(client)[1]) == 15


def test_failed_points_are_failed_children(tracked, database):
    tracked.write(
        tracking={}, eval={"warmup_bins": 50}, sweep={"per_signal": {"raising": {"number": [1, 2]}}}
    )
    assert tracked.qm("run", "sweep")[0] == 1
    (parent,), children = parents_and_children(client_of(database))
    by_number = {child.data.params["raising.number"]: child for child in children}
    assert (by_number["1"].info.status, by_number["2"].info.status) == ("FAILED", "FINISHED")
    assert by_number["1"].data.tags["qm.error"] == "ValueError: 1 is odd"
    assert (parent.info.status, parent.data.metrics["failed_points"]) == ("FINISHED", 1)


def test_killed_in_the_middle_and_resumed_every_point_is_there_once(tracked, database):
    numbers = list(range(1000, 1012))  # a fifth of a second a signal
    tracked.write(
        tracking={},
        eval={"warmup_bins": 50, "thresholds": [0.2], "tp_ticks": [2, 3, 4]},
        sweep={"per_signal": {"sober": {"number": numbers}}},
    )
    before = 0
    for _ in range(2):
        process = tracked.start("run", "sweep", "--workers", "1")
        try:
            until = time.monotonic() + 120
            while process.poll() is None and time.monotonic() < until:
                if len(points_of(tracked)) > before and tracked_points(database) > 0:
                    break
                time.sleep(0.01)
        finally:
            assert process.poll() is None
            children = psutil.Process(process.pid).children(recursive=True)
            process.kill()
            process.communicate()
        assert psutil.wait_procs(children, timeout=20)[1] == []
        before = len(points_of(tracked))
    code, _, err = tracked.qm("run", "sweep")
    assert (code, err) == (0, "")
    (parent,), children = parents_and_children(client_of(database))
    ids = sorted(child.data.tags["qm.run_id"] for child in children)
    assert ids == sorted(run.meta.run_id for run in tracked.store.runs())
    assert len(ids) == 36
    assert parent.info.status == "FINISHED"


def tracked_points(database: Path) -> int:
    """Children so far."""
    if not database.exists():
        return 0
    with contextlib.suppress(AssertionError):
        return len(parents_and_children(client_of(database))[1])
    return 0


def test_what_was_not_tracked_then_is_tracked_when_it_is_run_again(tracked, database):
    assert tracked.qm("run", "sweep", "--no-tracking")[0] == 0
    assert client_of(database).get_experiment_by_name("sweep") is None
    swept(tracked)
    assert len(parents_and_children(client_of(database))[1]) == 16


def test_a_cancelled_sweep_is_a_killed_parent_that_goes_on(tracked, database):
    stand = []

    def cancelled() -> bool:
        if not stand or stand[-1].finished == 0:
            return False
        until = time.monotonic() + 60
        while tracked_points(database) == 0 and time.monotonic() < until:
            time.sleep(0.05)
        return True

    with pytest.raises(Cancelled):
        run_experiment(
            tracked.plan(), tracked.lake, Watchers(sweep=stand.append), workers=1, cancelled=cancelled
        )
    (parent,), children = parents_and_children(client_of(database))
    assert (parent.info.status, 0 < len(children) < 16) == ("KILLED", True)
    swept(tracked)
    (again,), children = parents_and_children(client_of(database))
    assert (again.info.run_id, again.info.status, len(children)) == (parent.info.run_id, "FINISHED", 16)


@pytest.mark.parametrize("said_by", ["spec", "environment"])
def test_other_names_and_places_are_the_spec_s(tracked, database, monkeypatch, said_by):
    other = database.rename(database.with_name("other.db"))
    uri = f"sqlite:///{other}"
    tracked.write(tracking={"experiment": "Spring"} | ({"uri": uri} if said_by == "spec" else {}))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1" if said_by == "spec" else uri)
    swept(tracked)
    assert not database.exists()
    assert len(parents_and_children(client_of(other), "Spring")[1]) == 16


def test_trouble_with_mlflow_is_said_once_and_fails_nothing(tracked, database):
    database.write_bytes(b"this is no database" * 100)
    code, out, err = tracked.qm("run", "sweep", "--format", "json")
    assert (code, summary(out)["finished"]) == (0, 16)
    (line,) = err.splitlines()
    assert line.startswith(f"warning: MLflow at sqlite:///{database} does not have all of sweep: ")
    assert "file is not a database" in line
    assert len(tracked.store.runs()) == 16


def test_processes_that_work_on_points_do_not_import_mlflow(tracked: Laboratory):
    (tracked.packages / "curious.py").write_text(
        "import sys\nfrom misbehaving import Sober\n\n\nclass Curious(Sober):\n    name = 'curious'\n\n"
        "    def next(self, header, grid):\n"
        "        assert 'mlflow' not in sys.modules and 'optuna' not in sys.modules\n"
        "        return super().next(header, grid)\n"
    )
    names = tracked.packages / "misbehaving-1.dist-info" / "entry_points.txt"
    names.write_text(names.read_text() + "curious = curious:Curious\n")
    tracked.write(tracking={}, sweep={"per_signal": {"curious": {}}})
    code, out, err = tracked.qm("run", "sweep", "--format", "json")
    assert (code, summary(out)["failed"], err) == (0, 0, "")
