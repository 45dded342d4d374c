"""All trials of a sweep together: what is left of the best one once every attempt is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qm_harness.evaluation.rows import EvalRow
from qm_harness.statistics.deflated_sharpe import DeflatedSharpe, deflated_sharpe
from qm_harness.statistics.multiplicity import benjamini_yekutieli, holm
from qm_harness.statistics.overfitting import Overfitting, backtest_overfitting
from qm_harness.statistics.superior_predictive_ability import SuperiorAbility, superior_ability


@dataclass(frozen=True, slots=True)
class Correction:
    """Of every trial, in the order given; arrays of shape (trials,)."""

    holm_p: NDArray[np.float64]
    benjamini_yekutieli_p: NDArray[np.float64]
    sharpe: DeflatedSharpe
    is_winner: NDArray[np.bool_]
    """Better than random entries after Holm's correction over all trials, and an interval of the net mean above 0."""


@dataclass(frozen=True, slots=True)
class SweepVerdict(Correction):
    """The trials, and what the sweep as a whole is worth."""

    overfitting: Overfitting | None
    """None with fewer than two trials."""
    superior_ability: SuperiorAbility | None
    """None where no trial earned anything."""


def judge_sweep(
    rows: Sequence[EvalRow],
    pnl: NDArray[np.float64],
    *,
    n_trials: int,
    seed: int,
    alpha: float = 0.05,
    n_blocks: int = 16,
) -> SweepVerdict:
    """Correct ``rows`` for all ``n_trials`` (points times thresholds, those that failed as well).

    ``pnl``: shape (periods, len(rows)), columns of ``Evaluation.period_pnl`` in the order of ``rows``, of one clock.
    Raises ValueError where the counts do not fit, or there are fewer than two periods a CSCV block.
    """
    if pnl.ndim != 2 or pnl.shape[1] != len(rows) or n_trials < len(rows):
        raise ValueError(
            f"{len(rows)} rows, pnl of shape {pnl.shape} and {n_trials} trials do not fit together"
        )
    p_values, lows = (
        np.array([np.nan if value is None else value for value in column], np.float64)
        for column in ([row.p_value for row in rows], [row.mean_pnl_low for row in rows])
    )
    corrected = correct(p_values, lows, pnl, n_trials=n_trials, alpha=alpha)
    return SweepVerdict(
        holm_p=corrected.holm_p,
        benjamini_yekutieli_p=corrected.benjamini_yekutieli_p,
        sharpe=corrected.sharpe,
        is_winner=corrected.is_winner,
        overfitting=backtest_overfitting(pnl, n_blocks) if len(rows) > 1 else None,
        superior_ability=superior_ability(pnl, seed=seed),
    )


def correct(
    p_values: NDArray[np.float64],
    mean_pnl_low: NDArray[np.float64],
    pnl: NDArray[np.float64],
    *,
    n_trials: int,
    alpha: float = 0.05,
) -> Correction:
    """What can be said of each trial, quickly: NaN where a trial has no p-value or no interval, shape (trials,).

    ``pnl`` and ``n_trials`` as for ``judge_sweep``.
    """
    count = len(p_values)
    every = np.ones(n_trials)
    every[:count] = np.where(np.isnan(p_values), 1.0, p_values)
    holm_p = holm(every)[:count]
    return Correction(
        holm_p=holm_p,
        benjamini_yekutieli_p=benjamini_yekutieli(every)[:count],
        sharpe=deflated_sharpe(pnl, n_trials),
        is_winner=(holm_p <= alpha) & (mean_pnl_low > 0),
    )
