"""Runs that are judged together, and what each trial is worth once all are counted. Pure but for the loading of pnl."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from qm_harness.evaluation.sweep import Correction, correct
from qm_harness.results.judged import clock_of
from qm_harness.results.store import Found

LoadPnl = Callable[[Sequence[str]], NDArray[np.float64]]
"""Net ticks by period of some runs, shape (periods, trials), in the order of the board's rows."""


@dataclass(frozen=True, slots=True)
class Group:
    """Runs of one experiment and one clock."""

    experiment: str
    run_ids: tuple[str, ...]
    rows: NDArray[np.int64]
    """Positions of their trials among the board's rows."""
    n_trials: int
    n_periods: int
    seed: int
    key: str
    """Hash of the runs: what is worked out from their results alone is the same for the same key."""

    def corrected(self, rows: pa.Table, load: LoadPnl) -> Correction:
        """Quickly known of each of its trials."""
        p_value, low = (_floats(rows.column(name))[self.rows] for name in ("p_value", "mean_pnl_low"))
        return correct(p_value, low, load(self.run_ids), n_trials=self.n_trials)


def groups_of(found: Sequence[Found], rows: pa.Table, run_of_row: NDArray[np.int64]) -> list[Group]:
    """The groups among the runs ``found``, of which ``rows`` are the trials, ``run_of_row`` their run's position."""
    tried: dict[str, int] = {}
    for each in found:
        tried[each.meta.experiment] = tried.get(each.meta.experiment, 0) + each.meta.n_thresholds
    periods = rows.column("n_periods").to_numpy()
    members: dict[tuple[str, str, int, int], list[int]] = {}
    n_periods = dict(zip(run_of_row.tolist(), periods.tolist(), strict=True))
    for run, count in n_periods.items():
        members.setdefault(clock_of(found[run].meta, count), []).append(run)
    group_of_run = np.full(len(found), -1)
    for number, runs in enumerate(members.values()):
        group_of_run[runs] = number
    of_row = group_of_run[run_of_row]
    made = []
    for number, ((experiment, _, _, count), runs) in enumerate(members.items()):
        metas = [found[run].meta for run in runs]
        ids = tuple(meta.run_id for meta in metas)
        made.append(
            Group(
                experiment=experiment,
                run_ids=ids,
                rows=np.flatnonzero(of_row == number),
                n_trials=max(tried[experiment], *(meta.n_trials for meta in metas)),
                n_periods=count,
                seed=min(meta.seed for meta in metas),
                key=hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest(),
            )
        )
    return made


def _floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    values: NDArray[np.float64] = column.to_numpy().astype(np.float64)
    return values
