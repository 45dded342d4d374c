"""What a process of a sweep does: batches of tasks, each one a run that worked or failed.

The last datasets, markets and values of signals stay open between batches.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from qm_harness.columns_cache import ColumnCache
from qm_harness.dataset import Dataset
from qm_harness.evaluation import EvalMarket, EvalParams, evaluate_signal
from qm_harness.experiments.tasks import Batch, Task
from qm_harness.results.rows import RunMeta, RunRow
from qm_harness.results.store import Run
from qm_harness.training.once import TrainedOnce
from qmcore import signals
from qmcore.artifacts import ArtifactStore
from qmcore.config.runtime import SignalSpec
from qmcore.errors import QmError
from qmcore.lake import Lake
from qmcore.signals import TrainedSignal, kind_of, parse_params
from qmcore.signals.trained import WalkForwardParams

MOST_PERIODS: Final = 128
"""Of a run's results in time; fewer where there are fewer bins."""

_KEPT: Final = 2

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


def run_batch(lake_root: Path, batch: Batch) -> list[Run]:
    """Every task of ``batch`` as a run, in order."""
    bench = _bench(lake_root)
    return [_tried(bench, task) for task in batch.tasks]


@cache
def _bench(lake_root: Path) -> Workbench:
    return Workbench(Lake(lake_root))


def _tried(bench: Workbench, task: Task) -> Run:
    begun = time.perf_counter()
    rows: tuple[RunRow, ...] = ()
    lineage, problem = task.lineage, None
    try:
        signal = bench.served(task)
        lineage = lineage.model_copy(update={"artifact": signal.artifact})
        rows = bench.evaluate(task, signal)
    except QmError as error:
        problem = str(error)
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
    return Run(RunMeta.ended(lineage, seconds=time.perf_counter() - begun, error=problem), rows)


class Workbench:
    """What one process has at hand: of the last few datasets and signals, so that memory is bounded."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._artifacts = ArtifactStore(lake)
        self._trained = TrainedOnce(lake, self._artifacts)
        self._known: LastFew[tuple[str, str, str, int], str] = LastFew(_KEPT)
        self._data: LastFew[str, ColumnCache] = LastFew(_KEPT)
        self._markets: LastFew[str, EvalMarket] = LastFew(_KEPT)
        self._values: LastFew[tuple[str, str, str, str | None], NDArray[np.float64]] = LastFew(_KEPT)

    def served(self, task: Task) -> SignalSpec:
        """The signal of ``task`` as a serving would name it: one that is trained with its artifact, made if need be."""
        kind, of = kind_of(task.signal.name), task.lineage
        if not issubclass(kind, TrainedSignal):
            return task.signal
        key = (of.dataset_id, of.signal, of.params, of.seed)
        artifact = self._known.get(key, lambda: self._trained.artifact(of, lambda: self._train(kind, task)))
        return task.signal.model_copy(update={"artifact": artifact})

    def _train(self, kind: type[TrainedSignal[Any]], task: Task) -> bytes:
        """The artifact of ``task``'s signal on its dataset."""
        # Here, because importing it takes long and most sweeps train nothing.
        from qm_harness.training.train import train

        params, of = parse_params(kind, task.signal.params, task.signal.weights), task.lineage
        assert isinstance(params, WalkForwardParams)  # of every kind of TrainedSignal
        data = self._columns(of.dataset_id)
        return train(kind, params, data, dataset_hash=of.dataset_hash, seed=of.seed)

    def evaluate(self, task: Task, signal: SignalSpec) -> tuple[RunRow, ...]:
        """The results of ``task``, whose signal is served as ``signal``; one a threshold."""
        values = self._signal(task, signal)
        trading, lineage = task.eval, task.lineage
        params = EvalParams(
            tp_ticks=lineage.tp_ticks,
            sl_ticks=lineage.sl_ticks,
            max_hold_bins=lineage.max_hold_bins,
            warmup_bins=lineage.warmup_bins,
            cooldown_bins=lineage.cooldown_bins,
            min_signals=trading.min_signals,
            in_sample_fraction=lineage.in_sample_fraction,
            seed=lineage.seed,
            **trading.costs.model_dump(),
        )
        market = self._market(lineage.dataset_id)
        done = evaluate_signal(values, market, params, trading.thresholds)
        pnl = done.period_pnl(min(MOST_PERIODS, done.bins.end - done.bins.first))
        return tuple(
            RunRow(**dict(row), run_id=lineage.run_id, period_pnl=tuple(pnl[:, column].tolist()))
            for column, row in enumerate(done.rows)
        )

    def _columns(self, dataset_id: str) -> ColumnCache:
        def opened() -> ColumnCache:
            # Its contents were verified by the process that planned the sweep.
            return ColumnCache(self._lake, Dataset.open(self._lake, dataset_id, contents=False))

        return self._data.get(dataset_id, opened)

    def _market(self, dataset_id: str) -> EvalMarket:
        def made() -> EvalMarket:
            data = self._columns(dataset_id)
            return EvalMarket.of(
                data.bins("best_bid_price_int"),
                data.bins("best_ask_price_int"),
                data.bins("mid_price"),
                tick_int=data.config.tick_int,
                cell_width_ms=data.config.cell_width_ms,
            )

        return self._markets.get(dataset_id, made)

    def _signal(self, task: Task, signal: SignalSpec) -> NDArray[np.float64]:
        """Values at every bin."""
        of = task.lineage
        return self._values.get(
            (of.dataset_id, of.signal, of.params, signal.artifact),
            lambda: signals.replay(signal, self._columns(of.dataset_id), self._artifacts),
        )


class LastFew(Generic[KeyT, ValueT]):
    """Values by key, made when they are asked for; the ones asked for last stay."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[KeyT, ValueT] = OrderedDict()

    def get(self, key: KeyT, make: Callable[[], ValueT]) -> ValueT:
        """The value of ``key``; what ``make`` raises is raised, and kept is nothing."""
        if key not in self._kept:
            self._kept[key] = make()
        self._kept.move_to_end(key)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return self._kept[key]
