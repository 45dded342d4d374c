"""``ads``, asymmetric derivative slope: is net liquidity building up faster below spot than above?

    n_k = v_add - v_pull at offset k                                       net building, qty/s
    D_w = mean of n over -w <= k <= -1  less  mean of n over 1 <= k <= w   for each band of w ticks
    A   = sum_w D_w / sqrt(w)  /  sum_w 1 / sqrt(w)                         narrow bands count more
    S_m = least-squares slope per bin of A over the last m bins, 0 until there are m
    value = sum_m weight_m tanh(z(S_m) / tanh_scale) / sum_m weight_m

z is the robust z-score of S_m against its own last ``zscore_window_bins`` values. Positive: support gathers.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from qmcore.config.runtime import RuntimeConfig
from qmcore.kernels.windows import RobustZ, Slope, tanh
from qmcore.signals.base import Block, MeasuredSignal
from qmcore.signals.measures import Dense, Sides, mean
from qmcore.signals.params import Weight, ZScoreParams, positive_sum, unit


class AdsParams(ZScoreParams):
    """Bands, slope windows and their weights."""

    band_1_ticks: int = Field(
        3, ge=1, le=1000, description="narrowest band each side", json_schema_extra=unit("ticks")
    )
    band_2_ticks: int = Field(
        8, ge=1, le=1000, description="middle band each side", json_schema_extra=unit("ticks")
    )
    band_3_ticks: int = Field(
        12, ge=1, le=1000, description="widest band each side", json_schema_extra=unit("ticks")
    )
    slope_1_bins: int = Field(
        10, ge=2, le=4096, description="shortest slope window", json_schema_extra=unit("bins")
    )
    slope_2_bins: int = Field(
        25, ge=2, le=4096, description="middle slope window", json_schema_extra=unit("bins")
    )
    slope_3_bins: int = Field(
        50, ge=2, le=4096, description="longest slope window", json_schema_extra=unit("bins")
    )
    slope_1_weight: Weight = Field(1.0, description="weight of the shortest slope")
    slope_2_weight: Weight = Field(1.0, description="weight of the middle slope")
    slope_3_weight: Weight = Field(1.0, description="weight of the longest slope")

    @model_validator(mode="after")
    def _weights(self) -> Self:
        positive_sum(self, "slope_1_weight", "slope_2_weight", "slope_3_weight")
        return self


class Ads(MeasuredSignal[AdsParams]):
    """Slopes of the bid/ask asymmetry of v_add - v_pull in three bands, over three windows."""

    name = "ads"
    Params = AdsParams
    source = "SPEC section 5; definition in qmcore.signals.ads"
    reads_grid = ("v_add", "v_pull")

    def __init__(self, params: AdsParams, config: RuntimeConfig) -> None:
        super().__init__(params, config)
        self._sides = Sides(config.grid_radius_ticks)
        self._bands = [(w, w**-0.5) for w in (params.band_1_ticks, params.band_2_ticks, params.band_3_ticks)]
        self._scale = params.tanh_scale
        spans = (
            (params.slope_1_bins, params.slope_1_weight),
            (params.slope_2_bins, params.slope_2_weight),
            (params.slope_3_bins, params.slope_3_weight),
        )
        self._total = sum(weight for _, weight in spans)
        self._slopes = [
            (
                self.keep(f"slope_{i}", Slope(bins)),
                self.keep(f"z_{i}", RobustZ(params.zscore_window_bins, params.zscore_min_periods)),
                weight,
            )
            for i, (bins, weight) in enumerate(spans)
        ]

    def measure(self, bins: Block, grid: Block) -> Dense:
        net = grid["v_add"] - grid["v_pull"]
        asymmetry = sum(
            weight * (mean(net, self._sides.below(1, w)) - mean(net, self._sides.above(1, w)))
            for w, weight in self._bands
        )
        column: Dense = asymmetry / sum(weight for _, weight in self._bands)
        return column[:, None]

    def step(self, row: list[float]) -> float:
        value = 0.0
        for slope, z, weight in self._slopes:
            value += weight * tanh(z.update(slope.update(row[0])) / self._scale)
        return value / self._total
