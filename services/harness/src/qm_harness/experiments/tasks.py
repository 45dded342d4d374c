"""Tasks: points of a sweep on datasets that are there, named by a hash of everything that their results depend on.

Guarantees: the same files, data and code give the same ids in the same order, in any process; a change of any of them
that may change a result gives another id.
"""

from __future__ import annotations

import hashlib
import inspect
import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import qm_harness
from qm_harness.experiments.chain import ExperimentChain
from qm_harness.experiments.space import Choice, Point
from qm_harness.results.rows import Lineage
from qmcore import kernels, signals
from qmcore.config.experiment import EvalSpec
from qmcore.config.runtime import SignalSpec
from qmcore.pipeline import code_version
from qmcore.signals.catalogue import kind_of, parse_params

_LARGEST_BATCH: Final = 16
_SOURCES: Final = (".py", ".pyx", ".pxd", ".h")


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


def tasks_of(chain: ExperimentChain, sources: Mapping[Choice, Source]) -> list[Task]:
    """The tasks of an experiment, in order; a point that says the same as an earlier one is left out."""
    spec_hash = chain.spec_hash
    n_trials = len(chain.points) * len(chain.spec.eval.thresholds)
    made: dict[str, Task] = {}
    for point in chain.points:
        task = _task(chain, point, sources[point.scoring], spec_hash, n_trials)
        made.setdefault(task.lineage.run_id, task)
    return list(made.values())


def batches_of(tasks: Iterable[Task], workers: int) -> list[Batch]:
    """Neighbours that share a signal's values, together; small enough that all ``workers`` have work."""
    groups = [
        list(group)
        for _, group in itertools.groupby(
            tasks, key=lambda t: (t.lineage.dataset_id, t.lineage.signal, t.lineage.params)
        )
    ]
    batches = []
    for group in groups:
        size = min(_LARGEST_BATCH, max(1, len(group) // workers))
        batches += [Batch(tuple(group[low : low + size])) for low in range(0, len(group), size)]
    return batches


def _task(chain: ExperimentChain, point: Point, source: Source, spec_hash: str, n_trials: int) -> Task:
    trading, costs, seed = chain.spec.eval, chain.spec.eval.costs, chain.spec.sweep.seed
    signal = chain.signal(point)
    kind = kind_of(signal.name)
    params = _spelled(parse_params(kind, signal.params, signal.weights).model_dump(mode="json"))
    version = experiment_code_version(kind)
    content = {
        "experiment": chain.spec.name,
        "source": [source.dataset_id, source.dataset_hash],
        "signal": [signal.name, params],
        "eval": trading.model_dump(mode="json", exclude={"cooldown_bins", "tp_ticks", "sl_ticks"}),
        "point": [point.cooldown_bins, point.tp_ticks, point.sl_ticks],
        "seed": seed,
        "code": version,
    }
    lineage = Lineage(
        run_id=hashlib.sha256(_spelled(content).encode()).hexdigest()[:16],
        experiment=chain.spec.name,
        dataset_id=source.dataset_id,
        dataset_hash=source.dataset_hash,
        spec_hash=spec_hash,
        code_version=version,
        seed=seed,
        n_thresholds=len(trading.thresholds),
        n_trials=n_trials,
        serving=chain.serving.serving.name,
        signal=signal.name,
        params=params,
        scoring=_spelled(dict(point.scoring)),
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


def _spelled(document: object) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)


@cache
def experiment_code_version(kind: type[signals.Signal[Any]]) -> str:
    """The pipeline's version, and a hash of the code that works out signals of ``kind`` and evaluates them."""
    harness = Path(qm_harness.__path__[0])
    own = [harness / "evaluation", harness / "statistics"]
    folders = [*map(Path, [*signals.__path__, *kernels.__path__]), *own]
    files = {path for folder in folders for path in folder.rglob("*") if path.suffix in _SOURCES}
    files.add(Path(inspect.getfile(kind)))
    named = sorted((path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files)
    return f"{code_version()}+{hashlib.sha256(_spelled(named).encode()).hexdigest()[:12]}"
