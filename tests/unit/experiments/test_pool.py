"""The pool: every job ends once, a death is that of one job, and nothing is left behind."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest

import tests
from qm_harness.experiments.pool import Died, Done, WorkerPool
from tests.unit.experiments.processes import fatal_at_three, sleep, square


@pytest.fixture(autouse=True)
def _children_find_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(tests.__path__[0]).parent))


def test_every_job_ends_once_on_a_bounded_number_of_processes():
    with WorkerPool(square, 2) as pool:
        ends = list(pool.run(range(20)))
    assert sorted(end.job for end in ends) == list(range(20))
    assert all(isinstance(end, Done) and end.result[0] == end.job**2 for end in ends)
    assert len({end.result[1] for end in ends}) <= 2
    assert multiprocessing.active_children() == []


def test_a_death_ends_its_own_job_and_no_other():
    with WorkerPool(fatal_at_three, 2) as pool:
        ends = {end.job: end for end in pool.run(range(8))}
    assert ends.pop(3) == Died(3, "killed by signal 9")
    assert ends.pop(5) == Died(5, "exit code 1")
    assert ends == {job: Done(job, job) for job in (0, 1, 2, 4, 6, 7)}


def test_no_jobs_start_no_process():
    with WorkerPool(square, 2) as pool:
        assert list(pool.run([])) == []
        assert multiprocessing.active_children() == []


def test_the_processes_of_one_list_of_jobs_work_on_the_next():
    with WorkerPool(square, 2) as pool:
        first, second = ({end.result[1] for end in pool.run(range(20))} for _ in range(2))
        assert second <= first
    assert multiprocessing.active_children() == []


def test_leaving_early_ends_the_processes_in_the_middle_of_their_jobs():
    begun = time.monotonic()
    running = WorkerPool(sleep, 2).run([0.0, 60.0, 60.0])
    assert next(running) == Done(0.0, 0.0)
    running.close()
    assert multiprocessing.active_children() == []
    assert time.monotonic() - begun < 20


def test_a_pulse_that_raises_ends_the_processes_in_the_middle_of_their_jobs():
    begun = time.monotonic()
    ends: list[Done[float, float]] = []

    def pulse() -> None:
        if ends:
            raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        ends.extend(WorkerPool(sleep, 2).run([0.0, 60.0, 60.0], pulse))  # extends one by one
    assert ends == [Done(0.0, 0.0)]
    assert multiprocessing.active_children() == []
    assert time.monotonic() - begun < 20
