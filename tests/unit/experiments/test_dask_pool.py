"""The pool on a Dask scheduler: as the one on this machine, and what can go wrong between the two."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from functools import partial

import dask
import pytest
from distributed import LocalCluster

from qm_harness.experiments.dask_pool import DaskPool
from qm_harness.experiments.pool import Died, Done
from qmcore.errors import Unavailable
from tests.fixtures.dask_workers import workers
from tests.unit.experiments.processes import fatal_at_three, leave_mark, sleep, square, unready


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Two workers."""
    with workers(2) as made:
        yield made


@pytest.fixture
def address(cluster: LocalCluster) -> str:
    """Of a scheduler with two workers."""
    cluster.wait_for_workers(2, timeout=60)
    return cluster.scheduler_address


def test_every_job_ends_once_on_processes_elsewhere(address):
    with DaskPool(square, address, unready) as pool:
        assert pool.width == 2
        ends = list(pool.run(range(20)))
        assert sorted(end.job for end in ends) == list(range(20))
        assert all(isinstance(end, Done) and end.result[0] == end.job**2 for end in ends)
        assert len({end.result[1] for end in ends} - {os.getpid()}) == 2
        assert list(pool.run([])) == []
        assert [end.result[0] for end in pool.run([7])] == [49]


def test_jobs_of_one_process_are_done_in_turn(address):
    with DaskPool(sleep, address, unready) as pool:
        begun = time.monotonic()
        assert len(list(pool.run([0.25] * 8))) == 8
    assert time.monotonic() - begun >= 4 * 0.25  # two processes of two threads each


def test_results_come_as_they_end(address):
    with DaskPool(sleep, address, unready) as pool:
        assert [end.job for end in pool.run([1.0, 0.0])] == [0.0, 1.0]


def test_a_job_that_kills_its_worker_has_died_and_others_end(address):
    with DaskPool(fatal_at_three, address, unready) as pool:
        ends = {end.job: end for end in pool.run(range(8))}
        assert ends[3] == Died(3, "on each of 1 Dask workers that tried it")
        # What was on the same worker may be said to have died as well; alone it ends as it does.
        dead = [job for job, end in ends.items() if end == Died(job, ends[3].how)]
        assert 3 in dead
        assert len(dead) < 8
        assert [list(pool.run([job])) for job in (4, 5, 7)] == [
            [Done(4, 4)],
            [Died(5, "ValueError: five")],
            [Done(7, 7)],
        ]


def test_a_worker_that_is_not_ready_computes_nothing(address):
    with DaskPool(square, address, unready) as pool, pytest.raises(Unavailable) as raised:
        list(pool.run([1, -1]))
    assert str(raised.value).startswith("Dask worker tcp://127.0.0.1:")
    assert raised.value.problem == "has nothing to do with -1"


def test_what_the_pulse_raises_cancels_what_has_not_begun(address, tmp_path):
    def pulse() -> None:
        if time.monotonic() - begun > 0.5:
            raise KeyError("enough")

    with DaskPool(partial(leave_mark, tmp_path), address, unready) as pool:
        begun = time.monotonic()
        with pytest.raises(KeyError, match="enough"):
            list(pool.run(range(40), pulse))
        assert time.monotonic() - begun < 5
        # The workers are free as soon as what they had begun has ended.
        assert list(pool.run([41])) == [Done(41, 41)]
    assert 1 < len(list(tmp_path.iterdir())) < 20


def test_a_scheduler_that_is_not_there_is_said_to_be_unavailable(monkeypatch):
    monkeypatch.setattr("qm_harness.experiments.dask_pool._CONNECT_SECONDS", 1.0)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        begun = time.monotonic()
        with (
            pytest.raises(Unavailable, match=f"Dask scheduler {address} is unavailable: cannot be reached"),
            DaskPool(square, address, unready),
        ):
            pass
    assert time.monotonic() - begun < 20


def test_a_scheduler_without_workers_is_said_to_have_none(monkeypatch):
    monkeypatch.setattr("qm_harness.experiments.dask_pool._WORKERS_SECONDS", 0.5)
    with (
        workers(0) as empty,
        pytest.raises(Unavailable, match=r"has had no worker for 0\.5 s"),
        DaskPool(square, empty.scheduler_address, unready),
    ):
        pass


def test_workers_that_are_gone_for_long_are_missed(monkeypatch):
    monkeypatch.setattr("qm_harness.experiments.dask_pool._WORKERS_SECONDS", 1.0)
    with (
        workers(1) as leaving,
        DaskPool(sleep, leaving.scheduler_address, unready) as pool,
        contextlib.closing(pool.run([0.0, *[60.0] * 6])) as running,
    ):
        assert next(running) == Done(0.0, 0.0)
        leaving.scale(0)
        with pytest.raises(Unavailable, match=r"has had no worker for 1 s"):
            list(running)


def test_a_scheduler_that_goes_away_ends_the_sweep():
    settings = {"distributed.comm.timeouts.connect": "1s"}
    with dask.config.set(settings):
        cluster = LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=False,
            host="127.0.0.1",
            scheduler_port=0,
            protocol="tcp",
            dashboard_address=":0",
        )
        begun = time.monotonic()
        with DaskPool(sleep, cluster.scheduler_address, unready) as pool:
            running = pool.run([0.0, 3.0, 3.0, 3.0])
            assert next(running) == Done(0.0, 0.0)
            cluster.close(timeout=10)
            with pytest.raises(Unavailable, match="went away"):
                list(running)
    assert time.monotonic() - begun < 60
