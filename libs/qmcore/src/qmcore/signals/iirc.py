"""``iirc``, rate of change of the intensity imbalance: are adds winning over pulls faster below spot than above?

    L = ln((sum of v_add + floor) / (sum of v_pull + floor)) over the rows of a side within band_ticks
    X = L below - L above
    S_m = least-squares slope per bin of X over the last m bins, 0 until there are m
    value = sum_m weight_m tanh(z(S_m) / tanh_scale) / sum_m weight_m

z is the robust z-score. The noise floor keeps a nearly silent side from shouting.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from pydantic import Field, model_validator

from qmcore.config.runtime import RuntimeConfig
from qmcore.kernels.windows import RobustZ, Slope, tanh
from qmcore.signals.base import Block, MeasuredSignal
from qmcore.signals.measures import Dense, Sides, ln
from qmcore.signals.params import Weight, ZScoreParams, positive_sum, unit


class IircParams(ZScoreParams):
    """Band, noise floor, slope windows and their weights."""

    band_ticks: int = Field(
        16, ge=1, le=1000, description="rows each side of spot", json_schema_extra=unit("ticks")
    )
    noise_floor: float = Field(
        0.1, ge=1e-6, le=1e6, description="added to both intensities", json_schema_extra=unit("qty/s")
    )
    fast_bins: int = Field(
        10, ge=2, le=4096, description="short slope window", json_schema_extra=unit("bins")
    )
    slow_bins: int = Field(30, ge=2, le=4096, description="long slope window", json_schema_extra=unit("bins"))
    fast_weight: Weight = Field(1.0, description="weight of the short slope")
    slow_weight: Weight = Field(1.0, description="weight of the long slope")

    @model_validator(mode="after")
    def _weights(self) -> Self:
        positive_sum(self, "fast_weight", "slow_weight")
        return self


class Iirc(MeasuredSignal[IircParams]):
    """Slopes of the log imbalance of add and pull intensity, below against above spot."""

    name = "iirc"
    Params = IircParams
    source = "SPEC section 5; definition in qmcore.signals.iirc"
    reads_grid = ("v_add", "v_pull")

    def __init__(self, params: IircParams, config: RuntimeConfig) -> None:
        super().__init__(params, config)
        sides = Sides(config.grid_radius_ticks)
        self._below, self._above = sides.below(1, params.band_ticks), sides.above(1, params.band_ticks)
        self._floor, self._scale = params.noise_floor, params.tanh_scale
        self._total = params.fast_weight + params.slow_weight
        self._slopes = [
            (
                self.keep(f"{name}_slope", Slope(bins)),
                self.keep(f"{name}_z", RobustZ(params.zscore_window_bins, params.zscore_min_periods)),
                weight,
            )
            for name, bins, weight in (
                ("fast", params.fast_bins, params.fast_weight),
                ("slow", params.slow_bins, params.slow_weight),
            )
        ]

    def measure(self, bins: Block, grid: Block) -> Dense:
        logs = ln(np.stack([self._ratio(grid, rows) for rows in (self._below, self._above)], axis=1))
        return logs[:, :1] - logs[:, 1:]

    def _ratio(self, grid: Block, rows: slice) -> Dense:
        # velocities of adds and pulls are sums of positive impulses; rounding may leave -1e-17
        add, pull = (np.maximum(grid[name][:, rows].sum(axis=1), 0.0) for name in ("v_add", "v_pull"))
        ratio: Dense = (add + self._floor) / (pull + self._floor)
        return ratio

    def step(self, row: list[float]) -> float:
        value = 0.0
        for slope, z, weight in self._slopes:
            value += weight * tanh(z.update(slope.update(row[0])) / self._scale)
        return value / self._total
