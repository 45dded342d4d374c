"""Jobs from submission to results, and what they outlive."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import time
from pathlib import Path

import psutil

from qm_harness.results.store import ResultStore
from tests.fixtures.brokers import NatsServer
from tests.fixtures.harness import Harness, wait_until
from tests.integration.experiments.conftest import Laboratory

SLOW = {"per_signal": {"sober": {"number": {"low": 1000, "high": 1011, "step": 1}}}}
"""Twelve signals of a fifth of a second each."""

ONE_BRACKET = {"tp_ticks": [2], "sl_ticks": [2], "cooldown_bins": [5], "warmup_bins": 50, "thresholds": [0.1]}


def test_a_sweep_from_submission_to_results(harness: Harness, laboratory: Laboratory) -> None:
    job = harness.submit(experiment="sweep")
    assert (job.state, job.experiment, job.attempt) == ("queued", "sweep", 0)
    harness.add_worker().start()
    events = list(harness.follow(job.job_id))
    assert [e.revision for e in events] == sorted({e.revision for e in events})
    assert {"running", "done"} <= {e.state for e in events}
    assert events[-1].state == "done"
    assert "points" in {e.progress.phase for e in events if e.progress}
    end = events[-1].progress
    assert end is not None
    assert (end.points, end.reused, end.finished, end.failed, end.seconds_left) == (16, 0, 16, 0, 0.0)
    assert len(ResultStore(laboratory.lake).metas()) == 16

    again = harness.until(harness.submit(experiment="sweep").job_id)
    assert again.state == "done"
    assert again.progress is not None
    assert (again.progress.reused, again.progress.finished) == (16, 0)
    listed = harness.get("/jobs")
    assert [j["job_id"] for j in listed["jobs"]] == [again.job_id, job.job_id]
    assert harness.get("/jobs", state="running")["total"] == 0
    assert harness.get("/jobs", experiment="sweep", limit=1)["total"] == 2
    assert list(harness.follow(job.job_id)) == [events[-1]], "a job that is over is said once"


def test_a_spelled_out_experiment_is_run_as_it_was_submitted(
    harness: Harness, laboratory: Laboratory
) -> None:
    harness.add_worker().start()
    spec = {"name": "ad-hoc", "serving": "live", "eval": ONE_BRACKET}
    job = harness.until(harness.submit(spec=spec).job_id)
    assert (job.state, job.reason) == ("done", "")
    (meta,) = laboratory.store.metas()
    assert (meta.experiment, meta.signal) == ("ad-hoc", "derivative")


def test_a_running_job_is_cancelled_within_a_second_and_a_waiting_one_at_once(
    harness: Harness, laboratory: Laboratory
) -> None:
    laboratory.write(sweep=SLOW, eval=ONE_BRACKET)
    waiting = harness.submit(experiment="sweep")
    assert harness.call("POST", f"/jobs/{waiting.job_id}/cancel").json()["state"] == "cancelled"
    job = harness.submit(experiment="sweep")
    harness.add_worker().start()
    harness.until_points(job.job_id, 1)
    began = time.monotonic()
    assert harness.call("POST", f"/jobs/{job.job_id}/cancel").json()["cancel_requested"]
    ended = harness.until(job.job_id)
    assert time.monotonic() - began < 2.5
    assert (ended.state, ended.reason) == ("cancelled", "cancelled by request")
    kept = len(laboratory.store.metas())
    assert 1 <= kept < 12
    assert harness.call("POST", f"/jobs/{job.job_id}/cancel").status_code == 200, "twice is once"
    rest = harness.until(harness.submit(experiment="sweep").job_id)
    assert rest.progress is not None
    assert (rest.state, rest.progress.reused, rest.progress.finished) == ("done", kept, 12 - kept)


def test_a_job_is_cancelled_also_while_its_process_starts(harness: Harness, laboratory: Laboratory) -> None:
    laboratory.write(sweep=SLOW, eval=ONE_BRACKET)
    harness.add_worker().start()
    job = harness.submit(experiment="sweep")
    assert harness.until(job.job_id, "running").progress is None
    harness.call("POST", f"/jobs/{job.job_id}/cancel")
    assert harness.until(job.job_id).state == "cancelled"
    assert laboratory.store.metas() == []


def test_two_workers_run_two_jobs_at_once_and_one_experiment_never_twice(
    harness: Harness, laboratory: Laboratory
) -> None:
    slow = {"serving": "live", "eval": ONE_BRACKET, "sweep": SLOW}
    jobs = [harness.submit(spec={"name": name} | slow) for name in ("one", "two")]
    twice = harness.call("POST", "/jobs", json={"spec": {"name": "one"} | slow})
    assert twice.status_code == 409
    assert f"experiment one is queued already as job {jobs[0].job_id}" in twice.json()["error"]
    for name in ("first", "second"):
        harness.add_worker(name).start()
    running = [harness.until_points(job.job_id, 1) for job in jobs]
    assert len({job.worker for job in running}) == 2
    for job in jobs:
        assert harness.until(job.job_id).state == "done"
    assert len(laboratory.store.metas()) == 24


def test_a_job_whose_worker_is_killed_is_finished_by_another_one(
    harness: Harness, laboratory: Laboratory
) -> None:
    laboratory.write(sweep=SLOW, eval=ONE_BRACKET)
    job = harness.submit(experiment="sweep")
    lost = harness.add_worker("lost").start()
    harness.until_points(job.job_id, 2)
    children = psutil.Process(lost.pid).children(recursive=True)
    assert children
    lost.kill()
    harness.add_worker("heir").start()
    done = harness.until(job.job_id)
    assert (done.state, done.attempt) == ("done", 2)
    assert done.progress is not None
    assert done.progress.reused >= 2
    assert done.progress.reused + done.progress.finished == 12
    assert len(laboratory.store.metas()) == 12
    assert [c for c in children if c.is_running() and c.status() != psutil.STATUS_ZOMBIE] == []


def test_a_worker_that_stops_gives_its_job_back(harness: Harness, laboratory: Laboratory) -> None:
    laboratory.write(sweep=SLOW, eval=ONE_BRACKET)
    job = harness.submit(experiment="sweep")
    first = harness.add_worker("first").start()
    harness.until_points(job.job_id, 1)
    assert first.stop() == 0
    assert (harness.job(job.job_id).state, harness.job(job.job_id).attempt) == ("queued", 0)
    harness.add_worker("second").start()
    done = harness.until(job.job_id)
    assert (done.state, done.attempt) == ("done", 1)


def test_waiting_jobs_outlive_everything_and_a_broker_that_lost_its_data(
    harness: Harness, nats: NatsServer, tmp_path: Path
) -> None:
    job = harness.submit(experiment="sweep")
    harness.api.stop()
    nats.kill()
    shutil.rmtree(nats.folder / "js")
    nats.start()
    harness.api.start()
    harness.add_worker().start()
    assert harness.until(job.job_id).state == "done"


def test_a_broker_that_is_lost_in_the_middle_of_a_job_does_not_end_it(
    harness: Harness, laboratory: Laboratory, nats: NatsServer
) -> None:
    laboratory.write(sweep=SLOW, eval=ONE_BRACKET)
    job = harness.submit(experiment="sweep")
    harness.add_worker("first").start()
    harness.add_worker("second").start()
    harness.until_points(job.job_id, 1)
    nats.kill()
    shutil.rmtree(nats.folder / "js")
    assert harness.call("GET", "/jobs").status_code == 200
    nats.start()
    done = harness.until(job.job_id)
    assert (done.state, done.attempt) == ("done", 1)
    harness.api.wait_ready()
    other = {"name": "other", "serving": "live", "eval": ONE_BRACKET}
    assert harness.until(harness.submit(spec=other).job_id).state == "done"


def test_a_job_whose_process_dies_says_how(harness: Harness, laboratory: Laboratory) -> None:
    laboratory.write(sweep=SLOW, eval=ONE_BRACKET)
    job = harness.submit(experiment="sweep")
    worker = harness.add_worker().start()
    harness.until_points(job.job_id, 1)
    (process,) = psutil.Process(worker.pid).children()
    os.kill(process.pid, signal.SIGKILL)
    failed = harness.until(job.job_id)
    assert failed.state == "failed"
    assert "its process died (signal SIGKILL" in failed.reason
    assert harness.until(harness.submit(experiment="sweep").job_id).state == "done", "the worker goes on"


def test_failing_points_are_told_apart_from_a_failing_job(harness: Harness, laboratory: Laboratory) -> None:
    harness.add_worker().start()
    laboratory.write(sweep={"per_signal": {"raising": {"number": [0, 1, 2]}}}, eval=ONE_BRACKET)
    some = harness.until(harness.submit(experiment="sweep").job_id)
    assert some.state == "done"
    assert [(e.error, e.points) for e in some.errors] == [("ValueError: 1 is odd", 1)]
    spec = {"name": "odd", "serving": "live", "eval": ONE_BRACKET}
    spec["sweep"] = {"per_signal": {"raising": {"number": [1, 3]}}}
    every = harness.until(harness.submit(spec=spec).job_id)
    assert every.state == "failed"
    assert every.reason.startswith("every point failed: ValueError")


def test_an_experiment_that_a_person_runs_is_waited_for(harness: Harness, laboratory: Laboratory) -> None:
    running = laboratory.lake.results_dir / ".running" / "sweep"
    running.parent.mkdir(parents=True)
    with running.open("w") as person:
        fcntl.flock(person, fcntl.LOCK_EX)
        harness.add_worker().start()
        job = harness.submit(experiment="sweep")
        wait_until(lambda: "being run by another process" in harness.job(job.job_id).reason, 60)
        other = harness.submit(spec={"name": "other", "serving": "live", "eval": ONE_BRACKET})
        assert harness.until(other.job_id).state == "done", "others need not wait"
        assert harness.job(job.job_id).state in ("queued", "running")
    done = harness.until(job.job_id)
    assert (done.state, done.reason, done.attempt) == ("done", "", 1)
