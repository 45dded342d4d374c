"""``RunBoard``: the runs of a lake for those who ask often. The harness's service keeps one.

Guarantees: the same figures as ``qm compare``; what was appended is seen after a second, or after five times what it
takes to look (a sweep under way must not be slowed by who watches it). Each part of the store is read once; a look at
an unchanged store costs one listing of a folder. May be used by several threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from qm_harness.evaluation.sweep import Correction
from qm_harness.results.board_groups import groups_of
from qm_harness.results.board_view import BoardView
from qm_harness.results.rows import RunRow
from qm_harness.results.store import Found, Part, ResultStore, first_finished
from qm_harness.results.sweep_figures import SweepFigures
from qm_harness.results.tables import arrow_schema_of

LEAST_REST_S: Final = 1.0
REST_FACTOR: Final = 5.0

_PNL: Final = "period_pnl"
_COLUMNS: Final = tuple(RunRow.model_fields)


class RunBoard:
    """The runs of ``store``."""

    def __init__(
        self, store: ResultStore, figures: SweepFigures, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._store, self._figures, self._now = store, figures, now
        self._parts: dict[str, Part] = {}
        self._corrections: dict[tuple[str, int], Correction] = {}
        self._view: BoardView | None = None
        self._rests_until = 0.0
        self._looking = threading.Lock()

    def view(self) -> BoardView:
        """The runs as they stand, or stood a moment ago. Raises CorruptData."""
        view = self._view
        if view is not None and (self._now() < self._rests_until or view.names == tuple(self._store.parts())):
            return view
        if not self._looking.acquire(blocking=view is None):
            assert view is not None  # somebody else looks already
            return view
        try:
            began = self._now()
            if self._view is view:
                self._view = self._store.steady(self._look)
            self._rests_until = self._now() + max(LEAST_REST_S, REST_FACTOR * (self._now() - began))
            assert self._view is not None
            return self._view
        finally:
            self._looking.release()

    def work_out_figures(self, view: BoardView) -> tuple[str, ...]:
        """Ask for what is not known of whole experiments yet; the experiments that it is asked for."""
        pending = []
        for group in view.groups:
            if self._figures.known(group.key) is None:
                pending.append(group.experiment)
                self._figures.ask(
                    group,
                    partial(self.period_pnl, group.run_ids),
                    lambda: self.view().names == view.names,
                )
        return tuple(sorted(set(pending)))

    def period_pnl(self, run_ids: Sequence[str]) -> NDArray[np.float64]:
        """Net ticks by period of runs of one clock, shape (periods, trials): run by run, threshold by threshold."""
        return self._store.steady(lambda names: self._pnl_in(names, run_ids))

    def _look(self, names: list[str]) -> BoardView:
        for name in set(self._parts) - set(names):
            del self._parts[name]
        for name in names:
            if name not in self._parts:
                self._parts[name] = _slim(self._store.part(name, _COLUMNS))
        parts = [self._parts[name] for name in names]
        found = tuple(first_finished(Found(part.name, meta) for part in parts for meta in part.metas))
        rows, run_of_row = _rows_of(parts, found)
        groups = tuple(groups_of(found, rows, run_of_row))
        group_of_row = np.zeros(len(rows), np.int64)
        for number, group in enumerate(groups):
            group_of_row[group.rows] = number
        corrections = {}
        for group in groups:
            key = group.key, group.n_trials
            kept = self._corrections.get(key)
            corrections[key] = kept or group.corrected(rows, lambda ids: self._pnl_in(names, ids))
        self._corrections = corrections
        return BoardView(
            names=tuple(names),
            found=found,
            rows=rows,
            run_of_row=run_of_row,
            groups=groups,
            group_of_row=group_of_row,
            corrections=tuple(corrections[group.key, group.n_trials] for group in groups),
            figures=self._figures.known,
        )

    def _pnl_in(self, names: Sequence[str], run_ids: Sequence[str]) -> NDArray[np.float64]:
        missing, tables = set(run_ids), []
        for name in names:
            known = self._parts.get(name)
            here = missing if known is None else missing & {meta.run_id for meta in known.metas}
            if here:
                tables.append(self._store.part_rows(name, sorted(here), ("threshold", _PNL)))
                missing -= set(tables[-1].column("run_id").unique().to_pylist())
        table = pa.concat_tables(tables)
        run = pc.index_in(table.column("run_id"), pa.array(run_ids)).to_numpy()
        order = np.lexsort((table.column("threshold").to_numpy(), run))
        pnl = table.column(_PNL).combine_chunks()
        flat = pnl.flatten().to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
        # In the memory order in which qm compare has it: sums in another order have other last bits.
        periods: NDArray[np.float64] = flat.reshape(len(table), -1)[order].T
        return periods


def _slim(part: Part) -> Part:
    """Without the pnl by period, of which only the length stays: it is three quarters of a part."""
    counts = pc.list_value_length(part.rows.column(_PNL))
    return Part(part.name, part.metas, part.rows.drop_columns([_PNL]).append_column("n_periods", counts))


def _rows_of(parts: Sequence[Part], found: Sequence[Found]) -> tuple[pa.Table, NDArray[np.int64]]:
    """The trials of the runs ``found``, run by run and threshold by threshold, and the position of each one's run."""
    runs_of_part: dict[str, dict[str, int]] = {}
    for position, each in enumerate(found):
        runs_of_part.setdefault(each.part, {})[each.meta.run_id] = position
    nothing = _slim(Part("", (), arrow_schema_of(RunRow).empty_table()))
    tables, runs = [nothing.rows], [np.empty(0, np.int64)]
    for part in parts:
        wanted = runs_of_part.get(part.name, {})
        ids, at = pa.array(wanted, pa.string()), np.fromiter(wanted.values(), np.int64, len(wanted))
        chosen = part.rows.filter(pc.is_in(part.rows.column("run_id"), value_set=ids))
        tables.append(chosen)
        runs.append(at[pc.index_in(chosen.column("run_id"), ids).to_numpy()])
    rows, run_of_row = pa.concat_tables(tables, promote_options="default"), np.concatenate(runs)
    order = np.lexsort((rows.column("threshold").to_numpy(), run_of_row))
    return rows.take(pa.array(order)).combine_chunks(), run_of_row[order]
