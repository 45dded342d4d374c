"""Charts: what is drawn, from known numbers."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from qm_harness.report import charts
from qm_harness.report.charts import best_inside, equity_and_drawdown
from tests.unit.results.rows import row


def test_equity_adds_up_periods_and_drawdown_is_the_way_from_its_highest(findings):
    trial = replace(findings.ranked()[0], row=row("good", 0.4, (1.0, 2.0, -4.0, 1.0, 5.0)))
    worth, depth = equity_and_drawdown(trial)
    assert worth.tolist() == [0, 1, 3, -1, 0, 5]
    assert depth.tolist() == [0, 0, 0, -4, -3, 0]


def test_each_run_is_shown_at_the_threshold_that_its_past_would_have_chosen(findings):
    chosen = best_inside(findings)
    # All thresholds look the same in sample: the lowest one is taken.
    assert [(run_id, trial.row.threshold) for run_id, trial in chosen.items()] == [
        ("few", 0.2),
        ("good", 0.2),
        ("poor", 0.2),
    ]
    thin = replace(findings.trials[0], row=row("thin", 0.4, mean_pnl_ticks=5.0))
    assert best_inside(replace(findings, trials=(thin,))) == {}


def test_time_is_new_york_time_where_it_is_known(findings):
    trial = findings.ranked()[0]
    begin = dt.datetime(2025, 2, 3, 14, 30, tzinfo=dt.UTC)
    span = tuple(int((begin + dt.timedelta(minutes=m)).timestamp()) * 10**9 for m in (0, 60))
    drawn = charts.equity(trial, span, name="x")  # type: ignore[arg-type]
    assert ">New York time<" in drawn
    assert ">10:00<" in drawn
    assert ">period, of 40 equal ones<" in charts.equity(trial, None, name="x")


@pytest.mark.parametrize("draw", [charts.net_by_threshold, charts.hits_by_threshold])
def test_a_curve_without_numbers_is_an_empty_chart(findings, draw):
    trial = replace(findings.ranked()[0], row=row("good", 0.4))
    assert draw([trial], trial, name="x").startswith('<svg class="chart" role="img"')


def test_charts_of_different_names_share_no_id(findings):
    trial = findings.ranked()[0]
    first, second = (charts.net_by_threshold(findings.curve("good"), trial, name=n) for n in ("a", "b"))
    assert 'id="a-' in first
    assert 'id="a-' not in second
    assert first.replace("a-", "b-") != first
