"""What MLflow is told of a point and of a sweep."""

from __future__ import annotations

from typing import Final

import pytest

from qm_harness.results.judged import Trial
from qm_harness.results.store import Run
from qm_harness.tracking.entries import LONGEST_PARAM, LONGEST_TAG, Figure, entry_of
from qm_harness.tracking.sweep_entry import sweep_end
from tests.unit.results.rows import meta, row, sample

LUCKY: Final = {"mean_pnl_ticks": 3.0, "mean_pnl_low": -1.0, "mean_pnl_high": 5.0}


def of(key: str, figures: list[Figure]) -> dict[int, float]:
    return {figure.step: figure.value for figure in figures if figure.key == key}


def test_thresholds_are_steps_in_their_order_and_what_is_unknown_is_left_out():
    rows = (row("a", 0.6, mean_pnl_ticks=0.25), row("a", 0.2), row("a", 0.4, mean_pnl_ticks=-1.0))
    figures = list(entry_of(Run(meta("a"), rows)).figures)
    assert of("thresholds/threshold", figures) == {0: 0.2, 1: 0.4, 2: 0.6}
    assert of("thresholds/mean_pnl_ticks", figures) == {1: -1.0, 2: 0.25}
    assert of("thresholds/in_sample_pnl_ticks", figures) == {0: 1.0, 1: 1.0, 2: 1.0}
    assert of("thresholds/p_value", figures) == {}


def test_the_best_threshold_is_the_best_of_those_with_enough_trades():
    few = row("a", 0.8, mean_pnl_ticks=9.0).model_copy(update={"enough_signals": False})
    rows = (row("a", 0.2, mean_pnl_ticks=-2.0), row("a", 0.4, **LUCKY), row("a", 0.6, **LUCKY), few)
    figures = list(entry_of(Run(meta("a"), rows)).figures)
    assert of("best_threshold", figures) == {0: 0.4}
    assert of("best_mean_pnl_ticks", figures) == {0: 3.0}
    assert of("best_mean_pnl_low", figures) == {0: -1.0}
    nothing = list(entry_of(Run(meta("a"), (few,))).figures)
    assert [figure for figure in nothing if figure.key.startswith("best_")] == []


def test_a_point_says_what_it_is_made_of():
    made = meta("a", params='{"lag_bins":5,"odd":true}', scoring='{"flow_tanh_scale":3}', artifact="f" * 64)
    entry = entry_of(Run(made))
    assert (
        entry.params.items()
        >= {
            "signal": "derivative",
            "derivative.lag_bins": "5",
            "derivative.odd": "True",
            "scoring.flow_tanh_scale": "3",
            "tp_ticks": "8.0",
        }.items()
    )
    assert entry.tags.items() >= {"qm.run_id": "a", "qm.dataset_hash": "d", "qm.artifact": "f" * 64}.items()
    assert (entry.status, entry.ended_ms - entry.started_ms) == ("FINISHED", 500)
    assert entry.ended_ms == made.created_at.timestamp() * 1000


def test_what_is_too_long_for_mlflow_is_cut():
    entry = entry_of(Run(meta("a", error="x" * 9999, params=f'{{"text":"{"y" * 9999}"}}')))
    assert (entry.status, len(entry.tags["qm.error"])) == ("FAILED", LONGEST_TAG)
    assert len(entry.params["derivative.text"]) == LONGEST_PARAM


def trial(run_id: str, pnl: float | None, *, winner: bool = False, enough: bool = True) -> Trial:
    made = row(run_id, 0.4, mean_pnl_ticks=pnl).model_copy(
        update={"enough_signals": enough, "out_of_sample": sample(mean_pnl_ticks=0.5)}
    )
    return Trial(meta(run_id), made, 32, 0.04, 0.05, 0.9, winner, 0.25, None)


def test_a_sweep_s_end_is_its_best_trial_and_what_is_left_of_all():
    trials = [trial("a", 1.0), trial("b", 2.0, winner=True), trial("c", 7.0, enough=False), trial("d", None)]
    metas = [meta("a"), meta("b"), meta("c", dataset_id="other"), meta("d", error="boom")]
    end = sweep_end(metas, trials, [])
    assert {figure.key: figure.value for figure in end.figures} == {
        "points": 4,
        "failed_points": 1,
        "trials": 32,
        "winners": 1,
        "overfitting_probability": 0.25,
        "best_mean_pnl_ticks": 2.0,
        "best_in_sample_pnl_ticks": 1.0,
        "best_out_of_sample_pnl_ticks": 0.5,
        "best_n_signals": 10,
        "best_threshold": 0.4,
        "best_holm_p": 0.04,
        "best_deflated_sharpe": 0.9,
    }
    assert (end.status, end.tags["qm.best_run_id"]) == ("FINISHED", "b")
    assert end.tags["qm.dataset_id"] == f"{metas[0].dataset_id}, other"


@pytest.mark.parametrize("trials", [[], [trial("a", None)]])
def test_a_sweep_without_a_ranked_trial_has_no_best(trials):
    end = sweep_end([meta("a")], trials, [])
    assert "qm.best_run_id" not in end.tags
    assert [figure.key for figure in end.figures if figure.key.startswith("best_")] == []
