"""What a run has to say for itself at the gate, and at which threshold."""

from __future__ import annotations

from collections.abc import Sequence

from qm_harness.results.judged import Trial, judged_trials
from qm_harness.results.store import ResultStore
from qmcore.contracts.promotion import PromotionEvidence
from qmcore.errors import BadInput, NotFound, OptionError


def trials_of(store: ResultStore, experiment: str, run_id: str) -> list[Trial]:
    """The thresholds of a run, in order, judged among all trials of its experiment.

    Raises NotFound where ``experiment`` has no such run, BadInput where it failed.
    """
    metas = {meta.run_id: meta for meta in store.metas()}
    meta = metas.get(run_id)
    if meta is None or meta.experiment != experiment:
        theirs = sorted(known.run_id for known in metas.values() if known.experiment == experiment)
        raise NotFound(kind=f"run of experiment {experiment}", name=run_id, available=theirs)
    if meta.status == "failed":
        raise BadInput(f"run {run_id} failed, there is nothing to promote: {meta.error}")
    return judged_trials(store, lambda each: each.run_id == run_id)


def chosen(trials: Sequence[Trial], threshold: float | None) -> Trial:
    """The trial at ``threshold``; without one, the best that can be known without looking at out-of-sample time.

    That is the highest in-sample net mean among thresholds with the run's ``min_signals`` trades in sample, the lowest
    threshold on a tie. Raises OptionError naming the thresholds that there are.
    """
    there = ", ".join(f"{trial.row.threshold:g}" for trial in trials)
    if threshold is not None:
        for trial in trials:
            if trial.row.threshold == threshold:
                return trial
        raise OptionError(option="threshold", value=threshold, allowed=there)
    min_signals = trials[0].meta.min_signals
    ranked = [
        (mean, -trial.row.threshold, trial)
        for trial in trials
        if (mean := trial.row.in_sample.mean_pnl_ticks) is not None
        and trial.row.in_sample.n_signals >= min_signals
    ]
    if not ranked:
        raise BadInput(
            f"run {trials[0].meta.run_id} has no threshold with {min_signals} trades in sample to choose by; "
            f"name one (threshold): {there}"
        )
    return max(ranked, key=lambda one: one[:2])[2]


def evidence_of(trial: Trial) -> PromotionEvidence:
    """What the gate looks at."""
    meta, row, later = trial.meta, trial.row, trial.row.out_of_sample
    shown = {
        "run_id": meta.run_id,
        "experiment": meta.experiment,
        "threshold": row.threshold,
        "n_trials": trial.n_trials,
        "n_signals": row.n_signals,
        "out_of_sample_n_signals": later.n_signals,
        "out_of_sample_mean_pnl_ticks": later.mean_pnl_ticks,
        "out_of_sample_mean_pnl_low": later.mean_pnl_low,
        "holm_p": trial.holm_p,
        "min_signals": meta.min_signals,
        "entry": meta.entry,
        "fee_ticks": meta.fee_ticks,
        "slippage_ticks": meta.slippage_ticks,
    }
    return PromotionEvidence.model_validate(shown)
