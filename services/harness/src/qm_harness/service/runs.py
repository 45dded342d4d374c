"""Runs as the REST says them: the list, and everything about one run. Blocking: asked for in threads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from qm_harness.service.experiment_files import ExperimentFiles
from qm_harness.service.served_runs import Served
from qmcore.contracts.experiments import (
    ExperimentList,
    ExperimentSummary,
    RunDetail,
    RunList,
    RunListRow,
    RunQuery,
)
from qmcore.contracts.jobs import Job
from qmcore.errors import NotFound, OptionError
from qmcore.lake import Lake

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qm_harness.results.board import RunBoard
    from qm_harness.results.rows import RunMeta


@dataclass(frozen=True)
class Runs:
    """The runs of a lake. Heavy libraries come with the first question, not with the process."""

    lake: Lake
    files: ExperimentFiles

    @cached_property
    def board(self) -> RunBoard:
        """Made at the first question."""
        from qm_harness.results.board import RunBoard
        from qm_harness.results.store import ResultStore
        from qm_harness.results.sweep_figures import SweepFigures

        return RunBoard(ResultStore(self.lake), SweepFigures(self.lake))

    def listed(self, query: RunQuery, served: Served) -> RunList:
        """Runs, best first. Raises OptionError where the column cannot be sorted by."""
        from qm_harness.results.board_view import BOARD_SORTS
        from qm_harness.results.comparison import SMALLER_IS_BETTER

        if query.sort not in BOARD_SORTS:
            raise OptionError(option="sort", value=query.sort, allowed=", ".join(BOARD_SORTS))
        view = self.board.view()
        asked = {name: getattr(query, name) for name in ("signal", "dataset_id", "experiment")}
        asked = {name: value for name, value in asked.items() if value is not None}
        wanted = view.where(lambda meta: all(getattr(meta, name) == value for name, value in asked.items()))
        ranked = view.ranked(wanted, sort=query.sort, min_signals=query.min_signals)
        top = ranked[: query.top_n]
        rows = []
        for row, compared in zip(top, view.compared(top), strict=True):
            meta = view.meta_of_row(int(row))
            url = served.streaming_url(meta.run_id)
            rows.append(
                RunListRow(
                    **dict(compared),
                    created_at=meta.created_at,
                    artifact=meta.artifact,
                    can_stream=url is not None,
                    streaming_url=url,
                )
            )
        metas = [each.meta for each in view.found]
        failed = sum(bool(w) and meta.status == "failed" for w, meta in zip(wanted, metas, strict=True))
        return RunList(
            runs=tuple(rows),
            total=len(ranked),
            too_few_signals=int(wanted.sum()) - failed - len(ranked),
            failed=failed,
            sort=query.sort,
            smaller_is_better=query.sort in SMALLER_IS_BETTER,
            sorts=BOARD_SORTS,
            experiments=_values(metas, "experiment"),
            signals=_values(metas, "signal"),
            dataset_ids=_values(metas, "dataset_id"),
            pending=self.board.work_out_figures(view),
            registry_problem=served.problem,
        )

    def detail(self, run_id: str, served: Served) -> RunDetail:
        """Everything about one run. Raises NotFound."""
        from qm_harness.service.run_detail import detail_of

        view = self.board.view()
        run = view.position(run_id)
        if run is None:
            raise NotFound(kind="run", name=run_id, available=[each.meta.run_id for each in view.found[-20:]])
        self.board.work_out_figures(view)
        return detail_of(self.lake, self.files, self.board, view, run, served)

    def experiment_of(self, run_id: str) -> str:
        """The experiment of a run. Raises NotFound."""
        view = self.board.view()
        run = view.position(run_id)
        if run is None:
            raise NotFound(kind="run", name=run_id, available=[each.meta.run_id for each in view.found[-20:]])
        return view.found[run].meta.experiment

    def newest_results(self) -> dict[str, float]:
        """When the newest run of each experiment ended, in seconds since the epoch; experiments by name."""
        newest = {each.meta.experiment: each.meta.created_at for each in self.board.view().found}
        return {name: newest[name].timestamp() for name in sorted(newest)}

    def experiments(self, active: Sequence[Job]) -> ExperimentList:
        """The experiments of the lake, by name."""
        known = {path.stem: self.files.summary(path) for path in self.files.paths()}
        for job in active:
            blank = ExperimentSummary(name=job.experiment, in_lake=False, runs=0, failed_runs=0)
            summary = known.get(job.experiment, blank)
            known[job.experiment] = summary.model_copy(update={"active_job": job.job_id})
        runs: dict[str, list[RunMeta]] = {}
        for each in self.board.view().found:
            runs.setdefault(each.meta.experiment, []).append(each.meta)
        for name, metas in runs.items():
            summary = known.get(name, ExperimentSummary(name=name, in_lake=False, runs=0, failed_runs=0))
            known[name] = summary.model_copy(
                update={
                    "runs": len(metas),
                    "failed_runs": sum(meta.status == "failed" for meta in metas),
                    "last_run_at": metas[-1].created_at,
                    "serving": summary.serving or metas[-1].serving,
                    "signals": summary.signals or tuple(dict.fromkeys(meta.signal for meta in metas)),
                }
            )
        return ExperimentList(experiments=tuple(known[name] for name in sorted(known)))


def _values(metas: Sequence[RunMeta], name: str) -> tuple[str, ...]:
    return tuple(sorted({str(getattr(meta, name)) for meta in metas}))
