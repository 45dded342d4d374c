"""Tasks: points of a sweep on datasets that are there, named by a hash of everything that their results depend on.

Guarantees: the same files, data and code give the same ids in the same order, in any process; a change of any of them
that may change a result gives another id.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import qm_harness
from qm_harness.experiments.chain import ExperimentChain
from qm_harness.experiments.space import Choice, Point
from qmcore import signals
from qmcore.config.experiment import EvalSpec
from qmcore.config.runtime import SignalSpec
from qmcore.contracts.experiments import Lineage
from qmcore.errors import ConfigError
from qmcore.pipeline import code_version
from qmcore.signals.catalogue import kind_of, parse_params
from qmcore.signals.version import signal_code_version

_LARGEST_BATCH: Final = 16


@dataclass(frozen=True, slots=True)
class Source:
    """A dataset by its id and content."""

    dataset_id: str
    dataset_hash: str


@dataclass(frozen=True, slots=True)
class Task:
    """One point to evaluate."""

    signal: SignalSpec
    eval: EvalSpec
    lineage: Lineage


@dataclass(frozen=True, slots=True)
class Batch:
    """Tasks of one dataset and one signal: its values are worked out once."""

    tasks: tuple[Task, ...]

    def single(self) -> list[Batch]:
        """A batch for each task."""
        return [Batch((task,)) for task in self.tasks]


def tasks_of(chain: ExperimentChain, points: Iterable[Point], sources: Mapping[Choice, Source]) -> list[Task]:
    """The task of each point; those that say the same have the same id."""
    spec_hash = chain.spec_hash
    return [_task(chain, point, sources[point.scoring], spec_hash) for point in points]


def batches_of(tasks: Iterable[Task], workers: int) -> list[Batch]:
    """Those that share a signal's values, together; small enough that all ``workers`` have work."""
    groups: dict[tuple[str, str, str], list[Task]] = {}
    for task in tasks:
        of = task.lineage
        groups.setdefault((of.dataset_id, of.signal, of.params), []).append(task)
    batches = []
    for group in groups.values():
        size = min(_LARGEST_BATCH, max(1, len(group) // workers))
        batches += [Batch(tuple(group[low : low + size])) for low in range(0, len(group), size)]
    return batches


def _task(chain: ExperimentChain, point: Point, source: Source, spec_hash: str) -> Task:
    trading, costs, seed = chain.spec.eval, chain.spec.eval.costs, chain.spec.sweep.seed
    signal = chain.signal(point)
    kind = kind_of(signal.name)
    params = _spelled(_understood(kind, signal))
    code = experiment_code_version(kind)
    content = {
        "experiment": chain.spec.name,
        "source": [source.dataset_id, source.dataset_hash],
        "signal": [signal.name, params],
        "eval": trading.model_dump(mode="json", exclude={"cooldown_bins", "tp_ticks", "sl_ticks"}),
        "point": [point.cooldown_bins, point.tp_ticks, point.sl_ticks],
        "seed": seed,
        "code": code,
    }
    lineage = Lineage(
        run_id=hashlib.sha256(_spelled(content).encode()).hexdigest()[:16],
        experiment=chain.spec.name,
        dataset_id=source.dataset_id,
        dataset_hash=source.dataset_hash,
        spec_hash=spec_hash,
        code_version=code,
        seed=seed,
        n_thresholds=len(trading.thresholds),
        n_trials=chain.n_trials,
        serving=chain.serving.serving.name,
        signal=signal.name,
        params=params,
        scoring=_spelled(dict(point.scoring)),
        min_signals=trading.min_signals,
        cooldown_bins=point.cooldown_bins,
        tp_ticks=point.tp_ticks,
        sl_ticks=point.sl_ticks,
        max_hold_bins=trading.max_hold_bins,
        warmup_bins=trading.warmup_bins,
        in_sample_fraction=trading.in_sample_fraction,
        entry=costs.entry,
        fee_ticks=costs.fee_ticks,
        slippage_ticks=costs.slippage_ticks,
        latency_bins=costs.latency_bins,
    )
    return Task(signal, trading, lineage)


def _understood(kind: type[signals.Signal[Any]], signal: SignalSpec) -> dict[str, Any]:
    """The parameters with defaults; as they are where the signal refuses them, which the point then fails with."""
    try:
        return parse_params(kind, signal.params, signal.weights).model_dump(mode="json")
    except ConfigError:
        return dict(signal.params)


def _spelled(document: object) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)


@cache
def experiment_code_version(kind: type[signals.Signal[Any]]) -> str:
    """The pipeline's version, and a hash of the code that trains, works out and evaluates signals of ``kind``."""
    harness = Path(qm_harness.__path__[0])
    folders = [harness / "evaluation", harness / "statistics"]
    parts = [signal_code_version(kind)]
    if issubclass(kind, signals.TrainedSignal):
        folders.append(harness / "training")
        parts.append(version("scikit-learn"))
    files = sorted(path for folder in folders for path in folder.rglob("*.py"))
    parts += [f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]
    return f"{code_version()}+{hashlib.sha256(_spelled(parts).encode()).hexdigest()[:12]}"
