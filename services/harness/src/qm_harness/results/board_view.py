"""The runs of a lake as they stood at one moment, in columns: ranked, filtered and looked up without reading a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from qm_harness.evaluation.rows import EvalRow
from qm_harness.evaluation.sweep import Correction
from qm_harness.results.board_groups import Group
from qm_harness.results.comparison import SAMPLES, SMALLER_IS_BETTER, SORTS, CompareRow
from qm_harness.results.rows import RunMeta
from qm_harness.results.store import Found
from qm_harness.results.sweep_figures import Figures
from qm_harness.results.tables import from_table

NEWEST: Final = "created_at"
BOARD_SORTS: Final = (*SORTS, NEWEST)
"""What can be sorted by: every number, and time."""

_UNKNOWN: Final = Figures(overfitting_probability=None, spa_p=None)


@dataclass(frozen=True, slots=True)
class Standing:
    """One trial of a run, and what all trials of its experiment say about it."""

    row: EvalRow
    holm_p: float
    benjamini_yekutieli_p: float
    deflated_sharpe: float
    is_winner: bool


@dataclass(frozen=True)
class BoardView:
    """Never changes, but for ``figures``, which are asked for anew."""

    names: tuple[str, ...]
    """Parts of the store that it was made from."""
    found: tuple[Found, ...]
    """Every run, in order of time."""
    rows: pa.Table
    """Every trial: the columns of ``EvalRow`` and ``run_id``."""
    run_of_row: NDArray[np.int64]
    groups: tuple[Group, ...]
    group_of_row: NDArray[np.int64]
    corrections: tuple[Correction, ...]
    """One a group."""
    figures: Callable[[str], Figures | None]
    """By key of a group."""
    _columns: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def where(self, wanted: Callable[[RunMeta], bool]) -> NDArray[np.bool_]:
        """Which runs are wanted, shape (runs,)."""
        return np.fromiter((wanted(each.meta) for each in self.found), np.bool_, len(self.found))

    def position(self, run_id: str) -> int | None:
        """Where a run is among ``found``."""
        return next((i for i, each in enumerate(self.found) if each.meta.run_id == run_id), None)

    def ranked(self, wanted: NDArray[np.bool_], *, sort: str, min_signals: int) -> NDArray[np.int64]:
        """One row a wanted run, at the threshold that is best by ``sort``: positions among ``rows``, best first.

        As ``comparison.ranked``: thresholds with fewer than ``min_signals`` are left out, those without a value last.
        """
        enough = self.column("n_signals") >= min_signals
        rows = np.flatnonzero(wanted[self.run_of_row] & enough)
        value = self.column(sort)[rows]
        signed = value if sort in SMALLER_IS_BETTER else -value
        runs = self.run_of_row[rows]
        order = np.lexsort((self.column("threshold")[rows], self._id_rank()[runs], signed, np.isnan(value)))
        _, first = np.unique(runs[order], return_index=True)
        best: NDArray[np.int64] = rows[order[np.sort(first)]]
        return best

    def compared(self, rows: NDArray[np.int64]) -> list[CompareRow]:
        """What ``qm compare`` says of these rows."""
        documents = self.rows.take(pa.array(rows)).to_pylist()
        return [self._compared(int(at), document) for at, document in zip(rows, documents, strict=True)]

    def meta_of_row(self, row: int) -> RunMeta:
        """The run of a trial."""
        return self.found[int(self.run_of_row[row])].meta

    def standings(self, run: int) -> list[Standing]:
        """The trials of a run, in order of threshold."""
        positions = np.flatnonzero(self.run_of_row == run)
        rows = from_table(self.rows.take(pa.array(positions)), EvalRow)
        made = []
        for position, row in zip(positions, rows, strict=True):
            correction, at = self._corrected(int(position))
            made.append(
                Standing(
                    row=row,
                    holm_p=float(correction.holm_p[at]),
                    benjamini_yekutieli_p=float(correction.benjamini_yekutieli_p[at]),
                    deflated_sharpe=float(correction.sharpe.probability[at]),
                    is_winner=bool(correction.is_winner[at]),
                )
            )
        return sorted(made, key=lambda standing: standing.row.threshold)

    def group_of_run(self, run: int) -> Group | None:
        """The runs that a run is judged with; None where it failed."""
        positions = np.flatnonzero(self.run_of_row == run)
        return self.groups[int(self.group_of_row[positions[0]])] if len(positions) else None

    def column(self, name: str) -> NDArray[np.float64]:
        """One number of every trial, NaN where there is none, shape (trials,)."""
        if name in ("overfitting_probability", "spa_p"):
            return self._figure(name)
        if name not in self._columns:
            self._columns[name] = self._made(name)
        return self._columns[name]

    def _made(self, name: str) -> NDArray[np.float64]:
        if name == NEWEST:
            return self._of_runs([each.meta.created_at.timestamp() for each in self.found])
        if name in RunMeta.model_fields and name != "n_trials":
            return self._of_runs([float(getattr(each.meta, name)) for each in self.found])
        if name in SAMPLES:
            sample = self.rows.column(SAMPLES[name]).combine_chunks()
            return _floats(pc.struct_field(sample, "mean_pnl_ticks"))
        if name in self.rows.column_names:
            return _floats(self.rows.column(name))
        made = np.full(len(self.rows), np.nan)
        for group, correction in zip(self.groups, self.corrections, strict=True):
            made[group.rows] = (
                correction.sharpe.probability if name == "deflated_sharpe" else getattr(correction, name)
            )
        return made

    def _of_runs(self, values: Sequence[float]) -> NDArray[np.float64]:
        return np.array(values, np.float64)[self.run_of_row]

    def _figure(self, name: str) -> NDArray[np.float64]:
        values = [getattr(self.figures(group.key) or _UNKNOWN, name) for group in self.groups]
        return np.array(values, np.float64)[self.group_of_row]

    def _id_rank(self) -> NDArray[np.float64]:
        if "" not in self._columns:
            order = np.argsort([each.meta.run_id for each in self.found], kind="stable")
            rank = np.empty(len(order))
            rank[order] = np.arange(len(order))
            self._columns[""] = rank
        return self._columns[""]

    def _corrected(self, row: int) -> tuple[Correction, int]:
        """What was said of a row's trial, and the trial's place in it."""
        number = int(self.group_of_row[row])
        return self.corrections[number], int(np.searchsorted(self.groups[number].rows, row))

    def _compared(self, row: int, document: dict[str, object]) -> CompareRow:
        correction, at = self._corrected(row)
        group = self.groups[int(self.group_of_row[row])]
        samples = {name: self.column(name)[row] for name in SAMPLES}
        known = document | dict(self.meta_of_row(row)) | dict(self.figures(group.key) or _UNKNOWN)
        known |= {name: None if np.isnan(value) else float(value) for name, value in samples.items()}
        known |= {
            "n_trials": group.n_trials,
            "holm_p": correction.holm_p[at],
            "benjamini_yekutieli_p": correction.benjamini_yekutieli_p[at],
            "deflated_sharpe": correction.sharpe.probability[at],
            "is_winner": correction.is_winner[at],
        }
        return CompareRow.model_validate({name: known[name] for name in CompareRow.model_fields})


def _floats(column: pa.ChunkedArray | pa.Array) -> NDArray[np.float64]:
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    values: NDArray[np.float64] = column.to_numpy(zero_copy_only=False).astype(np.float64)
    return values
