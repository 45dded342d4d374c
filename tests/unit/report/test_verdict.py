"""The verdict: what is said of good, bad and missing results."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qm_harness.report.findings import Findings
from qm_harness.report.verdict import verdict_of
from qm_harness.results.store import ResultStore, Run
from qmcore.lake import Lake
from tests.unit.report.conftest import rows_of, runs
from tests.unit.results.rows import meta


def found(lake: Lake, runs: list[Run]) -> Findings:
    ResultStore(lake).append(runs)
    return Findings.gather(lake, "sweep")


@pytest.fixture
def empty(tmp_path) -> Lake:
    return Lake(tmp_path / "other")


def test_a_winner_that_holds_out_of_sample_is_good_news(findings):
    verdict = verdict_of(findings)
    # Three thresholds of each of four runs, the failed one's too.
    assert (
        verdict.headline
        == "3 of 12 trials, in 1 run, remain after correction, and the best holds out of sample."
    )
    assert verdict.tone == "good"
    assert (
        "The best that remains, ofi at threshold 0.4, made +2.00 ticks a trade after costs (95 % interval +1.50 to "
        "+2.50) over 50 trades: in sample +2.00 (33), out of sample +1.00 (35)."
    ) in verdict.sentences
    tiles = {tile.name: (tile.value, tile.tone) for tile in verdict.tiles}
    assert tiles["Trials"] == ("12", None)
    assert tiles["Winners"] == ("3", "good")
    assert tiles["Out of sample"] == ("+1.00", "good")


def test_what_speaks_against_believing_it_is_said(findings):
    warnings = verdict_of(findings).warnings
    assert warnings == (
        "1 run failed; see below. Their trials count as tried.",
        "1 run of 3 had too few signals at every threshold and cannot be ranked.",
        "One stretch of market only, ES_20250203_0930_1030: nothing here says how other days behave.",
        "No longer in the lake, or damaged: ES_20250203_0930_1030__m__01234567.",
    )


def test_zero_costs_spoil_the_news(empty):
    verdict = verdict_of(found(empty, runs(entry="mid", latency_bins=0)))
    assert verdict.headline.endswith("remain after correction, but costs are zero.")
    assert verdict.tone == "warn"
    assert verdict.warnings[0].startswith(
        "Costs are zero in 1 run: entries at the mid, no fees, no slippage."
    )
    assert "latency_bins 0" in verdict.warnings[1]


def test_fees_are_costs_also_at_the_mid(empty):
    assert verdict_of(found(empty, runs(entry="mid", fee_ticks=0.5))).tone == "good"


def test_a_winner_that_fails_out_of_sample_is_no_good_news(findings):
    losing = findings.trials[0].row.out_of_sample.model_copy(update={"mean_pnl_ticks": -1.0})
    unclear = losing.model_copy(update={"mean_pnl_ticks": 1.0, "mean_pnl_low": -0.5, "n_signals": 12})
    for outside, ending in (
        (losing, "but the best of them earns nothing out of sample."),
        (unclear, "out of sample the best is not clearly above zero."),
    ):
        trials = tuple(
            replace(t, row=t.row.model_copy(update={"out_of_sample": outside})) for t in findings.trials
        )
        verdict = verdict_of(replace(findings, trials=trials))
        assert verdict.headline.endswith(ending)
        assert verdict.tone == "warn"
    assert "The best run has only 12 trades out of sample." in verdict.warnings


def test_nothing_found_is_said_first(empty):
    verdict = verdict_of(found(empty, runs()[1::2]))
    assert verdict.headline == "No edge found: after correction for 12 trials, none is better than luck."
    assert verdict.tone == "bad"
    assert "The sweep is not finished: 6 of 12 planned trials are done." in verdict.warnings


def test_trials_that_only_together_beat_not_trading_are_not_proven(findings):
    trials = tuple(replace(t, is_winner=False, spa_p=0.01) for t in findings.trials)
    verdict = verdict_of(replace(findings, trials=trials))
    assert verdict.headline == (
        "Not proven: none of 12 trials remains after correction, though together they beat not trading."
    )
    assert verdict.tone == "warn"
    none = tuple(replace(t, spa_p=None) for t in trials)
    assert verdict_of(replace(findings, trials=none)).headline.startswith("No edge found: ")


def test_a_run_that_trades_one_way_is_suspected_of_drift(findings):
    one_way = tuple(
        replace(t, row=t.row.model_copy(update={"n_up": 49, "n_down": 1})) for t in findings.trials
    )
    said = "The best run traded nearly one way only (49 up, 1 down): drift may explain it."
    assert said in verdict_of(replace(findings, trials=one_way)).warnings
    assert said not in verdict_of(findings).warnings


def test_what_cannot_be_judged_is_not_judged(empty):
    nothing = Findings("sweep", (), ())
    assert verdict_of(nothing).headline == "Nothing has been tried yet."
    failed = found(empty, [runs()[3]])
    assert verdict_of(failed).headline == "Nothing to judge: the only run failed."
    few = found(empty, [runs()[2]])
    assert verdict_of(few).headline == "Nothing to judge: no run had enough signals."


def test_versions_of_code_and_specification_are_counted(empty):
    other = Run(meta("other", 9, code_version="2", spec_hash="t"), rows_of("other", 0.5))
    warnings = verdict_of(found(empty, [*runs(), other])).warnings
    assert "The runs come from 2 versions of the code; all of their trials are counted." in warnings
    assert "The runs come from 2 versions of the specification; all of their trials are counted." in warnings
