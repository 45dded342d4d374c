"""``queue_imbalance``: which queue at the touch is longer (Gould, Bonart 2016, "Queue imbalance as a one-tick-ahead
price predictor in a limit order book").

    I = (q_bid - q_ask) / (q_bid + q_ask)                 0 where both are 0
    value = EMA of I over ema_bins (1: I itself)
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from qmcore.config.base import Spec
from qmcore.config.runtime import RuntimeConfig
from qmcore.kernels.windows import Ema
from qmcore.signals.base import Block, MeasuredSignal
from qmcore.signals.measures import Dense
from qmcore.signals.params import unit
from qmcore.signals.touch import imbalance


class QueueImbalanceParams(Spec):
    """Smoothing."""

    ema_bins: float = Field(
        1.0, ge=1, le=1e5, description="span of the EMA; 1 for none", json_schema_extra=unit("bins")
    )


class QueueImbalance(MeasuredSignal[QueueImbalanceParams]):
    """Difference of the queues at the best bid and ask over their sum."""

    name = "queue_imbalance"
    Params = QueueImbalanceParams
    source = "Gould, Bonart (2016), Market Microstructure and Liquidity 2(2)"
    reads_bins = ("best_bid_qty", "best_ask_qty")

    def __init__(self, params: QueueImbalanceParams, config: RuntimeConfig) -> None:
        super().__init__(params, config)
        self._ema = self.keep("ema", Ema(params.ema_bins))

    def measure(self, bins: Block, grid: Block) -> Dense:
        return imbalance(bins)[:, np.newaxis]

    def step(self, row: list[float]) -> float:
        return self._ema.update(row[0])
