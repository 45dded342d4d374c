"""The columns of a result (SPEC section 11): one ``EvalRow`` a threshold."""

from __future__ import annotations

from pydantic import Field

from qmcore.config.base import Spec


class SampleStats(Spec):
    """The trades of a stretch of time. What cannot be said of too few of them is null."""

    n_signals: int = Field(description="signals that could be traded")
    n_up: int
    n_down: int
    tp_rate: float | None = Field(None, description="share of trades that ended in take-profit")
    sl_rate: float | None = Field(None, description="share that ended in stop-loss")
    timeout_rate: float | None = Field(None, description="share that timed out")
    tp_rate_low: float | None = Field(
        None, description="Wilson interval of tp_rate, as if trades were independent"
    )
    tp_rate_high: float | None = None
    tp_rate_excess: float | None = Field(None, description="tp_rate less its null SL/(TP+SL)")
    events_per_hour: float = Field(description="signals an hour of tradable market")
    mean_gross_pnl_ticks: float | None = Field(
        None, description="mean result of a trade before fees and slippage"
    )
    mean_pnl_ticks: float | None = Field(
        None, description="mean result of a trade after all costs: net expectancy"
    )
    mean_pnl_low: float | None = Field(None, description="block bootstrap interval of mean_pnl_ticks")
    mean_pnl_high: float | None = None
    median_time_to_outcome_ms: float | None = Field(None, description="from entry to exit, timeouts included")
    p_value: float | None = Field(
        None, description="against random entries of the same direction mix; not corrected"
    )
    random_mean_pnl_ticks: float | None = Field(
        None, description="mean result of those random entries, after all costs"
    )


class EvalRow(SampleStats):
    """One threshold: all evaluated bins, and both parts of them."""

    threshold: float
    enough_signals: bool = Field(description="n_signals >= min_signals: the row may be ranked")
    in_sample: SampleStats
    out_of_sample: SampleStats
