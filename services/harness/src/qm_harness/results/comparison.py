"""What ``qm compare`` prints: runs ranked, each at its best threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import Field

from qm_harness.results.judged import Trial
from qmcore.config.base import Spec

DEFAULT_SORT: Final = "mean_pnl_ticks"


class CompareRow(Spec):
    """A run at one threshold."""

    run_id: str
    experiment: str
    signal: str
    params: str
    cooldown_bins: int
    tp_ticks: float
    sl_ticks: float
    threshold: float
    n_signals: int
    mean_pnl_ticks: float | None = Field(description="net expectancy of a trade, after all costs")
    mean_pnl_low: float | None
    mean_pnl_high: float | None
    out_of_sample_pnl_ticks: float | None
    holm_p: float = Field(description="p_value corrected for every trial of the experiment")
    is_winner: bool = Field(description="holm_p at most 0.05, and mean_pnl_low above 0")
    p_value: float | None
    benjamini_yekutieli_p: float
    deflated_sharpe: float = Field(
        description="probability that it is more than the luck of the best of all trials"
    )
    overfitting_probability: float | None = Field(description="of the experiment")
    spa_p: float | None = Field(description="of the experiment: that no trial is better than not trading")
    n_trials: int
    n_up: int
    n_down: int
    tp_rate: float | None
    tp_rate_low: float | None
    tp_rate_high: float | None
    tp_rate_excess: float | None
    sl_rate: float | None
    timeout_rate: float | None
    events_per_hour: float
    mean_gross_pnl_ticks: float | None
    in_sample_pnl_ticks: float | None
    median_time_to_outcome_ms: float | None
    scoring: str
    dataset_id: str

    @classmethod
    def of(cls, trial: Trial) -> CompareRow:
        """The row of ``trial``."""
        known = trial.row.model_dump() | trial.meta.model_dump()
        judged = {name: getattr(trial, name) for name in _JUDGED}
        samples = {
            "in_sample_pnl_ticks": trial.row.in_sample.mean_pnl_ticks,
            "out_of_sample_pnl_ticks": trial.row.out_of_sample.mean_pnl_ticks,
        }
        document = known | judged | samples
        return cls.model_validate({name: document[name] for name in cls.model_fields})


_JUDGED: Final = (
    "n_trials",
    "holm_p",
    "benjamini_yekutieli_p",
    "deflated_sharpe",
    "is_winner",
    "overfitting_probability",
    "spa_p",
)
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
