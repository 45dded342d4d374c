"""A sweep of ``derivative`` over one trading hour by ``qm run``, beside the same points as a notebook has them."""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from qm_harness.columns_cache import ColumnCache
from qm_harness.dataset import Dataset
from qm_harness.evaluation import EvalParams
from qm_harness.experiments.summary import RunSummary
from qm_local.bench.dataset import market_lake
from qm_local.bench.figures import Figure
from qm_local.bench.market import HOUR, Market
from qm_local.bench.notebook import notebook_point
from qm_local.bench.processes import Watched, watched
from qmcore.config.experiment import EvalSpec, ExperimentSpec, ParallelSpec, SweepSpec
from qmcore.config.runtime import SignalSpec
from qmcore.config.serving import ServingSpec
from qmcore.errors import QmError
from qmcore.lake import Lake
from qmcore.signals import replay

WORKERS = 2


@dataclass(frozen=True, slots=True)
class Sweep:
    """What is swept: brackets, cooldowns and two parameters of the signal."""

    market: Market
    ticks: tuple[float, ...] = (4.0, 6.0, 8.0, 10.0, 12.0)
    cooldown_bins: tuple[int, ...] = (0, 10, 30, 100)
    windows: tuple[int, ...] = (120, 180, 240, 300, 360)
    d2_weights: tuple[float, ...] = (0.0, 0.5)

    def __len__(self) -> int:
        return len(self.ticks) ** 2 * len(self.cooldown_bins) * len(self.windows) * len(self.d2_weights)

    def spec(self) -> ExperimentSpec:
        """As ``qm run`` takes it."""
        axes = {"zscore_window_bins": self.windows, "d2_weight": self.d2_weights}
        return ExperimentSpec(
            name="bench",
            serving="./serving.yaml",
            eval=EvalSpec.model_validate(
                {
                    "tp_ticks": self.ticks,
                    "sl_ticks": self.ticks,
                    "cooldown_bins": self.cooldown_bins,
                    "costs": {"fee_ticks": 0.2, "slippage_ticks": 0.25},
                }
            ),
            sweep=SweepSpec.model_validate({"per_signal": {"derivative": axes}}),
            parallel=ParallelSpec(workers=WORKERS),
        )


FULL = Sweep(HOUR)
"""1,000 points."""


def _written(root: Path, sweep: Sweep, source: Path) -> Path:
    """A lake with the market's file, and the experiment's."""
    pipeline = market_lake(root, source, sweep.market)
    serving = ServingSpec(name="bench", pipeline=f"./{pipeline.name}")
    for name, spec in (("serving", serving), ("experiment", sweep.spec())):
        document = spec.model_dump(mode="json", exclude_defaults=True)
        (root / f"{name}.yaml").write_text(yaml.safe_dump(document))
    return root / "experiment.yaml"


def _run(root: Path, experiment: Path) -> tuple[Watched, RunSummary]:
    """One ``qm run`` in a lake without results."""
    lake = Lake(root)
    shutil.rmtree(lake.results_dir, ignore_errors=True)
    done = watched(["run", str(experiment), "--no-tracking", "--lake-root", str(root), "--format", "json"])
    summary = RunSummary.model_validate(json.loads(done.output)[0])
    if summary.failed:
        raise QmError(f"{summary.failed} of {summary.points} points failed")
    return done, summary


def _notebook_seconds(root: Path, sweep: Sweep) -> float:
    """One point, in this process."""
    lake, spec = Lake(root), sweep.spec()
    (dataset_id,) = (path.name for path in lake.datasets_dir.iterdir())
    data = ColumnCache(lake, Dataset.open(lake, dataset_id, contents=False))
    bids, asks = (data.bins(f"best_{side}_price_int") / data.config.tick_int for side in ("bid", "ask"))
    params = EvalParams(
        tp_ticks=sweep.ticks[0],
        sl_ticks=sweep.ticks[-1],
        max_hold_bins=spec.eval.max_hold_bins,
        warmup_bins=spec.eval.warmup_bins,
        cooldown_bins=sweep.cooldown_bins[-1],
        **spec.eval.costs.model_dump(),
    )
    began = time.perf_counter()
    values = replay(SignalSpec(params={"zscore_window_bins": sweep.windows[0]}), data)
    notebook_point(values, bids, asks, params, spec.eval.thresholds)
    return time.perf_counter() - began


def measured(folder: Path, runs: int, sweep: Sweep) -> Iterator[Figure]:
    """Seconds and peak memory of ``qm run``; making the dataset is not in it."""
    with tempfile.TemporaryDirectory(prefix="qm-bench-") as temporary:
        root = Path(temporary)
        experiment = _written(root, sweep, sweep.market.path(folder))
        watched(["generate", str(root / f"{sweep.market.name}.yaml"), "--lake-root", str(root)])
        notebook = _notebook_seconds(root, sweep)
        results = [_run(root, experiment) for _ in range(runs)]
    seconds = statistics.median(done.seconds for done, _ in results)
    inside = statistics.median(summary.seconds for _, summary in results)
    cpu = statistics.median(done.cpu_seconds for done, _ in results)
    points = results[0][1].points
    yield Figure(
        what=f"qm run: {points:,} points of derivative on {sweep.market.minutes} minutes",
        value=seconds,
        unit="s",
        reach=60,
        baseline=f"the same in numpy as in a notebook, same run: {notebook:.2f} s a point, {notebook * points:,.0f} s",
        detail=f"{points / inside:.0f} points/s on {WORKERS} processes, {len(sweep.spec().eval.thresholds)} "
        f"thresholds each; {seconds - inside:.1f} s to begin and end, {cpu:.1f} s of CPU",
    )
    yield Figure(
        what="the same, peak memory",
        value=max(done.peak_mb for done, _ in results),
        unit="MB",
        reach=1000,
        detail="all processes, shared pages once",
    )


def run(folder: Path, runs: int) -> Iterator[Figure]:
    """The 1,000 points."""
    return measured(folder, runs, FULL)
