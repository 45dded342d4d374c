"""``qm run --dask``: the same sweep on the workers of a scheduler."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import signal
import time
from collections.abc import Iterator

import pytest
from distributed import Client, LocalCluster

from qm_harness.experiments.datasets import Datasets
from qm_harness.experiments.meeting import Meeting, called
from qm_harness.experiments.runner import Watchers, run_experiment
from qm_harness.experiments.tasks import Batch, tasks_of
from qmcore.errors import Unavailable
from qmcore.lake import Lake
from tests.fixtures.dask_workers import workers
from tests.integration.experiments.test_run import summary


@pytest.fixture
def cluster(laboratory) -> Iterator[LocalCluster]:
    """Two workers that know the user's signals."""
    with workers(2, find=(laboratory.packages,)) as made:
        made.wait_for_workers(2, timeout=60)
        yield made


def results(laboratory) -> dict[str, object]:
    return {run.meta.run_id: run.rows for run in laboratory.store.runs()}


def test_a_sweep_has_the_same_results_there_as_here(laboratory, cluster):
    code, out, err = laboratory.qm("run", "sweep", "--dask", cluster.scheduler_address, "--format", "json")
    assert (code, err) == (0, "")
    assert summary(out).items() >= {"points": 16, "finished": 16, "failed": 0}.items()
    there = results(laboratory)
    assert list((laboratory.lake.results_dir / ".running").glob("*.meeting")) == []
    for part in laboratory.lake.results_dir.rglob("*.parquet"):
        if part.is_file():
            part.unlink()
    assert laboratory.qm("run", "sweep")[0] == 0
    assert results(laboratory) == there


def test_the_spec_names_the_scheduler_and_a_search_that_learns_goes_there_too(laboratory, cluster):
    laboratory.write(
        parallel={"dask": cluster.scheduler_address},
        sweep={
            "per_signal": {"pfp": {"lag_bins": [1, 2, 3]}, "ofi": {}},
            "search": "tpe",
            "n_trials": 12,
            "round_size": 4,
        },
    )
    begun = run_experiment(laboratory.plan(), laboratory.lake)
    there = results(laboratory)
    assert begun.standing.finished == len(there) > 0
    here = run_experiment(laboratory.plan(), laboratory.lake, workers=2)
    assert (here.standing.reused, results(laboratory)) == (12, there)


def test_a_point_that_kills_its_worker_is_recorded_and_the_rest_goes_on(laboratory, cluster):
    laboratory.write(
        eval={"warmup_bins": 50, "tp_ticks": [2, 4]},
        sweep={"per_signal": {"ofi": {}, "raising": {"number": [1, 2]}, "deadly": {"number": [2, 3]}}},
    )
    code, out, err = laboratory.qm("run", "sweep", "--dask", cluster.scheduler_address, "--format", "json")
    assert code == 1
    assert summary(out).items() >= {"points": 10, "finished": 6, "failed": 4}.items()
    assert sorted(line for line in err.splitlines() if line.startswith("error: ")) == [
        "error: 2 points failed: ValueError: 1 is odd",
        "error: 2 points failed: its process died (on each of 1 Dask workers that tried it)",
    ]
    failed = [run.meta for run in laboratory.store.runs() if run.meta.status == "failed"]
    assert {(meta.signal, json.loads(meta.params)["number"]) for meta in failed} == {
        ("raising", 1),
        ("deadly", 3),
    }


def test_interrupted_it_leaves_the_workers_to_others(laboratory, cluster):
    laboratory.write(
        sweep={"per_signal": {"sober": {"number": [*range(20_000, 20_020)]}}}
    )  # four seconds each
    with laboratory.start("run", "sweep", "--dask", cluster.scheduler_address) as process:
        until = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < until:
            if any(laboratory.lake.root.glob("cache/columns/*/*/*.npy")):
                break
            time.sleep(0.01)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "interrupted\n")
    assert time.monotonic() - begun < 15
    with Client(cluster.scheduler_address, set_as_default=False) as client:
        assert client.submit(abs, -3).result(timeout=30) == 3
        assert client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)) <= 1


def test_a_scheduler_that_is_not_there_is_said_before_anything_is_made(laboratory):
    code, out, err = laboratory.qm("run", "sweep", "--dask", "tcp://127.0.0.1:9")
    assert (code, out) == (1, "")
    assert err.startswith("error: Dask scheduler tcp://127.0.0.1:9 is unavailable: cannot be reached (")
    assert laboratory.lake.dataset_ids() == []


def test_a_worker_that_sees_another_lake_or_runs_other_code_is_told_from_the_rest(laboratory, tmp_path):
    chain, lake = laboratory.plan(), laboratory.lake
    points = list(chain.space)[:2]
    datasets = Datasets(chain, lake, Watchers().dataset, lambda: None)
    task = tasks_of(chain, points, datasets.of(points))[0]
    with called(lake) as meeting:
        assert meeting.not_ready(Batch((task,))) is None
        elsewhere = Meeting(lake.root, tmp_path / meeting.file.name, meeting.says)
        stale = dataclasses.replace(meeting, says="other")
        wanted = f"does not see the lake; it must be there under the same path: {lake.root}"
        assert [m.not_ready(Batch((task,))) for m in (elsewhere, stale)] == [wanted, wanted]
        older = dataclasses.replace(task, lineage=task.lineage.model_copy(update={"code_version": "0"}))
        assert meeting.not_ready(Batch((task, older))) == (
            f"runs other code: {task.lineage.code_version}, but the sweep was planned with 0"
        )
        strange = dataclasses.replace(task, signal=task.signal.model_copy(update={"name": "strange"}))
        said = meeting.not_ready(Batch((strange,)))
        assert said is not None
        assert said.startswith("cannot use signal strange: unknown signal 'strange'")
    assert meeting.not_ready(Batch((task,))) == wanted


def test_a_worker_without_the_lake_ends_the_sweep(laboratory, cluster, monkeypatch):
    monkeypatch.setattr("qm_harness.experiments.runner.called", _nowhere)
    with pytest.raises(
        Unavailable, match=r"Dask worker tcp://.* is unavailable: does not see the lake"
    ) as raised:
        run_experiment(laboratory.plan(), laboratory.lake, dask=cluster.scheduler_address)
    assert str(laboratory.lake.root) in str(raised.value)
    assert laboratory.store.runs() == []


def _nowhere(lake: Lake) -> contextlib.AbstractContextManager[Meeting]:
    """A meeting that nobody finds."""
    return contextlib.nullcontext(Meeting(lake.root, lake.root / "nowhere", ""))
