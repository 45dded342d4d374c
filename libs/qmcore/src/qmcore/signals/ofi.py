"""``ofi``: order-flow imbalance (Cont, Kukanov, Stoikov 2014, "The price impact of order book events", eq. 2-6).

    OFI = sum over the events of the last window_bins of e_n                (the bin column ``ofi`` sums them by bin)
    D = mean of (best bid quantity + best ask quantity) / 2, an EMA over depth_bins
    value = OFI / (2 D)

In the paper's stylised book this is the change of the mid over the window in ticks; measured impact is close to it.
D counts as at least half a contract.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from pydantic import Field

from qmcore.config.base import Spec
from qmcore.config.runtime import RuntimeConfig
from qmcore.kernels.windows import Ema, WindowSum
from qmcore.signals.base import Block, MeasuredSignal
from qmcore.signals.measures import Dense
from qmcore.signals.params import unit
from qmcore.signals.touch import touch_depth

LEAST_DEPTH: Final = 0.5
"""Mean quantity at the touch that is assumed at least: one contract on one side."""


class OfiParams(Spec):
    """Windows of flow and depth."""

    window_bins: int = Field(
        10, ge=1, le=36_000, description="bins whose flow is summed", json_schema_extra=unit("bins")
    )
    depth_bins: float = Field(
        600.0,
        ge=1,
        le=1e6,
        description="span of the EMA of depth at the touch",
        json_schema_extra=unit("bins"),
    )


class Ofi(MeasuredSignal[OfiParams]):
    """Order-flow imbalance at the touch over twice the depth: the price change that it implies."""

    name = "ofi"
    Params = OfiParams
    unit = "ticks"
    source = "Cont, Kukanov, Stoikov (2014), J. Financial Econometrics 12(1)"
    reads_bins = ("ofi", "best_bid_qty", "best_ask_qty")

    def __init__(self, params: OfiParams, config: RuntimeConfig) -> None:
        super().__init__(params, config)
        self._flow = self.keep("flow", WindowSum(params.window_bins))
        self._depth = self.keep("depth", Ema(params.depth_bins))

    def measure(self, bins: Block, grid: Block) -> Dense:
        return np.stack([bins["ofi"].astype(np.float64), touch_depth(bins)], axis=1)

    def step(self, row: list[float]) -> float:
        flow, depth = self._flow.update(row[0]), self._depth.update(row[1])
        return flow / (2.0 * max(depth, LEAST_DEPTH))
