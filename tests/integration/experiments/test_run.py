"""``qm run``: a sweep from three files to results, what it does not do twice, and what it survives."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import multiprocessing
import signal
import time

import numpy as np
import psutil
import pyarrow.parquet as pq
import pytest

from qm_harness.columns_cache import ColumnCache
from qm_harness.dataset import Dataset
from qm_harness.evaluation import EvalMarket, EvalParams, evaluate_signal
from qm_harness.experiments.runner import Standing, Watchers, run_experiment
from qm_harness.generate import Advance
from qm_harness.results.store import META_DIR
from qmcore import signals
from qmcore.config.runtime import SignalSpec
from qmcore.errors import Cancelled


def summary(out: str) -> dict[str, object]:
    """The one row that ``qm run --format json`` prints."""
    (row,) = json.loads(out)
    return row


def test_a_sweep_makes_its_dataset_and_evaluates_every_point(laboratory):
    code, out, err = laboratory.qm("run", "sweep", "--format", "json")
    assert (code, err) == (0, "")
    assert summary(out).items() >= {"points": 16, "reused": 0, "finished": 16, "failed": 0}.items()
    (name,) = laboratory.lake.dataset_ids()
    runs = laboratory.store.runs()
    points = {(r.meta.signal, r.meta.cooldown_bins, r.meta.tp_ticks, r.meta.sl_ticks) for r in runs}
    assert points == set(itertools.product(("derivative", "ofi"), (2, 5), (2.0, 4.0), (2.0, 4.0)))
    assert len(runs) == 16

    cache = ColumnCache(laboratory.lake, Dataset.open(laboratory.lake, name))
    touch = [cache.bins(n) for n in ("best_bid_price_int", "best_ask_price_int", "mid_price")]
    market = EvalMarket.of(*touch, tick_int=cache.config.tick_int, cell_width_ms=100)
    for each in runs:
        values = signals.replay(SignalSpec(name=each.meta.signal), cache)
        params = EvalParams(
            tp_ticks=each.meta.tp_ticks,
            sl_ticks=each.meta.sl_ticks,
            cooldown_bins=each.meta.cooldown_bins,
            max_hold_bins=1200,
            warmup_bins=50,
            entry="mid",
        )
        done = evaluate_signal(values, market, params, [0.1, 0.3])
        for row, expected in zip(each.rows, done.rows, strict=True):
            assert {name: value for name, value in row if name in dict(expected)} == dict(expected)
        np.testing.assert_array_equal(np.array([row.period_pnl for row in each.rows]).T, done.period_pnl(128))


def test_what_is_finished_is_not_run_again_and_a_longer_sweep_only_adds(laboratory):
    laboratory.qm("run", "sweep")
    first = laboratory.store.runs()
    _, out, _ = laboratory.qm("run", "sweep", "--format", "json")
    assert summary(out).items() >= {"points": 16, "reused": 16, "finished": 0}.items()
    assert laboratory.store.runs() == first
    laboratory.write(sweep={"per_signal": {"derivative": {}, "ofi": {}, "queue_imbalance": {}}})
    _, out, _ = laboratory.qm("run", str(laboratory.file), "--workers", "1", "--format", "json")
    assert summary(out).items() >= {"points": 24, "reused": 16, "finished": 8}.items()
    assert [run for run in laboratory.store.runs() if run in first] == first


def test_a_sweep_of_scoring_makes_a_dataset_for_each(laboratory):
    laboratory.write(
        eval={"warmup_bins": 50, "tp_ticks": 2},
        sweep={"scoring": {"state_model_tanh_scale": [1, 3]}, "per_signal": {"derivative": {}}},
    )
    code, out, _ = laboratory.qm("run", "sweep", "--format", "json")
    assert (code, summary(out)["points"]) == (0, 2)
    runs = sorted(laboratory.store.runs(), key=lambda run: run.meta.scoring)
    assert [json.loads(run.meta.scoring) for run in runs] == [
        {"state_model_tanh_scale": 1},
        {"state_model_tanh_scale": 3},
    ]
    assert {run.meta.dataset_id for run in runs} == set(laboratory.lake.dataset_ids())
    scales = [
        Dataset.open(laboratory.lake, run.meta.dataset_id).config.state_model_tanh_scale for run in runs
    ]
    assert scales == [1, 3]


def test_a_point_that_fails_is_recorded_and_the_rest_goes_on(laboratory):
    laboratory.write(
        eval={"warmup_bins": 50, "tp_ticks": [2, 4]},
        sweep={"per_signal": {"ofi": {}, "raising": {"number": [1, 2]}, "deadly": {"number": [2, 3]}}},
    )
    code, out, err = laboratory.qm("run", "sweep", "--format", "json")
    assert code == 1
    assert summary(out).items() >= {"points": 10, "finished": 6, "failed": 4}.items()
    assert sorted(line for line in err.splitlines() if line.startswith("error: ")) == [
        "error: 2 points failed: ValueError: 1 is odd",
        "error: 2 points failed: its process died (killed by signal 9)",
    ]
    failed = [run for run in laboratory.store.runs() if run.meta.status == "failed"]
    assert {(r.meta.signal, json.loads(r.meta.params)["number"], r.rows) for r in failed} == {
        ("raising", 1, ()),
        ("deadly", 3, ()),
    }
    code, out, _ = laboratory.qm("run", "sweep", "--format", "json")
    assert (code, summary(out)["reused"], summary(out)["failed"]) == (1, 10, 4)
    code, out, _ = laboratory.qm("run", "sweep", "--format", "json", "--retry-failed")
    assert (code, summary(out)["reused"], summary(out)["failed"]) == (1, 6, 4)


def test_killed_in_the_middle_and_resumed_no_point_is_lost_and_none_is_there_twice(laboratory):
    numbers = list(range(1000, 1012))  # a fifth of a second a signal
    laboratory.write(
        eval={"warmup_bins": 50, "thresholds": [0.2], "tp_ticks": [2, 3, 4]},
        sweep={"per_signal": {"sober": {"number": numbers}}},
    )
    planned = {(number, tp) for number in numbers for tp in (2.0, 3.0, 4.0)}
    kills, orphans, before = 0, [], 0
    for _ in range(2):
        process = laboratory.start("run", "sweep")
        try:
            until = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < until:
                found = points_of(laboratory)
                assert found <= planned
                if before < len(found):
                    orphans += psutil.Process(process.pid).children(recursive=True)
                    process.kill()
                    kills += 1
                    break
                time.sleep(0.01)
        finally:
            process.kill()
            process.communicate()
        before = len(points_of(laboratory))
        assert before < len(planned)
    assert kills == 2
    _, alive = psutil.wait_procs(orphans, timeout=20)
    assert alive == []
    code, out, err = laboratory.qm("run", "sweep", "--format", "json")
    assert (code, err) == (0, "")
    assert summary(out).items() >= {"points": 36, "reused": before, "finished": 36 - before}.items()
    assert points_of(laboratory) == planned
    parts = (laboratory.lake.results_dir / META_DIR).glob("*.parquet")
    appended = [run_id for part in parts for run_id in pq.read_table(part)["run_id"].to_pylist()]
    assert len(appended) == len(set(appended)) == 36


def test_interrupted_it_ends_at_once_with_all_its_processes(laboratory):
    laboratory.write(sweep={"per_signal": {"sober": {"number": [100_000, 100_001]}}})  # twenty seconds each
    with laboratory.start("run", "sweep") as process:
        while process.poll() is None and not any(laboratory.lake.root.glob("cache/columns/*/*/*.npy")):
            time.sleep(0.01)
        children = psutil.Process(process.pid).children()
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, "", "interrupted\n")
    assert len(children) >= 2
    assert psutil.wait_procs(children, timeout=5)[1] == []
    assert time.monotonic() - begun < 10
    assert laboratory.store.runs() == []


def points_of(laboratory) -> set[tuple[int, float]]:
    """What is in the store; every run is there with its results, and once."""
    runs = laboratory.store.runs()
    found = {(json.loads(run.meta.params)["number"], run.meta.tp_ticks) for run in runs}
    assert len(found) == len(runs)
    assert all(len(run.rows) == 1 for run in runs)
    return found


def test_a_cancelled_experiment_keeps_what_had_ended_and_goes_on_from_there(laboratory):
    stand: list[Standing] = []
    with pytest.raises(Cancelled, match="experiment sweep was cancelled"):
        run_experiment(
            laboratory.plan(),
            laboratory.lake,
            Watchers(sweep=stand.append),
            workers=1,
            cancelled=lambda: bool(stand) and stand[-1].finished > 0,
        )
    kept = laboratory.store.runs()
    assert 0 < len(kept) == stand[-1].finished < 16
    assert multiprocessing.active_children() == []
    ended = run_experiment(laboratory.plan(), laboratory.lake, workers=1)
    assert ended.standing == Standing(16, len(kept), 16 - len(kept), 0)
    assert [run for run in laboratory.store.runs() if run in kept] == kept


def test_cancelled_while_a_dataset_is_made_it_leaves_none(laboratory):
    advances: list[Advance] = []
    with pytest.raises(Cancelled):
        run_experiment(
            laboratory.plan(),
            laboratory.lake,
            Watchers(dataset=lambda label: contextlib.nullcontext(advances.append)),
            cancelled=lambda: bool(advances),
        )
    assert len(advances) == 1
    assert laboratory.lake.dataset_ids() == []
    assert laboratory.store.runs() == []


def test_an_experiment_is_run_by_one_process_at_a_time(laboratory):
    held = laboratory.lake.results_dir / ".running" / "sweep"
    held.parent.mkdir(parents=True)
    with held.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        code, out, err = laboratory.qm("run", "sweep")
    assert (code, out) == (1, "")
    assert err == "error: experiment sweep is being run by another process\n"
    assert laboratory.lake.dataset_ids() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"serving": "dead"}, "serving: no serving 'dead' in "),
        ({"sweep": {"per_signal": {"magic": {}}}}, "sweep.per_signal.magic: unknown signal; allowed: "),
        (
            {"sweep": {"per_signal": {"ofi": {"luck": 1}}}},
            "sweep.per_signal.ofi.luck: unknown parameter; allowed: ",
        ),
        (
            {"sweep": {"scoring": {"flow_zscore_min_periods": 301}}},
            "flow_zscore_min_periods must not exceed ",
        ),
    ],
)
def test_bad_input_is_refused_before_anything_is_made(laboratory, changes, said):
    laboratory.write(**changes)
    code, out, err = laboratory.qm("run", "sweep")
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {laboratory.file}: ")
    assert said in err
    assert laboratory.lake.dataset_ids() == []
    assert not laboratory.lake.results_dir.exists()


def test_a_warm_up_that_leaves_too_little_is_refused(laboratory):
    laboratory.write(eval={"warmup_bins": 169})
    code, _, err = laboratory.qm("run", "sweep")
    (name,) = laboratory.lake.dataset_ids()
    assert code == 2
    assert err == (
        f"error: {laboratory.file}: eval.warmup_bins: leaves fewer than 32 of the 200 bins of {name}; "
        "allowed: 0 to 168\n"
    )


def test_the_winner_of_a_sweep_is_looked_at_with_compare(laboratory):
    laboratory.qm("run", "sweep")
    code, out, _ = laboratory.qm("compare", "--experiment", "sweep", "--min-signals", "1", "--format", "json")
    rows = json.loads(out)
    assert code == 0
    assert 0 < len(rows) <= 16
    assert [r["mean_pnl_ticks"] for r in rows] == sorted((r["mean_pnl_ticks"] for r in rows), reverse=True)
    assert {r["n_trials"] for r in rows} == {32}


def test_a_user_s_signal_is_listed_with_its_parameters(laboratory):
    code, out, _ = laboratory.qm("list-signals", "--format", "json")
    assert code == 0
    found = [row for row in json.loads(out) if row["signal"] == "sober"]
    assert [(row["parameter"], row["default"], row["allowed"]) for row in found] == [("number", 0, "int")]
    assert {"derivative", "ofi", "raising"} <= {row["signal"] for row in json.loads(out)}
