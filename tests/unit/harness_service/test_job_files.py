"""Jobs as folders: who may write what, and what is said when files are not as they were written."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from qm_harness.service.job_files import CANCEL, STATE, JobFiles
from qmcore.config.base import load_spec
from qmcore.config.experiment import ExperimentSpec
from qmcore.contracts.jobs import Job
from qmcore.errors import Conflict, NotFound
from qmcore.lake import Lake


def spec(name: str = "sweep", **sections: object) -> ExperimentSpec:
    return ExperimentSpec.model_validate({"name": name, "serving": "live"} | sections)


@pytest.fixture
def files(tmp_path: Path) -> JobFiles:
    return JobFiles(Lake(tmp_path))


def submit(files: JobFiles, name: str = "sweep") -> Job:
    return files.create(spec(name), workers=None, retry_failed=False)


def test_a_job_keeps_the_experiment_as_it_was_submitted(files: JobFiles) -> None:
    rich = spec(
        eval={
            "tp_ticks": {"low": 2, "high": 8, "step": 2},
            "thresholds": [0.1, 0.25],
            "costs": {"fee_ticks": 0.2},
        },
        sweep={
            "scoring": {"flow_tanh_scale": [2.0, 3.0]},
            "per_signal": {"pfp": {"lag_bins": {"low": 3, "high": 9, "step": 3}}, "derivative": {}},
            "search": "random",
            "n_trials": 7,
        },
    )
    job = files.create(rich, workers=3, retry_failed=True)
    assert load_spec(ExperimentSpec, files.experiment_file(job.job_id)) == rich
    request = files.request(job.job_id)
    assert (request.workers, request.retry_failed, request.experiment) == (3, True, "sweep")
    assert files.job(job.job_id) == job


def test_an_experiment_has_one_job_at_a_time(files: JobFiles) -> None:
    job = submit(files)
    with pytest.raises(Conflict, match=f"sweep is queued already as job {job.job_id}"):
        submit(files)
    other = submit(files, "other")
    files.cancel(job.job_id)
    again = submit(files)
    assert files.ids() == [again.job_id, other.job_id, job.job_id]
    assert [j.job_id for j in files.active()] == [again.job_id, other.job_id]


def test_only_the_holder_writes_and_nobody_else_gets_the_hold(files: JobFiles, tmp_path: Path) -> None:
    job_id = submit(files).job_id
    another_process = JobFiles(Lake(tmp_path))
    with files.hold(job_id) as held:
        assert held is not None
        running = held.write(state="running", worker="w", attempt=1)
        assert running.revision == 1
        with another_process.hold(job_id) as second:
            assert second is None
        asked = another_process.cancel(job_id)
        assert (asked.state, asked.cancel_requested) == ("running", True), "its worker is told"
        assert held.cancel_requested
        held.write(state="done", ended_at=dt.datetime.now(dt.UTC))
    with another_process.hold(job_id) as second:
        assert second is not None
        assert second.job.state == "done"


def test_a_waiting_job_is_cancelled_at_once_and_one_that_is_over_cannot_be(files: JobFiles) -> None:
    job_id = submit(files).job_id
    cancelled = files.cancel(job_id)
    assert (cancelled.state, cancelled.reason) == ("cancelled", "cancelled by request")
    assert files.cancel(job_id) == cancelled
    done = submit(files).job_id
    with files.hold(done) as held:
        assert held is not None
        held.write(state="done")
    with pytest.raises(Conflict, match="is done; there is nothing to cancel"):
        files.cancel(done)


def test_an_error_while_a_job_is_held_lets_it_go(files: JobFiles) -> None:
    job_id = submit(files).job_id
    with pytest.raises(BlockingIOError), files.hold(job_id):
        raise BlockingIOError("of something else")
    with files.hold(job_id) as held:
        assert held is not None


def test_names_that_are_no_jobs_are_not_looked_for(files: JobFiles, tmp_path: Path) -> None:
    job_id = submit(files).job_id
    (tmp_path / "secret").mkdir()
    for name in ("../../../secret", "..", "", ".", job_id.upper() + "X", "20250101000000"):
        with pytest.raises(NotFound, match="unknown job"):
            files.job(name)


def test_damaged_files_are_a_failure_in_words_and_spare_the_others(files: JobFiles, tmp_path: Path) -> None:
    damaged, whole = submit(files).job_id, submit(files, "other").job_id
    folder = Lake(tmp_path).jobs_dir
    (folder / damaged / STATE).write_text('{"job_id": 1}')
    fresh = JobFiles(Lake(tmp_path))
    job = fresh.job(damaged)
    assert job.state == "failed"
    assert "state.json is damaged" in job.reason
    assert [j.job_id for j in fresh.jobs()] == [whole, damaged]
    assert [j.job_id for j in fresh.active()] == [whole]
    shutil.rmtree(folder / whole)
    assert [j.job_id for j in fresh.jobs()] == [damaged]
    assert not (folder / damaged / CANCEL).exists()


def test_a_lake_without_jobs_has_none(files: JobFiles) -> None:
    assert (files.ids(), files.jobs()) == ([], [])
