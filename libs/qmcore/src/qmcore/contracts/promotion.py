"""The promotion gate: what a run must show before it may be served. A pure rule, the same for every door.

The registry asks it at every publication that names a run; ``qm promote`` and the harness service gather the evidence.
It wants trades of time that no search has seen, an expectancy that stays above 0 after real costs, and a p-value that
counts every trial of the experiment. Whoever knows better passes it with a reason, which is kept beside what failed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field, FiniteFloat

from qmcore.config.serving import ServingSource
from qmcore.contracts.messages import Message
from qmcore.errors import ConfigError, PromotionRefused

HIGHEST_P: Final = 0.05

Ticks = Annotated[FiniteFloat, Field(description="ticks a trade, after all costs")]


class PromotionEvidence(Message):
    """What a run shows at one threshold, once every trial of its experiment is counted."""

    run_id: str = Field(min_length=1, max_length=64)
    experiment: str = Field(min_length=1, max_length=64)
    threshold: FiniteFloat = Field(description="of the signal, at which the run is to be traded")
    n_trials: int = Field(ge=1, description="every run at every threshold that the experiment ever tried")
    n_signals: int = Field(ge=0, description="trades in and out of sample")
    out_of_sample_n_signals: int = Field(ge=0, description="trades after the in-sample part")
    out_of_sample_mean_pnl_ticks: Ticks | None = Field(description="their mean; null where there are none")
    out_of_sample_mean_pnl_low: Ticks | None = Field(
        description="lower end of the 95 % interval of that mean; null with too few trades for one"
    )
    holm_p: FiniteFloat = Field(
        ge=0, le=1, description="p-value against random entries, Holm-corrected for n_trials"
    )
    min_signals: int = Field(ge=1, description="fewer trades than this show nothing")
    entry: Literal["mid", "touch"] = Field(description="the price of entry that the run was evaluated at")
    fee_ticks: FiniteFloat = Field(ge=0, description="of a whole trade")
    slippage_ticks: FiniteFloat = Field(ge=0, description="of each fill that takes liquidity")


@dataclass(frozen=True, slots=True)
class Passage:
    """How a publication passed the gate."""

    evidence: PromotionEvidence | None = None
    override: str | None = None
    """The reason for passing it all the same; None where it was not needed."""
    failed: tuple[str, ...] = ()
    """Conditions that the override passes over."""


UNQUESTIONED: Final = Passage()
"""Of a publication that comes from no run."""


def failed_conditions(evidence: PromotionEvidence) -> tuple[str, ...]:
    """Every condition that ``evidence`` does not meet, with its figure and what it must be; none: it may be served."""
    failed = []
    if evidence.out_of_sample_n_signals < evidence.min_signals:
        failed.append(
            f"out-of-sample trades: {evidence.out_of_sample_n_signals}; "
            f"must be at least {evidence.min_signals}"
        )
    low = evidence.out_of_sample_mean_pnl_low
    if low is None:
        failed.append("out-of-sample mean net pnl: too few trades for a 95 % interval; must be above 0")
    elif not low > 0:
        failed.append(
            f"out-of-sample mean net pnl: 95 % interval reaches down to {low:.4g} ticks; must be above 0"
        )
    if not evidence.holm_p <= HIGHEST_P:
        failed.append(
            f"p-value against random entries, Holm-corrected for {evidence.n_trials} trials: "
            f"{evidence.holm_p:.3g}; must be at most {HIGHEST_P}"
        )
    if evidence.entry != "touch" and not evidence.fee_ticks + evidence.slippage_ticks > 0:
        failed.append(
            f"costs: entry at {evidence.entry}, no fee and no slippage; "
            "must be entry at the touch, or fee + slippage above 0"
        )
    return tuple(failed)


def pass_gate(source: ServingSource, evidence: PromotionEvidence | None, override: str | None) -> Passage:
    """How a serving from ``source`` may be published. One without a run, made by hand, passes freely.

    Raises PromotionRefused with every failed condition; ConfigError where there is no run to speak for, or the override
    gives no reason.
    """
    if override is not None and not override.strip():
        raise ConfigError(source="publication", field="override", problem="is empty", allowed="a reason")
    if source.run_id is None:
        for field, value in (("evidence", evidence), ("override", override)):
            if value is not None:
                raise ConfigError(
                    source="publication",
                    field=field,
                    problem="speaks for a run, but source.run_id names none",
                )
        return UNQUESTIONED
    failed = _failed(source, evidence)
    if failed and override is None:
        raise PromotionRefused(run_id=source.run_id, reasons=failed)
    return Passage(evidence, override if failed else None, failed)


def _failed(source: ServingSource, evidence: PromotionEvidence | None) -> tuple[str, ...]:
    if evidence is None:
        return ("evidence: there is none; must be what the run shows (qm promote gathers it)",)
    theirs = evidence.run_id, evidence.experiment
    ours = source.run_id, source.experiment if source.experiment is not None else evidence.experiment
    if theirs != ours:
        return (f"evidence: is of run {theirs[0]} of {theirs[1]}; must be of run {ours[0]} of {ours[1]}",)
    return failed_conditions(evidence)
