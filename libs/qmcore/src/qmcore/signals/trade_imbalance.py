"""``trade_imbalance``: whose aggression trades, buyers' or sellers' (order imbalance as in Chordia, Roll, Subrahmanyam
2002, "Order imbalance, liquidity, and market returns", with the aggressor known).

    B, S = buy_volume and sell_volume summed over the last window_bins
    value = (B - S) / (B + S), 0 without trades
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from qmcore.config.base import Spec
from qmcore.config.runtime import RuntimeConfig
from qmcore.kernels.windows import WindowSum
from qmcore.signals.base import Block, MeasuredSignal
from qmcore.signals.measures import Dense
from qmcore.signals.params import unit


class TradeImbalanceParams(Spec):
    """Window."""

    window_bins: int = Field(
        50, ge=1, le=36_000, description="bins whose trades are summed", json_schema_extra=unit("bins")
    )


class TradeImbalance(MeasuredSignal[TradeImbalanceParams]):
    """Difference of buying and selling volume over their sum."""

    name = "trade_imbalance"
    Params = TradeImbalanceParams
    source = "Chordia, Roll, Subrahmanyam (2002), J. Financial Economics 65"
    reads_bins = ("buy_volume", "sell_volume")

    def __init__(self, params: TradeImbalanceParams, config: RuntimeConfig) -> None:
        super().__init__(params, config)
        self._buys = self.keep("buys", WindowSum(params.window_bins))
        self._sells = self.keep("sells", WindowSum(params.window_bins))

    def measure(self, bins: Block, grid: Block) -> Dense:
        return np.stack([bins[name].astype(np.float64) for name in self.reads_bins], axis=1)

    def step(self, row: list[float]) -> float:
        # sums of whole numbers are exact below 2^53; beyond, rounding must not leave [-1, 1]
        buys, sells = max(self._buys.update(row[0]), 0.0), max(self._sells.update(row[1]), 0.0)
        return (buys - sells) / (buys + sells) if buys + sells > 0 else 0.0
