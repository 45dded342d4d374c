"""``microprice``: where the mid is expected to end up, less where it is (Stoikov 2018, "The micro-price: a
high-frequency estimator of future prices").

The state of the touch is (imbalance bucket, spread in ticks, the widest bucket holding all wider ones). Transitions
from bin to bin are counted as they happen, with half-life ``half_life_bins``, and every ``refit_bins`` bins the
adjustment G(state) of the paper is worked out anew from them (``microprice_fit``). The value is G of the present
state, in ticks; 0 before the first fit. A pair of bins with a bin without a valid touch between them is no transition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from qmcore.config.base import Spec
from qmcore.config.runtime import RuntimeConfig
from qmcore.session_state import check_forms
from qmcore.signals.base import Block, MeasuredSignal, State
from qmcore.signals.measures import Dense
from qmcore.signals.microprice_fit import TransitionCounts
from qmcore.signals.params import unit
from qmcore.signals.touch import half_ticks, imbalance


class MicropriceParams(Spec):
    """States, memory and the fit."""

    imbalance_buckets: int = Field(
        9,
        ge=3,
        le=21,
        description="buckets of q_bid / (q_bid + q_ask), an odd number",
        json_schema_extra=unit("buckets"),
    )
    spread_buckets: int = Field(
        3, ge=1, le=5, description="spreads that are told apart, from 1 tick", json_schema_extra=unit("ticks")
    )
    half_life_bins: float = Field(
        36_000.0,
        ge=100,
        le=1e8,
        description="age at which a transition counts half",
        json_schema_extra=unit("bins"),
    )
    refit_bins: int = Field(
        600, ge=10, le=1_000_000, description="bins from one fit to the next", json_schema_extra=unit("bins")
    )
    prior_count: float = Field(
        5.0, ge=1e-3, le=1e6, description="transitions without effect assumed in each state"
    )
    terms: int = Field(6, ge=1, le=100, description="moves of the mid that are looked ahead")

    @model_validator(mode="after")
    def _odd(self) -> Self:
        if self.imbalance_buckets % 2 == 0:
            raise ValueError(
                f"imbalance_buckets must be odd, so that balanced queues have a bucket: {self.imbalance_buckets}"
            )
        return self


class Microprice(MeasuredSignal[MicropriceParams]):
    """Micro-price less mid, estimated online from transitions of imbalance and spread."""

    name = "microprice"
    Params = MicropriceParams
    unit = "ticks"
    source = "Stoikov (2018), Quantitative Finance 18(12)"
    reads_bins = ("bin_seq", "best_bid_qty", "best_ask_qty", "best_bid_price_int", "best_ask_price_int")

    def __init__(self, params: MicropriceParams, config: RuntimeConfig) -> None:
        super().__init__(params, config)
        self._tick_int = config.tick_int
        self._counts = TransitionCounts(params.imbalance_buckets, params.spread_buckets)
        self._adjustment = np.zeros(len(self._counts.shift)).tolist()
        self._last_bin, self._last_state, self._last_mid = -1.0, 0, 0.0
        self._since_fit = self._fits = 0
        self._keep_share = 0.5 ** (params.refit_bins / params.half_life_bins)

    @property
    def retrains(self) -> int:
        return self._fits

    def measure(self, bins: Block, grid: Block) -> Dense:
        n, centre = self.params.imbalance_buckets, self.params.imbalance_buckets // 2
        lean = imbalance(bins)
        steps = np.minimum(np.floor(0.5 * n * np.abs(lean) + 0.5), centre)
        spread = (bins["best_ask_price_int"] - bins["best_bid_price_int"]) // self._tick_int
        bucket = np.clip(spread, 1, self.params.spread_buckets) - 1
        state = bucket * n + centre + np.sign(lean) * steps
        return np.stack([bins["bin_seq"].astype(np.float64), state, half_ticks(bins, self._tick_int)], axis=1)

    def step(self, row: list[float]) -> float:
        bin_seq, state, mid = row[0], int(row[1]), row[2]
        if self._last_bin >= 0 and bin_seq == self._last_bin + 1:
            self._counts.observe(self._last_state, state, 0.5 * (mid - self._last_mid))
        self._last_bin, self._last_state, self._last_mid = bin_seq, state, mid
        self._since_fit += 1
        if self._since_fit == self.params.refit_bins:
            self._since_fit = 0
            self._fits += 1
            self._adjustment = self._counts.adjustment(self.params.prior_count, self.params.terms).tolist()
            self._counts.forget(self._keep_share)
        return float(self._adjustment[state])

    def memory(self) -> State:
        last = np.array([self._last_bin, self._last_state, self._last_mid, self._since_fit, self._fits])
        counts = self._counts
        return {
            "stays": counts.stays.copy(),
            "moves": counts.moves.copy(),
            "shift": counts.shift.copy(),
            "adjustment": np.array(self._adjustment),
            "last": last,
        }

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        check_forms(state, self.memory())
        counts = self._counts
        for name, mine in (("stays", counts.stays), ("moves", counts.moves), ("shift", counts.shift)):
            mine[:] = state[name]
        self._adjustment = state["adjustment"].tolist()
        last = state["last"].tolist()
        self._last_bin, self._last_mid = last[0], last[2]
        self._last_state, self._since_fit, self._fits = int(last[1]), int(last[3]), int(last[4])
        if not 0 <= self._last_state < len(self._adjustment):
            raise ValueError(f"last has state {self._last_state} of {len(self._adjustment)}")
