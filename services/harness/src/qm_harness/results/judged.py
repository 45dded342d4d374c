"""Runs with what is left of them once every attempt of their experiment is counted.

Every trial counts that was ever made under the experiment's name, failed ones and those of earlier versions of its
spec among them: leaving them out would make luck look like skill.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from qm_harness.evaluation import judge_sweep
from qm_harness.results.rows import RunMeta, RunRow
from qm_harness.results.store import ResultStore, Run

MOST_BLOCKS: Final = 16
"""That time is cut into, to see whether winners of some stay winners in the others."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A run at one threshold, and what all trials of its experiment say about it."""

    meta: RunMeta
    row: RunRow
    n_trials: int
    holm_p: float
    benjamini_yekutieli_p: float
    deflated_sharpe: float
    is_winner: bool
    overfitting_probability: float | None
    spa_p: float | None


def judged_trials(store: ResultStore, wanted: Callable[[RunMeta], bool]) -> list[Trial]:
    """The trials of runs that are ``wanted``, judged among all of their experiments; in order of time."""
    experiments = {meta.experiment for meta in store.metas() if wanted(meta)}
    runs = store.runs(lambda meta: meta.experiment in experiments)
    n_trials: dict[str, int] = {}
    for run in runs:
        n_trials[run.meta.experiment] = n_trials.get(run.meta.experiment, 0) + run.meta.n_thresholds
    clocks: dict[Clock, list[Run]] = {}
    for run in runs:
        if run.rows:
            clocks.setdefault(clock_of(run.meta, len(run.rows[0].period_pnl)), []).append(run)
    found = []
    for (experiment, *_), group in clocks.items():
        planned = max(run.meta.n_trials for run in group)
        found += _judged(group, max(planned, n_trials[experiment]))
    found = [trial for trial in found if wanted(trial.meta)]
    return sorted(found, key=lambda t: (t.meta.created_at, t.meta.run_id, t.row.threshold))


Clock = tuple[str, str, int, int]
"""What runs of one experiment share whose periods are the same stretches of time."""


def clock_of(meta: RunMeta, n_periods: int) -> Clock:
    """The clock of a run with so many periods."""
    return meta.experiment, meta.dataset_id.rsplit("__", 1)[0], meta.warmup_bins, n_periods


def blocks_of(n_periods: int) -> int:
    """How many blocks so many periods are cut into."""
    return min(MOST_BLOCKS, n_periods // 4 * 2)


def _judged(runs: Sequence[Run], n_trials: int) -> list[Trial]:
    pairs = [(run.meta, row) for run in runs for row in run.rows]
    pnl = np.array([row.period_pnl for _, row in pairs]).T
    seed = min(run.meta.seed for run in runs)
    verdict = judge_sweep(
        [row for _, row in pairs], pnl, n_trials=n_trials, seed=seed, n_blocks=blocks_of(len(pnl))
    )
    return [
        Trial(
            meta=meta,
            row=row,
            n_trials=n_trials,
            holm_p=float(verdict.holm_p[index]),
            benjamini_yekutieli_p=float(verdict.benjamini_yekutieli_p[index]),
            deflated_sharpe=float(verdict.sharpe.probability[index]),
            is_winner=bool(verdict.is_winner[index]),
            overfitting_probability=verdict.overfitting.probability if verdict.overfitting else None,
            spa_p=verdict.superior_ability.consistent if verdict.superior_ability else None,
        )
        for index, (meta, row) in enumerate(pairs)
    ]
