"""The columns of a result (SPEC section 11): one ``EvalRow`` a threshold."""

from __future__ import annotations

from pydantic import Field

from qmcore.contracts.experiments import SampleStats

__all__ = ["EvalRow", "SampleStats"]


class EvalRow(SampleStats):
    """One threshold: all evaluated bins, and both parts of them."""

    threshold: float
    enough_signals: bool = Field(description="n_signals >= min_signals: the row may be ranked")
    in_sample: SampleStats
    out_of_sample: SampleStats
