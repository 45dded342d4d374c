"""``search: tpe``: the same sweep whoever works on it, whatever interrupts it, and whatever fails in it."""

from __future__ import annotations

import json
import time

import psutil
import pyarrow.parquet as pq
import pytest

from qm_harness.experiments.runner import Standing, Watchers, run_experiment
from qm_harness.results.store import META_DIR
from tests.integration.experiments.test_run import summary

TRADING = {
    "warmup_bins": 20,
    "thresholds": [0.1, 0.3],
    "min_signals": 2,
    "tp_ticks": [1, 2, 4],
    "sl_ticks": [1, 2],
    "cooldown_bins": [2, 5, 9],
    "costs": {"entry": "mid"},
}
TPE = {
    "per_signal": {"pfp": {"lag_bins": {"low": 1, "high": 9, "step": 1}}, "ofi": {}},
    "search": "tpe",
    "n_trials": 24,
    "round_size": 8,
    "seed": 3,
}


def points_of(laboratory) -> list[tuple[object, ...]]:
    """What is in the store, sorted; every run is there with its results, and once."""
    runs = laboratory.store.runs()
    assert all(len(run.rows) == 2 or run.meta.status == "failed" for run in runs)
    found = [
        (m.signal, m.params, m.scoring, m.cooldown_bins, m.tp_ticks, m.sl_ticks)
        for m in (run.meta for run in runs)
    ]
    assert len(set(found)) == len(found)
    return sorted(found)


def appended(laboratory) -> list[str]:
    parts = (laboratory.lake.results_dir / META_DIR).glob("*.parquet")
    return [run_id for part in parts for run_id in pq.read_table(part)["run_id"].to_pylist()]


def test_the_same_spec_visits_the_same_points_however_many_work_on_it(laboratory):
    laboratory.write(eval=TRADING, sweep=TPE)
    seen: list[Standing] = []
    ended = run_experiment(laboratory.plan(), laboratory.lake, Watchers(sweep=seen.append), workers=1)
    points = points_of(laboratory)
    assert ended.standing == Standing(24, 24 - len(points), len(points), 0)
    assert all(s.finished + s.failed + s.reused <= s.total == 24 for s in seen)
    assert {run.meta.n_trials for run in laboratory.store.runs()} == {24 * 2}

    # Again with nothing but the results of the first round, as if it had been interrupted, and with more hands.
    first = {run.meta.run_id for run in laboratory.store.runs()[:5]}
    kept = [run for run in laboratory.store.runs() if run.meta.run_id in first]
    for part in laboratory.lake.results_dir.rglob("*.parquet"):
        if part.is_file():
            part.unlink()
    laboratory.store.append(kept)
    again = run_experiment(laboratory.plan(), laboratory.lake, workers=3)
    assert points_of(laboratory) == points
    assert again.standing == Standing(24, 24 - len(points) + 5, len(points) - 5, 0)
    assert run_experiment(laboratory.plan(), laboratory.lake).standing == Standing(24, 24, 0, 0)
    assert points_of(laboratory) == points


def test_scorings_are_made_as_they_are_suggested(laboratory):
    scorings = {"state_model_tanh_scale": [1, 2, 3, 4, 5, 6, 7, 8, 9]}
    laboratory.write(
        eval=TRADING | {"tp_ticks": 2, "sl_ticks": 2},
        sweep=TPE | {"scoring": scorings, "per_signal": {"derivative": {}}, "n_trials": 4, "round_size": 2},
    )
    code, out, err = laboratory.qm("run", "sweep", "--format", "json")
    assert (code, err) == (0, "")
    assert summary(out)["points"] == 4
    runs = laboratory.store.runs()
    suggested = {json.loads(run.meta.scoring)["state_model_tanh_scale"] for run in runs}
    assert 1 < len(suggested) <= 4
    assert {run.meta.dataset_id for run in runs} == set(laboratory.lake.dataset_ids())
    assert len(laboratory.lake.dataset_ids()) == len(suggested)


def test_points_that_fail_are_told_so_and_the_search_goes_on(laboratory):
    laboratory.write(
        eval=TRADING,
        sweep=TPE
        | {"per_signal": {"ofi": {}, "raising": {"number": [0, 1, 2, 3]}, "deadly": {"number": [2, 3]}}},
    )
    code, out, _ = laboratory.qm("run", "sweep", "--format", "json")
    assert code == 1
    row = summary(out)
    assert row["points"] == row["reused"] + row["finished"] + row["failed"] == 24
    failed = {
        (run.meta.signal, json.loads(run.meta.params)["number"], run.meta.error)
        for run in laboratory.store.runs()
        if run.meta.status == "failed"
    }
    assert failed
    assert failed <= {
        ("raising", 1, "ValueError: 1 is odd"),
        ("raising", 3, "ValueError: 3 is odd"),
        ("deadly", 3, "its process died (killed by signal 9)"),
    }
    points = points_of(laboratory)
    code, out, _ = laboratory.qm("run", "sweep", "--format", "json", "--workers", "3")
    assert (code, summary(out)["reused"]) == (1, 24)
    assert points_of(laboratory) == points


def test_killed_in_the_middle_and_resumed_it_ends_as_if_nothing_had_been(laboratory):
    numbers = {"low": 1000, "high": 1020, "step": 1}  # a fifth of a second a signal
    sweep = TPE | {"per_signal": {"sober": {"number": numbers}}, "n_trials": 32}
    laboratory.write(eval=TRADING, sweep=sweep)
    orphans, before = [], 0
    for _ in range(2):
        process = laboratory.start("run", "sweep", "--workers", "2")
        try:
            until = time.monotonic() + 120
            while process.poll() is None and time.monotonic() < until:
                if len(points_of(laboratory)) > before:  # readable all the while
                    orphans += psutil.Process(process.pid).children(recursive=True)
                    break
                time.sleep(0.01)
        finally:
            killed = process.poll() is None
            process.kill()
            process.communicate()
        assert killed
        before = len(points_of(laboratory))
    assert psutil.wait_procs(orphans, timeout=20)[1] == []
    code, out, err = laboratory.qm("run", "sweep", "--format", "json")
    assert (code, err) == (0, "")
    points = points_of(laboratory)
    assert before < len(points)
    assert summary(out).items() >= {"points": 32, "finished": len(points) - before, "failed": 0}.items()
    ids = appended(laboratory)
    assert len(ids) == len(set(ids)) == len(points)

    for part in laboratory.lake.results_dir.rglob("*.parquet"):
        if part.is_file():
            part.unlink()
    code, _, err = laboratory.qm("run", "sweep", "--workers", "3")  # undisturbed, with other hands
    assert (code, err) == (0, "")
    assert points_of(laboratory) == points


@pytest.mark.parametrize(
    "option", [["--workers", "2", "--dask", "tcp://127.0.0.1:8786"], ["--dask", "there"]]
)
def test_options_that_make_no_sense_are_refused(laboratory, option):
    code, out, err = laboratory.qm("run", "sweep", *option)
    assert (code, out) == (2, "")
    assert "is not allowed; allowed: " in err
    assert laboratory.lake.dataset_ids() == []
