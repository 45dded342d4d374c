"""What a process of a sweep does: batches of tasks, each one a run that worked or failed.

Datasets, markets and the values of the last signals stay open between batches.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qm_harness.columns_cache import ColumnCache
from qm_harness.dataset import Dataset
from qm_harness.evaluation import EvalMarket, EvalParams, evaluate_signal
from qm_harness.experiments.tasks import Batch, Task
from qm_harness.results.rows import RunMeta, RunRow
from qm_harness.results.store import Run
from qmcore import signals
from qmcore.errors import QmError
from qmcore.lake import Lake

MOST_PERIODS: Final = 128
"""Of a run's results in time; fewer where there are fewer bins."""

_KEPT_SIGNALS: Final = 2


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
    problem: str | None = None
    try:
        rows = bench.evaluate(task)
    except QmError as error:
        problem = str(error)
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
    return Run(RunMeta.ended(task.lineage, seconds=time.perf_counter() - begun, error=problem), rows)


class Workbench:
    """What one process has at hand."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._data: dict[str, ColumnCache] = {}
        self._markets: dict[str, EvalMarket] = {}
        self._values: OrderedDict[tuple[str, str, str], NDArray[np.float64]] = OrderedDict()

    def evaluate(self, task: Task) -> tuple[RunRow, ...]:
        """The results of ``task``, one a threshold."""
        values = self._signal(task)
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
        if dataset_id not in self._data:
            # Its contents were verified by the process that planned the sweep.
            dataset = Dataset.open(self._lake, dataset_id, contents=False)
            self._data[dataset_id] = ColumnCache(self._lake, dataset)
        return self._data[dataset_id]

    def _market(self, dataset_id: str) -> EvalMarket:
        if dataset_id not in self._markets:
            data = self._columns(dataset_id)
            self._markets[dataset_id] = EvalMarket.of(
                data.bins("best_bid_price_int"),
                data.bins("best_ask_price_int"),
                data.bins("mid_price"),
                tick_int=data.config.tick_int,
                cell_width_ms=data.config.cell_width_ms,
            )
        return self._markets[dataset_id]

    def _signal(self, task: Task) -> NDArray[np.float64]:
        """Values at every bin; the last few signals' are remembered."""
        key = (task.lineage.dataset_id, task.lineage.signal, task.lineage.params)
        if key not in self._values:
            self._values[key] = signals.replay(task.signal, self._columns(task.lineage.dataset_id))
            while len(self._values) > _KEPT_SIGNALS:
                self._values.popitem(last=False)
        return self._values[key]
