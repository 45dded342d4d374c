"""What the harness says over REST under ``/v1/experiments``, as frozen models (SPEC sections 9 and 11), for the
service, its clients and the pages.

64-bit integers travel as strings in JSON. Instants of jobs and runs are aware UTC datetimes; instants of the market
are nanoseconds. Rates are shares, results are net ticks a trade unless a field says otherwise.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from qmcore.config.base import Spec
from qmcore.contracts.messages import Int64, Message
from qmcore.contracts.registry import Alias, AliasState, Expected, Who, Why

RunId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]


class RunQuery(Message):
    """Which runs, and in which order."""

    signal: str | None = Field(None, max_length=100)
    dataset_id: str | None = Field(None, max_length=200)
    experiment: str | None = Field(None, max_length=100)
    sort: str = Field(
        "mean_pnl_ticks", max_length=100, description="any number among the columns, or created_at"
    )
    min_signals: int = Field(
        5, ge=1, le=10_000_000, description="thresholds with fewer signals are not ranked"
    )
    top_n: int = Field(50, ge=1, le=10_000, description="most runs in the answer")


class ExperimentSummary(Message):
    """An experiment of the lake: its file, its results, or both."""

    name: str
    in_lake: bool = Field(
        description="there is a file under configs/experiments, so it can be submitted by name"
    )
    error: str | None = Field(None, description="why its file is refused; null when it is sound")
    serving: str | None = None
    signals: tuple[str, ...] = ()
    search: str | None = None
    thresholds: int | None = Field(None, description="thresholds that each point is evaluated at")
    runs: int = Field(description="points that were tried, of every version of the file")
    failed_runs: int
    last_run_at: AwareDatetime | None = None
    active_job: str | None = Field(None, description="id of the job that runs it, or waits to")


class ExperimentList(Message):
    """The experiments, by name."""

    experiments: tuple[ExperimentSummary, ...]


class ComparedRun(Spec):
    """A run at one threshold."""

    run_id: str
    experiment: str
    signal: str
    params: str = Field(description="JSON, with defaults")
    cooldown_bins: int
    tp_ticks: float
    sl_ticks: float
    threshold: float
    n_signals: int
    mean_pnl_ticks: float | None = Field(description="net expectancy of a trade, after all costs")
    mean_pnl_low: float | None = Field(description="block bootstrap interval of mean_pnl_ticks")
    mean_pnl_high: float | None
    out_of_sample_pnl_ticks: float | None
    holm_p: float = Field(description="p_value corrected for every trial of the experiment")
    is_winner: bool = Field(description="holm_p at most 0.05, and mean_pnl_low above 0")
    p_value: float | None = Field(
        description="against random entries of the same direction mix; not corrected"
    )
    benjamini_yekutieli_p: float
    deflated_sharpe: float = Field(
        description="probability that it is more than the luck of the best of all trials"
    )
    overfitting_probability: float | None = Field(description="of the experiment")
    spa_p: float | None = Field(description="of the experiment: that no trial is better than not trading")
    n_trials: int = Field(description="trials of the experiment that the corrections count")
    n_up: int
    n_down: int
    tp_rate: float | None
    tp_rate_low: float | None
    tp_rate_high: float | None
    tp_rate_excess: float | None = Field(description="tp_rate less its null SL/(TP+SL)")
    sl_rate: float | None
    timeout_rate: float | None
    events_per_hour: float
    mean_gross_pnl_ticks: float | None
    in_sample_pnl_ticks: float | None
    median_time_to_outcome_ms: float | None
    scoring: str = Field(description="JSON, only what the sweep set")
    dataset_id: str


class RunListRow(ComparedRun):
    """A run in the list, at its best threshold by the column that is sorted by."""

    created_at: AwareDatetime
    artifact: str | None = Field(description="SHA-256 of the trained model; null for signals without one")
    can_stream: bool = Field(description="an alias points at a serving that was promoted from this run")
    streaming_url: str | None = Field(description="page that streams that serving")


class RunList(Message):
    """Runs, best first, and what the list can be narrowed by."""

    runs: tuple[RunListRow, ...]
    total: int = Field(description="runs that fit the filters, before top_n")
    too_few_signals: int = Field(description="runs left out: no threshold has min_signals signals")
    failed: int = Field(description="runs that failed, with these filters")
    sort: str
    smaller_is_better: bool = Field(description="of the column that is sorted by")
    sorts: tuple[str, ...] = Field(description="columns that can be sorted by")
    experiments: tuple[str, ...] = Field(description="with results, whatever the filters")
    signals: tuple[str, ...]
    dataset_ids: tuple[str, ...]
    pending: tuple[str, ...] = Field(
        (),
        description="experiments whose overfitting_probability and spa_p are being worked out: null so far",
    )
    registry_problem: str | None = Field(
        None, description="why it is not known which runs can be streamed; null when it is"
    )


class Lineage(Spec):
    """What a run is made of: known before it is run."""

    run_id: str = Field(description="hash of everything that the result depends on")
    experiment: str
    dataset_id: str
    dataset_hash: str = Field(description="SHA-256 over the checksums of the dataset's tables")
    spec_hash: str = Field(
        description="SHA-256 over experiment, serving, pipeline and instrument as understood"
    )
    code_version: str
    seed: Int64
    n_thresholds: int = Field(description="trials of this run: thresholds that it is evaluated at")
    n_trials: int = Field(description="of the sweep that planned it: points times thresholds")
    serving: str
    signal: str
    params: str = Field(description="JSON, with defaults")
    scoring: str = Field(description="JSON, only what the sweep set")
    artifact: str | None = Field(
        None, description="SHA-256 of the trained models; null for signals without any"
    )
    min_signals: int = Field(
        5, description="fewer trades show nothing: no interval, no p-value, no rank, no promotion"
    )
    cooldown_bins: int
    tp_ticks: float
    sl_ticks: float
    max_hold_bins: int
    warmup_bins: int
    in_sample_fraction: float
    entry: str
    fee_ticks: float
    slippage_ticks: float
    latency_bins: int


class RunLineage(Lineage):
    """A run that was tried, and how it ended."""

    status: Literal["ok", "failed"]
    error: str | None = Field(None, description="why it failed")
    created_at: AwareDatetime
    seconds: float = Field(description="time that this point took")


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


class GateVerdict(Message):
    """Whether a run at a threshold may be promoted, and every condition that it fails."""

    passes: bool
    reasons: tuple[str, ...] = Field((), description="every condition that fails; empty when it passes")


class ThresholdDetail(Message):
    """A run at one threshold: its trades whole, in and out of sample, and what all trials say about it."""

    threshold: float
    enough_signals: bool = Field(description="it has the min_signals of the experiment: it may be ranked")
    whole: SampleStats
    in_sample: SampleStats
    out_of_sample: SampleStats
    holm_p: float = Field(description="p_value corrected for every trial of the experiment")
    benjamini_yekutieli_p: float
    deflated_sharpe: float
    is_winner: bool
    equity_ticks: tuple[float, ...] = Field(
        description="net ticks earned up to the end of each period; after the last: of all trades"
    )
    drawdown_ticks: tuple[float, ...] = Field(
        description="ticks below the highest equity so far, 0 or more, at the end of each period"
    )
    max_drawdown_ticks: float
    gate: GateVerdict


class RunServing(Message):
    """A published serving that was promoted from a run."""

    serving_id: str
    aliases: tuple[str, ...] = Field(description="aliases that point at it now")


class RunDetail(Message):
    """Everything about one run."""

    lineage: RunLineage
    thresholds: tuple[ThresholdDetail, ...] = Field(description="in order; empty where the run failed")
    best_threshold: float | None = Field(
        description="what a promotion takes unless told otherwise: the best net expectancy in sample, among "
        "thresholds with enough signals there"
    )
    n_trials: int = Field(description="trials of the experiment that the corrections count")
    overfitting_probability: float | None = Field(description="of the experiment (CSCV)")
    spa_p: float | None = Field(description="of the experiment: that no trial is better than not trading")
    period_end_ns: tuple[Int64, ...] | None = Field(
        description="market time at the end of each period of the curves; null where the dataset is gone"
    )
    start_ns: Int64 | None = Field(description="market time at which evaluation begins, after warm-up")
    out_of_sample_from_ns: Int64 | None = Field(
        description="market time at which the out-of-sample part begins"
    )
    servings: tuple[RunServing, ...] = Field(description="published from this run")
    can_stream: bool = Field(description="an alias points at a serving that was promoted from this run")
    streaming_url: str | None = Field(description="page that streams that serving")
    registry_problem: str | None = Field(
        None, description="why it is not known whether the run can be streamed; null when it is"
    )


class PromoteRun(Message):
    """Publish a serving made of a run and point an alias at it, if the gate lets it pass."""

    alias: Alias
    threshold: float | None = Field(None, gt=0, description="left out: the run's best threshold")
    override: Why | None = Field(
        None, description="promote although the gate refuses, with this reason in the audit trail"
    )
    expected_serving_id: Expected | None = Field(
        None,
        description="compare-and-set: what the alias points at now; the empty string: it does not exist yet",
    )
    who: Who
    why: Why | None = Field(
        None, description="for the audit trail; left out: run, experiment and threshold are named"
    )


class PromotedRun(Message):
    """Where the alias points now."""

    created: bool = Field(description="false when the same serving was published before")
    alias: AliasState
    previous_serving_id: str | None = Field(
        description="what the alias pointed at before; null where it is new"
    )
    threshold: float
    gate: GateVerdict
    overridden: bool = Field(description="the gate refused, and was overridden")
    same_code: bool = Field(
        description="false where the code has changed since the run: what streams may differ from it"
    )
    streaming_url: str
