"""What a report is made of: every run of an experiment, judged, and the datasets that are still there."""

from __future__ import annotations

import datetime as dt_
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from qm_harness.dataset import Dataset
from qm_harness.manifest import DatasetManifest
from qm_harness.results.judged import Trial, judged_trials
from qm_harness.results.rows import RunMeta
from qm_harness.results.store import ResultStore
from qmcore.errors import CorruptData, NotFound
from qmcore.lake import Lake
from qmcore.units import NS_PER_MS

Span = tuple[int, int]
"""A stretch of time, in nanoseconds."""


@dataclass(frozen=True)
class Findings:
    """An experiment as its report sees it. Runs and trials in order of time."""

    experiment: str
    metas: tuple[RunMeta, ...]
    trials: tuple[Trial, ...]
    manifests: Mapping[str, DatasetManifest] = field(default_factory=dict)
    """Of the datasets that can still be read, by id."""

    @classmethod
    def gather(cls, lake: Lake, experiment: str) -> Self:
        """From the results in ``lake``. Raises NotFound naming the experiments there are."""
        store = ResultStore(lake)
        known = store.metas()
        names = sorted({meta.experiment for meta in known})
        if experiment not in names:
            raise NotFound(kind="experiment among the results", name=experiment, available=names)
        trials = judged_trials(store, lambda meta: meta.experiment == experiment)
        metas = tuple(meta for meta in known if meta.experiment == experiment)
        return cls(experiment, metas, tuple(trials), _manifests(lake, metas))

    @property
    def n_trials(self) -> int:
        """Every attempt that was made or planned."""
        counted = sum(meta.n_thresholds for meta in self.metas)
        planned = max((meta.n_trials for meta in self.metas), default=0)
        return max(counted, planned)

    @property
    def failed(self) -> tuple[RunMeta, ...]:
        """Runs that failed."""
        return tuple(meta for meta in self.metas if meta.status == "failed")

    @property
    def winners(self) -> tuple[Trial, ...]:
        """Trials that are left once every attempt is counted."""
        return tuple(trial for trial in self.trials if trial.is_winner)

    def ranked(self) -> list[Trial]:
        """Each run with enough signals at its best threshold by net expectancy; best runs first, as ``qm compare``."""
        rankable = [t for t in self.trials if t.row.enough_signals and t.row.mean_pnl_ticks is not None]
        best: dict[str, Trial] = {}
        for trial in sorted(rankable, key=_worst_last):
            best.setdefault(trial.meta.run_id, trial)
        return list(best.values())

    def curve(self, run_id: str) -> list[Trial]:
        """The trials of a run, thresholds ascending."""
        return sorted((t for t in self.trials if t.meta.run_id == run_id), key=lambda t: t.row.threshold)

    def evaluated(self, meta: RunMeta) -> Span | None:
        """The time from warm-up to the end of the run's dataset; None where that is gone."""
        manifest = self.manifests.get(meta.dataset_id)
        if manifest is None:
            return None
        warmup_ns = meta.warmup_bins * manifest.config.cell_width_ms * NS_PER_MS
        return manifest.first_bin_start_ns + warmup_ns, manifest.last_bin_end_ns


def _worst_last(trial: Trial) -> tuple[float, str, float]:
    assert trial.row.mean_pnl_ticks is not None
    return -trial.row.mean_pnl_ticks, trial.meta.run_id, trial.row.threshold


def _manifests(lake: Lake, metas: Sequence[RunMeta]) -> dict[str, DatasetManifest]:
    """A report says what was found, also when the data are gone."""
    found = {}
    for dataset_id in sorted({meta.dataset_id for meta in metas}):
        try:
            found[dataset_id] = Dataset.open(lake, dataset_id, contents=False).manifest
        except (NotFound, CorruptData):
            continue
    return found


def session_of(dataset_id: str) -> str:
    """The capture of a dataset, by its id: symbol, day and hours."""
    return dataset_id.split("__", 1)[0]


def utc(time_ns: int) -> dt_.datetime:
    """To the microsecond."""
    return dt_.datetime.fromtimestamp(time_ns / 1e9, dt_.UTC)
