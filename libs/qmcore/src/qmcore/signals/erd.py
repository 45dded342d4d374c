"""``erd``, entropy regime: when the flow states become disordered, on which side?

    H(rows) = - sum over codes c in {-1, 0, +1} of p_c ln p_c / ln 3,  p_c = share of flow_state_code c in the rows
    H = entropy of all rows;  H_above of k > 0, H_below of k < 0;  each in [0, 1]
    value = tanh(z(H_above - H_below) / tanh_scale)  where z(H) > spike_z, else 0

z is the robust z-score. Positive: resistance above has lost its order more than support below has.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from qmcore.config.runtime import RuntimeConfig
from qmcore.kernels.windows import RobustZ, tanh
from qmcore.signals.base import Block, MeasuredSignal
from qmcore.signals.measures import Dense, Sides, ln
from qmcore.signals.params import ZScoreParams, unit


class ErdParams(ZScoreParams):
    """Rows that are looked at, and the gate."""

    band_ticks: int = Field(
        1000,
        ge=1,
        le=1000,
        description="rows each side of spot, as far as the grid goes",
        json_schema_extra=unit("ticks"),
    )
    spike_z: float = Field(
        0.5, ge=-100, le=100, description="z-score of the entropy above which there is a value"
    )


class Erd(MeasuredSignal[ErdParams]):
    """Asymmetry of the entropy of flow states above and below spot, while the entropy spikes."""

    name = "erd"
    Params = ErdParams
    source = "SPEC section 5; definition in qmcore.signals.erd"
    reads_grid = ("flow_state_code",)

    def __init__(self, params: ErdParams, config: RuntimeConfig) -> None:
        super().__init__(params, config)
        sides, radius = Sides(config.grid_radius_ticks), config.grid_radius_ticks
        width = min(params.band_ticks, radius)
        self._whole = slice(radius - width, radius + width + 1)
        self._below, self._above = sides.below(1, width), sides.above(1, width)
        counts = np.arange(config.rows + 1)
        self._n_ln_n = counts * ln(np.maximum(counts, 1))
        self._z = self.keep("z", RobustZ(params.zscore_window_bins, params.zscore_min_periods))
        self._z_side = self.keep("z_side", RobustZ(params.zscore_window_bins, params.zscore_min_periods))
        self._spike, self._scale = params.spike_z, params.tanh_scale

    def measure(self, bins: Block, grid: Block) -> Dense:
        codes = grid["flow_state_code"]
        whole, above, below = (
            self._entropy(codes[:, rows]) for rows in (self._whole, self._above, self._below)
        )
        return np.stack([whole, above - below], axis=1)

    def _entropy(self, codes: Dense) -> Dense:
        """Entropy of each bin's codes in units of ln 3, shape (n,): ln N - sum of n ln n / N."""
        n = codes.shape[1]
        ups, downs = (codes > 0).sum(axis=1), (codes < 0).sum(axis=1)
        inside = (self._n_ln_n[ups] + self._n_ln_n[downs]) + self._n_ln_n[n - ups - downs]
        entropy: Dense = np.maximum((self._n_ln_n[n] - inside) / (n * self._n_ln_n[3] / 3.0), 0.0)
        return entropy

    def step(self, row: list[float]) -> float:
        spike, side = self._z.update(row[0]), self._z_side.update(row[1])
        return tanh(side / self._scale) if spike > self._spike else 0.0
