"""``mlofi``: multi-level order-flow imbalance (Xu, Gould, Howison 2018, "Multi-level order-flow imbalance in a limit
order book").

    D = EMA of the depth at the touch, as in ofi
    x_m = sum over the last window_bins of MLOFI_m / (2 D), m = 1..levels
    y = change of the mid over the same bins, in ticks
    beta = argmin sum_i 2^(-age_i / half_life_bins) (y_i - beta x_i)^2 + ridge |beta - (1, 0, ..)|^2
    value = beta x

The paper regresses the change of the mid on the vector of flows, by ridge regression because neighbouring levels are
collinear. Here the fit runs along: beta is from the bins before this one, an observation is made every bin (windows
overlap). It begins at, and is shrunk to, beta = (1, 0, ..), where mlofi is ofi.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from pydantic import Field

from qmcore.config.runtime import RuntimeConfig
from qmcore.kernels.windows import Ema, EwmRidge, Ring, WindowSum
from qmcore.signals.base import Block, MeasuredSignal
from qmcore.signals.measures import Dense
from qmcore.signals.ofi import LEAST_DEPTH, OfiParams
from qmcore.signals.params import unit
from qmcore.signals.touch import half_ticks, touch_depth

LEVELS: Final = 5
"""Levels of the bin columns ``mlofi_1`` to ``mlofi_5``."""


class MlofiParams(OfiParams):
    """Windows, levels and the fit."""

    levels: int = Field(
        LEVELS, ge=1, le=LEVELS, description="levels that are used", json_schema_extra=unit("levels")
    )
    half_life_bins: float = Field(
        6000.0,
        ge=10,
        le=1e7,
        description="age at which an observation counts half",
        json_schema_extra=unit("bins"),
    )
    ridge: float = Field(
        10.0, ge=1e-6, le=1e9, description="weight of the prior beta", json_schema_extra=unit("ticks^2")
    )


class Mlofi(MeasuredSignal[MlofiParams]):
    """Order-flow imbalance at the five best levels, by a running ridge regression of the mid's change."""

    name = "mlofi"
    Params = MlofiParams
    unit = "ticks"
    source = "Xu, Gould, Howison (2018), Market Microstructure and Liquidity 4"
    reads_bins = (
        "best_bid_qty",
        "best_ask_qty",
        "best_bid_price_int",
        "best_ask_price_int",
        *(f"mlofi_{m}" for m in range(1, LEVELS + 1)),
    )

    def __init__(self, params: MlofiParams, config: RuntimeConfig) -> None:
        super().__init__(params, config)
        levels = range(1, params.levels + 1)
        self._tick_int = config.tick_int
        self._columns = [f"mlofi_{m}" for m in levels]
        self._flows = [self.keep(f"flow_{m}", WindowSum(params.window_bins)) for m in levels]
        self._depth = self.keep("depth", Ema(params.depth_bins))
        self._mids = self.keep("mids", Ring(params.window_bins))
        prior = [1.0] + [0.0] * (params.levels - 1)
        self._fit = self.keep("fit", EwmRidge(prior, 0.5 ** (1.0 / params.half_life_bins), params.ridge))

    def measure(self, bins: Block, grid: Block) -> Dense:
        flows = [bins[name].astype(np.float64) for name in self._columns]
        return np.stack([half_ticks(bins, self._tick_int), touch_depth(bins), *flows], axis=1)

    def step(self, row: list[float]) -> float:
        scale = 2.0 * max(self._depth.update(row[1]), LEAST_DEPTH)
        x = [flow.update(value) / scale for flow, value in zip(self._flows, row[2:], strict=True)]
        value = self._fit.predict(x)
        before = self._mids.update(row[0])
        if before != 0:  # 0 while filling: a bin whose mid is 0 has no valid touch and is not seen
            self._fit.observe(x, 0.5 * (row[0] - before))
        return value
