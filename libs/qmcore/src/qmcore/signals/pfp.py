"""``pfp``, pressure front propagation: on which side does activity near spot run ahead of activity further out?

    I, O = means of a velocity over the inner (1..3) and outer (5..12) ticks of a side, for v_add and for v_pull
    lead = EMA of I(t - lag) O(t);  follow = EMA of O(t - lag) I(t)
    F = (lead - follow) / (lead + follow + 1e-9)                      in [-1, 1]: + the front moves outward
    raw = add_weight (F_add below - F_add above) + pull_weight (F_pull above - F_pull below)
    value = tanh(z(raw) / tanh_scale)

z is the robust z-score; 0 until there are ``lag_bins`` bins. Positive: a front of adds runs outward below spot
(support is being stacked), or a front of pulls above it (resistance is being withdrawn).
"""

from __future__ import annotations

from typing import Final, Self

import numpy as np
from pydantic import Field, model_validator

from qmcore.config.runtime import RuntimeConfig
from qmcore.kernels.windows import Ema, Ring, RobustZ, tanh
from qmcore.signals.base import Block, MeasuredSignal
from qmcore.signals.measures import Dense, Sides, mean
from qmcore.signals.params import Weight, ZScoreParams, positive_sum, unit

FLOOR: Final = 1e-9
"""Keeps a silent side at 0, (qty/s)^2."""


class PfpParams(ZScoreParams):
    """Where the front starts and arrives, how long it takes, and the weights of adds and pulls."""

    inner_near_ticks: int = Field(
        1, ge=1, le=1000, description="inner band from", json_schema_extra=unit("ticks")
    )
    inner_far_ticks: int = Field(
        3, ge=1, le=1000, description="inner band to", json_schema_extra=unit("ticks")
    )
    outer_near_ticks: int = Field(
        5, ge=1, le=1000, description="outer band from", json_schema_extra=unit("ticks")
    )
    outer_far_ticks: int = Field(
        12, ge=1, le=1000, description="outer band to", json_schema_extra=unit("ticks")
    )
    lag_bins: int = Field(
        5, ge=1, le=4096, description="bins that the front takes", json_schema_extra=unit("bins")
    )
    ema_bins: float = Field(
        20.0, ge=1, le=1e5, description="span of the products' EMA", json_schema_extra=unit("bins")
    )
    add_weight: Weight = Field(0.6, description="weight of adds")
    pull_weight: Weight = Field(0.4, description="weight of pulls")

    @model_validator(mode="after")
    def _bands(self) -> Self:
        for band in ("inner", "outer"):
            if getattr(self, f"{band}_near_ticks") > getattr(self, f"{band}_far_ticks"):
                raise ValueError(f"{band}_near_ticks must not exceed {band}_far_ticks")
        positive_sum(self, "add_weight", "pull_weight")
        return self


class Pfp(MeasuredSignal[PfpParams]):
    """Lead of the inner ticks over the outer ones, adds below against above and pulls above against below."""

    name = "pfp"
    Params = PfpParams
    source = "SPEC section 5; definition in qmcore.signals.pfp"
    reads_grid = ("v_add", "v_pull")

    def __init__(self, params: PfpParams, config: RuntimeConfig) -> None:
        super().__init__(params, config)
        sides = Sides(config.grid_radius_ticks)
        inner = (params.inner_near_ticks, params.inner_far_ticks)
        outer = (params.outer_near_ticks, params.outer_far_ticks)
        self._bands = [(side(*inner), side(*outer)) for side in (sides.below, sides.above)]
        total = params.add_weight + params.pull_weight
        add, pull = params.add_weight / total, params.pull_weight / total
        self._fronts = [
            _Front(self, name, params.lag_bins, params.ema_bins, weight)
            for name, weight in (
                ("add_below", add),
                ("add_above", -add),
                ("pull_below", -pull),
                ("pull_above", pull),
            )
        ]
        self._z = self.keep("z", RobustZ(params.zscore_window_bins, params.zscore_min_periods))
        self._scale = params.tanh_scale

    def measure(self, bins: Block, grid: Block) -> Dense:
        means = [
            mean(grid[name], rows)
            for name in ("v_add", "v_pull")
            for inner_and_outer in self._bands
            for rows in inner_and_outer
        ]
        return np.stack(means, axis=1)

    def step(self, row: list[float]) -> float:
        raw = 0.0
        for i, front in enumerate(self._fronts):
            raw += front.update(row[2 * i], row[2 * i + 1])
        return tanh(self._z.update(raw) / self._scale)


class _Front:
    """One side's front of one velocity."""

    def __init__(
        self, signal: MeasuredSignal[PfpParams], name: str, lag: int, ema: float, weight: float
    ) -> None:
        self._inner = signal.keep(f"{name}_inner", Ring(lag))
        self._outer = signal.keep(f"{name}_outer", Ring(lag))
        self._lead, self._follow = (
            signal.keep(f"{name}_lead", Ema(ema)),
            signal.keep(f"{name}_follow", Ema(ema)),
        )
        self._weight = weight

    def update(self, inner: float, outer: float) -> float:
        """Weighted F of this bin. Before ``lag`` bins both products are 0, and so is F."""
        lead = self._lead.update(self._inner.update(inner) * outer)
        follow = self._follow.update(self._outer.update(outer) * inner)
        return self._weight * (lead - follow) / (abs(lead) + abs(follow) + FLOOR)
