"""The parent run of a sweep: how it is known again, what it says of the experiment, and how it ended."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pydantic import BaseModel

from qm_harness.experiments.chain import ExperimentChain
from qm_harness.experiments.tasks import experiment_code_version
from qm_harness.results.judged import Trial
from qm_harness.results.rows import RunMeta
from qm_harness.tracking.entries import LONGEST_TAG, EntryStatus, Figure
from qmcore.pipeline import code_version
from qmcore.signals.catalogue import kind_of

SWEEP_TAG = "qm.sweep_id"


@dataclass(frozen=True, slots=True)
class SweepEntry:
    """A sweep as MLflow sees it. The same spec and code have the same ``sweep_id``, whatever interrupted them."""

    sweep_id: str
    name: str
    tags: Mapping[str, str]
    params: Mapping[str, str]
    files: Mapping[str, str]
    """Names and content."""


@dataclass(frozen=True, slots=True)
class SweepEnd:
    """How a sweep ended, and what is left of it once every trial is counted."""

    status: EntryStatus
    tags: Mapping[str, str] = field(default_factory=dict)
    figures: Sequence[Figure] = ()
    files: Sequence[Path] = ()
    """To attach."""


def sweep_entry(chain: ExperimentChain) -> SweepEntry:
    """Of an experiment before it is run."""
    spec, sweep = chain.spec, chain.spec.sweep
    versions = sorted(experiment_code_version(kind_of(name)) for name in chain.space.signals)
    identity = "\n".join([spec.name, chain.spec_hash, *versions])
    sweep_id = hashlib.sha256(identity.encode()).hexdigest()[:16]
    tags = {
        SWEEP_TAG: sweep_id,
        "qm.experiment": spec.name,
        "qm.spec_hash": chain.spec_hash,
        "qm.code_version": code_version(),
        "qm.serving": chain.serving.serving.name,
        "qm.pipeline": chain.serving.pipeline.name,
    }
    params = {
        "search": sweep.search,
        "seed": str(sweep.seed),
        "signals": ", ".join(chain.space.signals),
        "points": str(chain.n_points),
        "trials": str(chain.n_trials),
    }
    return SweepEntry(sweep_id, spec.name, tags, params, _files(chain))


def sweep_end(metas: Sequence[RunMeta], trials: Sequence[Trial], files: Sequence[Path]) -> SweepEnd:
    """Of a sweep that has ended: its points, its ``trials``, judged, or none of them, and ``files`` about it."""
    failed = sum(meta.status == "failed" for meta in metas)
    figures = [Figure("points", len(metas)), Figure("failed_points", failed)]
    datasets = ", ".join(sorted({meta.dataset_id for meta in metas}))
    tags = {"qm.dataset_id": datasets[:LONGEST_TAG], "qm.judged": "yes" if trials else "no"}
    if trials:
        first = trials[0]
        named = {
            "trials": first.n_trials,
            "winners": sum(trial.is_winner for trial in trials),
            "overfitting_probability": first.overfitting_probability,
            "spa_p": first.spa_p,
        }
        figures += [Figure(key, value) for key, value in named.items() if value is not None]
    ranked = [t for t in trials if t.row.enough_signals and t.row.mean_pnl_ticks is not None]
    if ranked:
        best = max(ranked, key=lambda t: t.row.mean_pnl_ticks or 0.0)
        tags["qm.best_run_id"] = best.meta.run_id
        named = {
            "best_mean_pnl_ticks": best.row.mean_pnl_ticks,
            "best_mean_pnl_low": best.row.mean_pnl_low,
            "best_mean_pnl_high": best.row.mean_pnl_high,
            "best_in_sample_pnl_ticks": best.row.in_sample.mean_pnl_ticks,
            "best_out_of_sample_pnl_ticks": best.row.out_of_sample.mean_pnl_ticks,
            "best_n_signals": best.row.n_signals,
            "best_threshold": best.row.threshold,
            "best_holm_p": best.holm_p,
            "best_deflated_sharpe": best.deflated_sharpe,
        }
        figures += [Figure(key, value) for key, value in named.items() if value is not None]
    return SweepEnd("FINISHED", tags, figures, files)


def _files(chain: ExperimentChain) -> dict[str, str]:
    serving = chain.serving
    documents: dict[str, BaseModel] = {
        "experiment": chain.spec,
        "serving": serving.serving,
        "pipeline": serving.pipeline,
        "instrument": serving.instrument,
    }
    return {
        f"{name}.yaml": yaml.safe_dump(document.model_dump(mode="json"), sort_keys=False)
        for name, document in documents.items()
    }
