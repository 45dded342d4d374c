"""Signals that a sweep trains: once, into artifacts that its runs name, and that serve the values it was judged by."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from qm_harness.columns_cache import ColumnCache
from qm_harness.dataset import Dataset
from qm_harness.evaluation import EvalMarket, EvalParams, evaluate_signal
from qm_harness.results.rows import Lineage
from qm_harness.training.once import TrainedOnce
from qmcore.artifacts import ArtifactStore
from qmcore.config.runtime import SignalSpec
from qmcore.lake import Lake
from qmcore.signals import replay

QUICK = {
    "horizon_bins": 10,
    "embargo_bins": 2,
    "min_train_bins": 110,
    "retrain_bins": 30,
    "train_window_bins": 150,
}
GBM = QUICK | {"trees": 5, "max_leaves": 4, "min_leaf_bins": 5}
EVAL = {"tp_ticks": [2, 4], "sl_ticks": 2, "cooldown_bins": 2, "warmup_bins": 50, "thresholds": [0.05, 0.1]}


def artifacts_of(lake: Lake) -> set[str]:
    """Names of the artifacts that are there."""
    return {path.stem for path in lake.artifact_path("0" * 64).parent.glob("*.qma")}


def test_a_sweep_trains_each_signal_once_and_its_runs_name_the_artifact(laboratory):
    laboratory.write(
        eval=EVAL | {"costs": {"entry": "mid"}},
        sweep={"per_signal": {"gbm": GBM | {"trees": [3, 5]}, "logit": QUICK, "ofi": {}}},
    )
    code, _, err = laboratory.qm("run", "sweep", "--workers", "2")
    assert (code, err) == (0, "")
    runs = laboratory.store.runs()
    assert len(runs) == 8
    named = {(run.meta.signal, json.loads(run.meta.params).get("trees")): set() for run in runs}
    for run in runs:
        named[run.meta.signal, json.loads(run.meta.params).get("trees")].add(run.meta.artifact)
    assert named.pop(("ofi", None)) == {None}
    assert all(len(names) == 1 for names in named.values())
    assert set.union(*named.values()) == artifacts_of(laboratory.lake)
    assert len(artifacts_of(laboratory.lake)) == 3

    (dataset_id,) = laboratory.lake.dataset_ids()
    data = ColumnCache(laboratory.lake, Dataset.open(laboratory.lake, dataset_id))
    touch = [data.bins(n) for n in ("best_bid_price_int", "best_ask_price_int", "mid_price")]
    market = EvalMarket.of(*touch, tick_int=data.config.tick_int, cell_width_ms=100)
    for run in runs:
        spec = SignalSpec(
            name=run.meta.signal, params=json.loads(run.meta.params), artifact=run.meta.artifact
        )
        values = replay(spec, data, ArtifactStore(laboratory.lake))
        rules = {
            "max_hold_bins": 1200,
            "warmup_bins": 50,
            "cooldown_bins": 2,
            "sl_ticks": 2.0,
            "entry": "mid",
        }
        done = evaluate_signal(values, market, EvalParams(tp_ticks=run.meta.tp_ticks, **rules), [0.05, 0.1])
        np.testing.assert_array_equal(np.array([row.period_pnl for row in run.rows]).T, done.period_pnl(128))
    assert sum(row.n_signals for run in runs for row in run.rows if run.meta.artifact) > 8


def test_a_training_that_fails_is_a_failed_point_and_the_rest_goes_on(laboratory):
    laboratory.write(
        eval=EVAL,
        sweep={
            "per_signal": {
                "logit": QUICK | {"min_train_bins": [110, 5000], "train_window_bins": 5000},
                "ofi": {},
            }
        },
    )
    laboratory.file.write_text(
        laboratory.file.read_text().replace("train_window_bins: 150", "train_window_bins: 5000")
    )
    code, _, err = laboratory.qm("run", "sweep")
    assert code == 1
    assert (
        "error: 2 points failed: signal logit: min_train_bins: with horizon and embargo the first training"
        in err
    )
    metas = laboratory.store.metas()
    assert {(meta.status, meta.artifact is None) for meta in metas if meta.signal == "logit"} == {
        ("ok", False),
        ("failed", True),
    }
    assert [meta.status for meta in metas if meta.signal == "ofi"] == ["ok", "ok"]


def lineage(**changes: object) -> Lineage:
    """A run of gbm."""
    fields = {name: info.annotation for name, info in Lineage.model_fields.items()}
    plain = {str: "x", int: 1, float: 1.0}
    return Lineage.model_validate({name: plain.get(kind) for name, kind in fields.items()} | changes)


def test_the_same_training_is_done_once_however_many_ask(tmp_path: Path) -> None:
    lake, made = Lake(tmp_path), []
    first = threading.Event()

    def make() -> bytes:
        made.append(threading.current_thread().name)
        first.wait(0.3)
        return b"a model"

    names: list[str] = []
    threads = [
        threading.Thread(
            target=lambda: names.append(TrainedOnce(lake, ArtifactStore(lake)).artifact(lineage(), make))
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert len(set(names)) == 1
    assert ArtifactStore(lake).load(names[0]) == b"a model"


TRAINING = """
import sys
import time
from pathlib import Path

from qm_harness.results.rows import Lineage
from qm_harness.training.once import TrainedOnce
from qmcore.artifacts import ArtifactStore
from qmcore.lake import Lake


def make():
    print("training", flush=True)
    time.sleep(60)


lake = Lake(Path(sys.argv[1]))
TrainedOnce(lake, ArtifactStore(lake)).artifact(Lineage.model_validate_json(sys.argv[2]), make)
"""


def test_a_process_that_dies_while_it_trains_leaves_no_hold_and_no_artifact(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TRAINING, str(tmp_path), lineage().model_dump_json()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "training\n"
        process.kill()
    lake = Lake(tmp_path)
    assert artifacts_of(lake) == set()
    name = TrainedOnce(lake, ArtifactStore(lake)).artifact(lineage(), lambda: b"another")
    assert ArtifactStore(lake).load(name) == b"another"


@pytest.mark.parametrize("change", ["dataset_hash", "signal", "params", "code_version", "seed"])
def test_whatever_changes_the_artifact_is_trained_anew(tmp_path: Path, change: str) -> None:
    lake = Lake(tmp_path)
    once = TrainedOnce(lake, ArtifactStore(lake))
    old = once.artifact(lineage(), lambda: b"one")
    assert once.artifact(lineage(), lambda: b"never") == old
    assert once.artifact(lineage(**{change: 2 if change == "seed" else "y"}), lambda: b"two") != old
    other = lineage(run_id="y", experiment="y", dataset_id="y", tp_ticks=9.0, cooldown_bins=7)
    assert once.artifact(other, lambda: b"never") == old


@pytest.mark.parametrize("damage", ["gone", "changed", "note"])
def test_a_note_whose_artifact_is_gone_or_damaged_is_not_believed(tmp_path: Path, damage: str) -> None:
    lake = Lake(tmp_path)
    once = TrainedOnce(lake, ArtifactStore(lake))
    name = once.artifact(lineage(), lambda: b"a model")
    if damage == "gone":
        lake.artifact_path(name).unlink()
    elif damage == "changed":
        lake.artifact_path(name).write_bytes(b"a modem")
    else:
        (note,) = (tmp_path / "cache" / "training").glob("*.txt")
        note.write_bytes(b"\xff../../..\n")
    assert once.artifact(lineage(), lambda: b"a model") == name
    assert ArtifactStore(lake).load(name) == b"a model"
