"""``jad``, jerk and acceleration divergence: which way does building accelerate, and does its jerk agree?

    n_k = a_add - a_pull, m_k = j_add - j_pull
    A = weighted mean of n below spot less that above, within band_ticks, weights 1 / |k|;  J likewise of m
    a = tanh(z(A) / tanh_scale), j = tanh(z(J) / tanh_scale), z the robust z-score
    value = agree_jerk_weight j + (1 - agree_jerk_weight) a           where a j >= 0       (0.4 / 0.6)
          = disagree_jerk_weight j + (1 - disagree_jerk_weight) a     where they disagree  (0.8 / 0.2)

Jerk turns before acceleration does: where they disagree it counts for more.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from qmcore.config.runtime import RuntimeConfig
from qmcore.kernels.windows import RobustZ, tanh
from qmcore.signals.base import Block, MeasuredSignal
from qmcore.signals.measures import Dense, Sides
from qmcore.signals.params import ZScoreParams, unit


class JadParams(ZScoreParams):
    """Band and blend."""

    band_ticks: int = Field(
        16, ge=1, le=1000, description="rows each side of spot", json_schema_extra=unit("ticks")
    )
    agree_jerk_weight: float = Field(0.4, ge=0, le=1, description="weight of jerk where it agrees")
    disagree_jerk_weight: float = Field(0.8, ge=0, le=1, description="weight of jerk where it disagrees")


class Jad(MeasuredSignal[JadParams]):
    """Asymmetry of acceleration and of jerk, blended by whether they agree."""

    name = "jad"
    Params = JadParams
    source = "SPEC section 5; definition in qmcore.signals.jad"
    reads_grid = ("a_add", "a_pull", "j_add", "j_pull")

    def __init__(self, params: JadParams, config: RuntimeConfig) -> None:
        super().__init__(params, config)
        sides, radius = Sides(config.grid_radius_ticks), config.grid_radius_ticks
        weights = 1.0 / np.maximum(np.abs(np.arange(-radius, radius + 1)), 1)
        self._below, self._above = sides.below(1, params.band_ticks), sides.above(1, params.band_ticks)
        total = float(weights[self._above].sum())
        self._weights_below, self._weights_above = weights[self._below] / total, weights[self._above] / total
        self._acceleration = self.keep(
            "z_acceleration", RobustZ(params.zscore_window_bins, params.zscore_min_periods)
        )
        self._jerk = self.keep("z_jerk", RobustZ(params.zscore_window_bins, params.zscore_min_periods))
        self._agree, self._disagree = params.agree_jerk_weight, params.disagree_jerk_weight
        self._scale = params.tanh_scale

    def measure(self, bins: Block, grid: Block) -> Dense:
        sides = [self._asymmetry(grid[f"{stage}_add"] - grid[f"{stage}_pull"]) for stage in ("a", "j")]
        return np.stack(sides, axis=1)

    def _asymmetry(self, net: Dense) -> Dense:
        below: Dense = (net[:, self._below] * self._weights_below).sum(axis=1)
        above: Dense = (net[:, self._above] * self._weights_above).sum(axis=1)
        return below - above

    def step(self, row: list[float]) -> float:
        a = tanh(self._acceleration.update(row[0]) / self._scale)
        j = tanh(self._jerk.update(row[1]) / self._scale)
        weight = self._agree if a * j >= 0 else self._disagree
        return weight * j + (1.0 - weight) * a
