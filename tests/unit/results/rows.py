"""Runs made up for the tests of results."""

from __future__ import annotations

import datetime as dt

from qm_harness.evaluation import SampleStats
from qm_harness.results.rows import RunMeta, RunRow
from qm_harness.results.store import Run

NOON = dt.datetime(2025, 2, 3, 12, tzinfo=dt.UTC)


def sample(**changes: object) -> SampleStats:
    """A sample of ten trades that tells nothing."""
    nothing = dict.fromkeys(SampleStats.model_fields)
    return SampleStats.model_validate(
        nothing | {"n_signals": 10, "n_up": 6, "n_down": 4, "events_per_hour": 60.0} | changes
    )


def row(
    run_id: str, threshold: float = 0.5, period_pnl: tuple[float, ...] = (0.0,) * 40, **changes: object
) -> RunRow:
    """One threshold of a run."""
    return RunRow(
        **dict(sample(**changes)),
        threshold=threshold,
        enough_signals=True,
        in_sample=sample(mean_pnl_ticks=1.0),
        out_of_sample=sample(),
        run_id=run_id,
        period_pnl=period_pnl,
    )


def meta(run_id: str, minute: float = 0, error: str | None = None, **changes: object) -> RunMeta:
    """A run that ended ``minute`` minutes after noon."""
    document = {
        "run_id": run_id,
        "experiment": "sweep",
        "dataset_id": "ES_20250203_0930_1030__m__01234567",
        "dataset_hash": "d",
        "spec_hash": "s",
        "code_version": "1",
        "seed": 1,
        "n_thresholds": 2,
        "n_trials": 2,
        "serving": "live",
        "signal": "derivative",
        "params": "{}",
        "scoring": "{}",
        "cooldown_bins": 30,
        "tp_ticks": 8.0,
        "sl_ticks": 4.0,
        "max_hold_bins": 100,
        "warmup_bins": 10,
        "in_sample_fraction": 0.6,
        "entry": "touch",
        "fee_ticks": 0.0,
        "slippage_ticks": 0.0,
        "latency_bins": 1,
        "status": "ok" if error is None else "failed",
        "error": error,
        "created_at": NOON + dt.timedelta(minutes=minute),
        "seconds": 0.5,
    }
    return RunMeta.model_validate(document | changes)


def run(run_id: str, minute: float = 0, error: str | None = None, **changes: object) -> Run:
    """A run with two thresholds, or one that failed."""
    rows = () if error else (row(run_id, 0.4), row(run_id, 0.6, mean_pnl_ticks=0.25))
    return Run(meta(run_id, minute, error, **changes), rows)
