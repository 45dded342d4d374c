"""How a signal is traded and measured at one point of a sweep."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from qmcore.config.base import Spec


class EvalParams(Spec):
    """One point: no axes, no defaults that a sweep should have chosen."""

    tp_ticks: float = Field(gt=0, description="take-profit distance from the entry, in ticks")
    sl_ticks: float = Field(gt=0, description="stop-loss distance from the entry, in ticks")
    max_hold_bins: int = Field(ge=1, description="a trade times out after so many bins")
    warmup_bins: int = Field(ge=0, description="no signal counts before this bin")
    cooldown_bins: int = Field(ge=0, description="no new signal for so many bins after one")
    min_signals: int = Field(5, ge=1, description="with fewer signals there are no intervals and no p-value")
    entry: Literal["mid", "touch"] = Field("touch", description="the price of entry and of a timeout's exit")
    fee_ticks: float = Field(0.0, ge=0, description="fees of a whole trade, in and out, in ticks")
    slippage_ticks: float = Field(0.0, ge=0, description="added to each fill that takes liquidity, in ticks")
    latency_bins: int = Field(1, ge=0, description="bins between the signal and the entry")
    in_sample_fraction: float = Field(
        0.6, gt=0, lt=1, description="of the bins after warm-up; the rest is out of sample"
    )
    confidence: float = Field(0.95, gt=0, lt=1, description="of the intervals")
    seed: int = Field(0, ge=0, description="of the bootstrap")
