"""``qm compare``: the order of runs, and that no attempt is forgotten."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from qm_harness.results.comparison import SMALLER_IS_BETTER, SORTS, CompareRow, ranked
from qm_harness.results.judged import judged_trials
from qm_harness.results.store import ResultStore, Run
from qmcore.cli import main
from qmcore.lake import Lake
from tests.unit.results.rows import meta, row


def noise(seed: int) -> tuple[float, ...]:
    return tuple(np.random.default_rng(seed).normal(size=40).tolist())


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Two runs of one experiment, a failed one, and one of another experiment."""
    made = Lake(tmp_path)
    a = Run(
        meta("a"),
        (
            row("a", 0.4, noise(1), mean_pnl_ticks=0.5, n_signals=50, p_value=0.01),
            row("a", 0.6, noise(2), mean_pnl_ticks=2.0, n_signals=4),
        ),
    )
    b = Run(
        meta("b", 1, signal="ofi"),
        (
            row("b", 0.4, noise(3), mean_pnl_ticks=1.0, mean_pnl_low=0.2, p_value=0.001, sl_rate=0.3),
            row("b", 0.6, noise(4), mean_pnl_ticks=-1.0, p_value=0.9, sl_rate=0.1),
        ),
    )
    c = Run(meta("c", 2, error="no luck"))
    d = Run(meta("d", 3, experiment="other"), (row("d", 0.4, noise(5), mean_pnl_ticks=9.0, p_value=0.04),))
    ResultStore(made).append([a, b, c, d])
    return made


def compare(lake: Lake, *options: object) -> Result:
    return CliRunner().invoke(
        main, ["compare", "--lake-root", str(lake.root), "--format", "json", *map(str, options)]
    )


def rows(lake: Lake, *options: object) -> list[CompareRow]:
    result = compare(lake, *options)
    assert (result.exit_code, result.stderr) == (0, "")
    return [CompareRow.model_validate(document) for document in json.loads(result.stdout)]


def test_runs_are_ranked_by_net_expectancy_at_their_best_threshold_with_enough_signals(lake):
    assert [(r.run_id, r.threshold, r.mean_pnl_ticks) for r in rows(lake)] == [
        ("d", 0.4, 9.0),
        ("b", 0.4, 1.0),
        ("a", 0.4, 0.5),
    ]
    assert [(r.run_id, r.threshold) for r in rows(lake, "--min-signals", 4)][1] == ("a", 0.6)
    assert [r.run_id for r in rows(lake, "--top-n", 1)] == ["d"]


def test_what_is_better_when_small_is_sorted_so_and_what_is_unknown_comes_last(lake):
    by_p = rows(lake, "--sort", "p_value", "--experiment", "sweep")
    assert [(r.run_id, r.threshold) for r in by_p] == [("b", 0.4), ("a", 0.4)]
    by_stops = rows(lake, "--sort", "sl_rate", "--experiment", "sweep")
    assert [(r.run_id, r.sl_rate) for r in by_stops] == [("b", 0.1), ("a", None)]


def test_filters_leave_out_runs_but_not_attempts(lake):
    (only,) = rows(lake, "--signal", "ofi")
    # Two runs of two thresholds, and the failed one's two.
    assert (only.run_id, only.n_trials) == ("b", 6)
    assert only.holm_p == pytest.approx(6 * 0.001)
    assert only.benjamini_yekutieli_p == pytest.approx(6 * 0.001 * sum(1 / i for i in range(1, 7)))
    assert only.is_winner
    assert [r.run_id for r in rows(lake, "--dataset-id", only.dataset_id)] == ["d", "b", "a"]


def test_trials_that_were_planned_count_before_they_are_run(lake):
    ResultStore(lake).append([Run(meta("e", 4, n_trials=1000), (row("e"),))])
    (only,) = rows(lake, "--signal", "ofi")
    assert (only.n_trials, only.is_winner) == (1000, False)
    assert only.holm_p == 1.0


def test_runs_of_other_days_are_judged_apart_and_counted_together(lake):
    other_day = meta("f", 5, dataset_id="ES_20250204_0930_1030__m__01234567")
    ResultStore(lake).append([Run(other_day, (row("f", 0.4, noise(6)[:20], p_value=0.02),))])
    trials = {(t.meta.run_id, t.row.threshold): t for t in judged_trials(ResultStore(lake), lambda _: True)}
    assert trials["f", 0.4].n_trials == trials["b", 0.4].n_trials == 8
    assert trials["f", 0.4].overfitting_probability is None
    assert trials["b", 0.4].overfitting_probability is not None


def test_unknown_names_and_columns_are_answered_with_those_there_are(lake):
    for option, value, said in (
        (
            "--sort",
            "luck",
            "error: --sort: 'luck' is not allowed; allowed: cooldown_bins, tp_ticks, sl_ticks, ",
        ),
        (
            "--signal",
            "magic",
            "error: unknown signal among the results 'magic'; there are: derivative, ofi\n",
        ),
        ("--experiment", "x", "error: unknown experiment among the results 'x'; there are: other, sweep\n"),
    ):
        result = compare(lake, option, value)
        assert result.exit_code == 2
        assert result.stderr.startswith(said)


def test_every_number_can_be_sorted_by(lake):
    trials = judged_trials(ResultStore(lake), lambda _: True)
    assert set(SORTS) >= SMALLER_IS_BETTER | {
        "mean_pnl_ticks",
        "tp_rate",
        "events_per_hour",
        "deflated_sharpe",
    }
    for sort in SORTS:
        values = [getattr(r, sort) for r in ranked(trials, sort=sort)]
        known = [value for value in values if value is not None]
        assert known == sorted(known, reverse=sort not in SMALLER_IS_BETTER)
        assert values == known + [None] * (len(values) - len(known))


def test_no_results_are_no_rows(tmp_path):
    assert rows(Lake(tmp_path)) == []
