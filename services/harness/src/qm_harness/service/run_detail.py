"""Everything about one run: its lineage, its thresholds with curves and the gate's verdict, where it is served."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qm_harness.dataset import Dataset
from qm_harness.promotion.evidence import chosen, evidence_of
from qm_harness.results.board import RunBoard
from qm_harness.results.board_view import BoardView, Standing
from qm_harness.results.judged import Trial
from qm_harness.results.rows import RunMeta, RunRow
from qm_harness.service.experiment_files import ExperimentFiles
from qm_harness.service.served_runs import Served
from qm_harness.statistics.split import split_bins
from qmcore.config.base import load_spec
from qmcore.config.experiment import ExperimentSpec
from qmcore.contracts.experiments import GateVerdict, RunDetail, RunLineage, SampleStats, ThresholdDetail
from qmcore.contracts.promotion import failed_conditions
from qmcore.errors import BadInput, QmError
from qmcore.lake import Lake
from qmcore.units import NS_PER_MS


def detail_of(
    lake: Lake, files: ExperimentFiles, board: RunBoard, view: BoardView, run: int, served: Served
) -> RunDetail:
    """Of the run at position ``run`` of ``view``."""
    meta = view.found[run].meta
    group = view.group_of_run(run)
    standings = view.standings(run)
    pnl = board.period_pnl([meta.run_id]) if standings else np.empty((0, 0))
    figures = view.figures(group.key) if group else None
    n_trials = group.n_trials if group else meta.n_trials
    trials = [_trial(meta, standing, pnl[:, column], n_trials) for column, standing in enumerate(standings)]
    unreadable = _unreadable(files, meta.experiment)
    clock = _Clock.of(lake, meta, len(pnl))
    url = served.streaming_url(meta.run_id)
    return RunDetail(
        lineage=RunLineage.model_validate(
            {name: value for name, value in meta if name in RunLineage.model_fields}
        ),
        thresholds=tuple(_threshold(trial, unreadable) for trial in trials),
        best_threshold=_best_threshold(trials),
        n_trials=n_trials,
        overfitting_probability=figures.overfitting_probability if figures else None,
        spa_p=figures.spa_p if figures else None,
        period_end_ns=clock.period_end_ns if clock else None,
        start_ns=clock.start_ns if clock else None,
        out_of_sample_from_ns=clock.out_of_sample_from_ns if clock else None,
        servings=served.servings.get(meta.run_id, ()),
        can_stream=url is not None,
        streaming_url=url,
        registry_problem=served.problem,
    )


def _trial(meta: RunMeta, standing: Standing, pnl: NDArray[np.float64], n_trials: int) -> Trial:
    return Trial(
        meta=meta,
        row=RunRow(**dict(standing.row), run_id=meta.run_id, period_pnl=tuple(pnl.tolist())),
        n_trials=n_trials,
        holm_p=standing.holm_p,
        benjamini_yekutieli_p=standing.benjamini_yekutieli_p,
        deflated_sharpe=standing.deflated_sharpe,
        is_winner=standing.is_winner,
        overfitting_probability=None,
        spa_p=None,
    )


def _threshold(trial: Trial, unreadable: tuple[str, ...]) -> ThresholdDetail:
    row = trial.row
    refused = unreadable or failed_conditions(evidence_of(trial))
    equity = np.cumsum(row.period_pnl)
    drawdown = np.maximum(np.maximum.accumulate(equity), 0.0) - equity
    whole = {name: value for name, value in row if name in SampleStats.model_fields}
    return ThresholdDetail(
        threshold=row.threshold,
        enough_signals=row.enough_signals,
        whole=SampleStats.model_validate(whole),
        in_sample=row.in_sample,
        out_of_sample=row.out_of_sample,
        holm_p=trial.holm_p,
        benjamini_yekutieli_p=trial.benjamini_yekutieli_p,
        deflated_sharpe=trial.deflated_sharpe,
        is_winner=trial.is_winner,
        equity_ticks=tuple(equity.tolist()),
        drawdown_ticks=tuple(drawdown.tolist()),
        max_drawdown_ticks=float(drawdown.max(initial=0.0)),
        gate=GateVerdict(passes=not refused, reasons=refused),
    )


def _unreadable(files: ExperimentFiles, experiment: str) -> tuple[str, ...]:
    """Why nothing of the experiment can be published, whatever the gate says; empty when it can."""
    try:
        load_spec(ExperimentSpec, files.path(experiment))
    except QmError as error:
        return (f"the experiment's file cannot be read, so nothing can be published: {error}",)
    return ()


def _best_threshold(trials: list[Trial]) -> float | None:
    """What a promotion takes unless told otherwise."""
    try:
        return chosen(trials, None).row.threshold if trials else None
    except BadInput:
        return None


@dataclass(frozen=True, slots=True)
class _Clock:
    """When the periods of a run were, in the market's time."""

    start_ns: int
    out_of_sample_from_ns: int
    period_end_ns: tuple[int, ...]

    @classmethod
    def of(cls, lake: Lake, meta: RunMeta, n_periods: int) -> _Clock | None:
        """None where the dataset is gone or damaged."""
        try:
            manifest = Dataset.open(lake, meta.dataset_id, contents=False).manifest
        except QmError:
            return None
        first_ns, width_ns = manifest.first_bin_start_ns, manifest.config.cell_width_ms * NS_PER_MS
        split = split_bins(manifest.bins, meta.warmup_bins, meta.in_sample_fraction)
        first, end = split.in_sample.first, split.out_of_sample.end
        # A trade that exits in bin e belongs to period (e - first) * n // (end - first).
        ends = (first + -(-(period + 1) * (end - first) // n_periods) for period in range(n_periods))
        return cls(
            start_ns=first_ns + first * width_ns,
            out_of_sample_from_ns=first_ns + split.out_of_sample.first * width_ns,
            period_end_ns=tuple(first_ns + end_bin * width_ns for end_bin in ends),
        )
