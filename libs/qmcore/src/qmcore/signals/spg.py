"""``spg``, spatial pressure gradient: is pressure piling up towards spot from below, or from above?

    g_k = (P_(k+1) - P_(k-1)) / 2,  c_k = P_(k+1) - 2 P_k + P_(k-1)          P = pressure_variant
    G_b, C_b = means of g and c over -w <= k <= -1;  G_a, C_a over 1 <= k <= w
    raw = (G_b + c C_b) + (G_a - c C_a),  c = curvature_weight (w + 1) / 2
    value = tanh(z(EMA_fast(raw) - EMA_slow(raw)) / tanh_scale)

Curvature correction: with curvature_weight 1 a side's mean gradient is carried on in a straight line from the middle of
the band, (w + 1) / 2 ticks out, to spot. Pressure that rises towards spot from below is support near the touch (G_b
positive); pressure that falls away from spot above is resistance near the touch (G_a negative). z is the robust
z-score, EMAs have alpha = 2 / (span + 1). The outermost rows of the grid have no gradient.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from qmcore.config.runtime import RuntimeConfig
from qmcore.kernels.windows import Ema, RobustZ, tanh
from qmcore.signals.base import Block, MeasuredSignal
from qmcore.signals.measures import Dense, Sides, mean
from qmcore.signals.params import ZScoreParams, unit


class SpgParams(ZScoreParams):
    """Band, smoothing and curvature."""

    band_ticks: int = Field(
        16, ge=1, le=1000, description="rows each side of spot", json_schema_extra=unit("ticks")
    )
    fast_bins: float = Field(
        5.0, ge=1, le=1e5, description="span of the fast EMA", json_schema_extra=unit("bins")
    )
    slow_bins: float = Field(
        20.0, ge=1, le=1e5, description="span of the slow EMA", json_schema_extra=unit("bins")
    )
    curvature_weight: float = Field(
        0.5, ge=0, le=1, description="how far the gradient is carried on towards spot: 1 is all the way"
    )


class Spg(MeasuredSignal[SpgParams]):
    """Pressure gradient along k by side, fast less slow EMA, with a curvature correction."""

    name = "spg"
    Params = SpgParams
    source = "SPEC section 5; definition in qmcore.signals.spg"
    reads_grid = ("pressure_variant",)

    def __init__(self, params: SpgParams, config: RuntimeConfig) -> None:
        super().__init__(params, config)
        # differences have no outermost rows: one less each side
        self._sides, width = Sides(config.grid_radius_ticks - 1), params.band_ticks
        self._below, self._above = self._sides.below(1, width), self._sides.above(1, width)
        self._curvature = params.curvature_weight * (min(width, config.grid_radius_ticks - 1) + 1) / 2
        self._fast, self._slow = (
            self.keep("fast", Ema(params.fast_bins)),
            self.keep("slow", Ema(params.slow_bins)),
        )
        self._z = self.keep("z", RobustZ(params.zscore_window_bins, params.zscore_min_periods))
        self._scale = params.tanh_scale

    def measure(self, bins: Block, grid: Block) -> Dense:
        pressure = grid["pressure_variant"]
        up, here, down = pressure[:, 2:], pressure[:, 1:-1], pressure[:, :-2]
        gradient, curvature = 0.5 * (up - down), (up - here) - (here - down)
        raw: Dense = (mean(gradient, self._below) + self._curvature * mean(curvature, self._below)) + (
            mean(gradient, self._above) - self._curvature * mean(curvature, self._above)
        )
        return raw[:, np.newaxis]

    def step(self, row: list[float]) -> float:
        return tanh(self._z.update(self._fast.update(row[0]) - self._slow.update(row[0])) / self._scale)
