"""What MLflow is told: plain values, made from the lake's own. Knows nothing of MLflow but its limits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from qm_harness.results.rows import RunMeta, RunRow
from qm_harness.results.store import Run

EntryStatus = Literal["RUNNING", "FINISHED", "FAILED", "KILLED"]

LONGEST_PARAM: Final = 6000
LONGEST_TAG: Final = 5000

_STEPPED: Final = (
    "n_signals",
    "tp_rate",
    "mean_pnl_ticks",
    "mean_pnl_low",
    "mean_pnl_high",
    "p_value",
)
_BEST: Final = (*_STEPPED, "sl_rate", "timeout_rate", "events_per_hour", "mean_gross_pnl_ticks")
_TAGS: Final = ("run_id", "experiment", "dataset_id", "dataset_hash", "spec_hash", "code_version", "serving")
_PARAMS: Final = (
    "signal",
    "cooldown_bins",
    "tp_ticks",
    "sl_ticks",
    "max_hold_bins",
    "warmup_bins",
    "in_sample_fraction",
    "entry",
    "fee_ticks",
    "slippage_ticks",
    "latency_bins",
    "seed",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of a metric."""

    key: str
    value: float
    step: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One run as MLflow sees it. Times in milliseconds since the epoch."""

    run_id: str
    name: str
    status: EntryStatus
    started_ms: int
    ended_ms: int
    tags: Mapping[str, str]
    params: Mapping[str, str]
    figures: Sequence[Figure]


def entry_of(run: Run) -> Entry:
    """A point: its parameters, its figures at every threshold (steps) and at the best one, and what it is made of.

    Thresholds with fewer than ``min_signals`` trades are not ranked.
    """
    meta = run.meta
    ended_ms = int(meta.created_at.timestamp() * 1000)
    return Entry(
        run_id=meta.run_id,
        name=f"{meta.signal} {meta.run_id}",
        status="FINISHED" if meta.status == "ok" else "FAILED",
        started_ms=ended_ms - round(meta.seconds * 1000),
        ended_ms=ended_ms,
        tags=_tags(meta),
        params=_params(meta),
        figures=[*_by_threshold(run.rows), *_at_the_best(run.rows), Figure("seconds", meta.seconds)],
    )


def _tags(meta: RunMeta) -> dict[str, str]:
    tags = {f"qm.{name}": str(getattr(meta, name)) for name in _TAGS}
    if meta.artifact is not None:
        tags["qm.artifact"] = meta.artifact
    if meta.error is not None:
        tags["qm.error"] = meta.error[:LONGEST_TAG]
    return tags


def _params(meta: RunMeta) -> dict[str, str]:
    params = {name: str(getattr(meta, name)) for name in _PARAMS}
    params |= {f"{meta.signal}.{key}": str(value) for key, value in json.loads(meta.params).items()}
    params |= {f"scoring.{key}": str(value) for key, value in json.loads(meta.scoring).items()}
    return {key: value[:LONGEST_PARAM] for key, value in params.items()}


def _by_threshold(rows: Sequence[RunRow]) -> list[Figure]:
    found = []
    for step, row in enumerate(sorted(rows, key=lambda row: row.threshold)):
        named = {name: getattr(row, name) for name in _STEPPED} | _samples(row) | {"threshold": row.threshold}
        found += [
            Figure(f"thresholds/{key}", value, step) for key, value in named.items() if value is not None
        ]
    return found


def _at_the_best(rows: Sequence[RunRow]) -> list[Figure]:
    ranked = [row for row in rows if row.enough_signals and row.mean_pnl_ticks is not None]
    if not ranked:
        return []
    best = max(ranked, key=lambda row: (row.mean_pnl_ticks or 0.0, -row.threshold))
    named = {name: getattr(best, name) for name in _BEST} | _samples(best) | {"threshold": best.threshold}
    return [Figure(f"best_{key}", value) for key, value in named.items() if value is not None]


def _samples(row: RunRow) -> dict[str, float | None]:
    return {
        "in_sample_pnl_ticks": row.in_sample.mean_pnl_ticks,
        "out_of_sample_pnl_ticks": row.out_of_sample.mean_pnl_ticks,
    }
