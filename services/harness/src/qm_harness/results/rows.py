"""What is kept of a run: ``RunMeta``, one a run, and ``RunRow``, one a run and threshold."""

from __future__ import annotations

import datetime as dt_
from typing import Literal

from pydantic import Field

from qm_harness.evaluation.rows import EvalRow
from qmcore.config.base import Spec


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
    seed: int
    n_thresholds: int = Field(description="trials of this run: thresholds that it is evaluated at")
    n_trials: int = Field(description="of the whole sweep that planned this run: points times thresholds")
    serving: str
    signal: str
    params: str = Field(description="JSON, with defaults")
    scoring: str = Field(description="JSON, only what the sweep set")
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
    artifact: str | None = Field(
        None, description="SHA-256 of the models that the run trained, of signals that are trained"
    )


class RunMeta(Lineage):
    """A run that was tried, and how it ended."""

    status: Literal["ok", "failed"]
    error: str | None = Field(None, description="why it failed")
    created_at: dt_.datetime
    seconds: float = Field(description="time that this point took")

    @classmethod
    def ended(cls, lineage: Lineage, *, seconds: float, error: str | None = None) -> RunMeta:
        """The run of ``lineage``, ended now."""
        return cls(
            **lineage.model_dump(),
            status="ok" if error is None else "failed",
            error=error,
            created_at=dt_.datetime.now(dt_.UTC),
            seconds=seconds,
        )


class RunRow(EvalRow):
    """A run at one threshold."""

    run_id: str
    period_pnl: tuple[float, ...] = Field(
        description="net ticks by period of the exit, in equal periods from warm-up to the end"
    )
