"""What a search is told about a run: what it earned in sample, and nothing that lies beyond."""

from __future__ import annotations

import pytest

from qm_harness.experiments.search import Outcome
from qm_harness.results.rows import RunRow
from qm_harness.results.store import Run
from tests.unit.results.rows import meta, row, sample


def of(*rows: RunRow) -> Outcome:
    return Outcome.of(Run(meta("a"), rows), min_signals=10)


def with_sample(n_signals: int, mean_pnl_ticks: float | None, out_of_sample: float = 0.0) -> RunRow:
    """A threshold that earned so much in sample."""
    inside = sample(n_signals=n_signals, mean_pnl_ticks=mean_pnl_ticks)
    outside = sample(mean_pnl_ticks=out_of_sample)
    return row("a").model_copy(update={"in_sample": inside, "out_of_sample": outside})


def test_the_best_threshold_counts_whose_trades_in_sample_are_enough():
    assert of(with_sample(10, -1.0), with_sample(12, -0.5), with_sample(9, 7.0)) == Outcome(-0.5)


@pytest.mark.parametrize("beyond", [-100.0, 100.0])
def test_what_lies_out_of_sample_is_not_looked_at(beyond):
    assert of(with_sample(10, 1.0, beyond), with_sample(10, 2.0, -beyond)) == Outcome(2.0)


def test_too_few_trades_say_nothing():
    assert of(with_sample(9, 7.0), with_sample(0, None)) == Outcome(None)


def test_a_failed_run_is_told_as_failed():
    assert Outcome.of(Run(meta("a", error="boom")), min_signals=1) == Outcome(failed=True)
