"""What ``qm compare`` prints: runs ranked, each at its best threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from qm_harness.results.judged import Trial
from qmcore.contracts.experiments import ComparedRun

DEFAULT_SORT: Final = "mean_pnl_ticks"


class CompareRow(ComparedRun):
    """A run at one threshold."""

    @classmethod
    def of(cls, trial: Trial) -> CompareRow:
        """The row of ``trial``."""
        known = trial.row.model_dump() | trial.meta.model_dump()
        judged = {name: getattr(trial, name) for name in JUDGED}
        samples = {name: known[sample]["mean_pnl_ticks"] for name, sample in SAMPLES.items()}
        document = known | judged | samples
        return cls.model_validate({name: document[name] for name in cls.model_fields})


JUDGED: Final = (
    "n_trials",
    "holm_p",
    "benjamini_yekutieli_p",
    "deflated_sharpe",
    "is_winner",
    "overfitting_probability",
    "spa_p",
)
SAMPLES: Final = {"in_sample_pnl_ticks": "in_sample", "out_of_sample_pnl_ticks": "out_of_sample"}
SMALLER_IS_BETTER: Final = frozenset(
    {
        "holm_p",
        "p_value",
        "benjamini_yekutieli_p",
        "overfitting_probability",
        "spa_p",
        "sl_rate",
        "timeout_rate",
        "median_time_to_outcome_ms",
    }
)
SORTS: Final = tuple(
    name
    for name, info in CompareRow.model_fields.items()
    if info.annotation in (int, float, float | None) and name != "n_trials"
)
"""What can be sorted by: every number."""


def ranked(
    trials: Sequence[Trial], *, sort: str = DEFAULT_SORT, min_signals: int = 1, top_n: int | None = None
) -> list[CompareRow]:
    """One row a run, at the threshold that is best by ``sort``; best runs first, those without a value last.

    Thresholds with fewer than ``min_signals`` signals are left out.
    """
    rows = [CompareRow.of(trial) for trial in trials if trial.row.n_signals >= min_signals]

    def worth(row: CompareRow) -> tuple[bool, float, str, float]:
        value = getattr(row, sort)
        signed = 0.0 if value is None else value if sort in SMALLER_IS_BETTER else -value
        return value is None, signed, row.run_id, row.threshold

    best: dict[str, CompareRow] = {}
    for row in sorted(rows, key=worth):
        best.setdefault(row.run_id, row)
    return list(best.values())[:top_n]
