"""What ``qm promote`` prints."""

from __future__ import annotations

from qm_harness.promotion.promote import Promoted
from qmcore.config.base import Spec


class PromotedRow(Spec):
    """A run that is served now, and what it showed."""

    alias: str
    version: int
    serving_id: str
    created: bool
    previous_serving_id: str | None
    experiment: str
    run_id: str
    threshold: float
    out_of_sample_n_signals: int
    out_of_sample_mean_pnl_ticks: float | None
    out_of_sample_mean_pnl_low: float | None
    holm_p: float
    n_trials: int
    overridden: bool

    @classmethod
    def of(cls, promoted: Promoted) -> PromotedRow:
        """The row of ``promoted``."""
        shown = promoted.evidence.model_dump(include=set(cls.model_fields))
        return cls(
            alias=promoted.alias.alias,
            version=promoted.alias.version,
            serving_id=promoted.alias.serving_id,
            created=promoted.created,
            previous_serving_id=promoted.previous_serving_id,
            overridden=bool(promoted.failed),
            **shown,
        )
