"""The state model: from moves of the touch to five states of the cells and one score of the bin.

Guarantees: every output follows from the stored history of ``base`` by the definition in SPEC section 4.
For tests and for reading; the scorer in ``qmcore.scoring`` is held to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qmcore.config.instrument import FlowConfig, ProjectionConfig, StateModelParams
from qmcore.reference.spectrum import SCALE_FLOOR, Dense, robust_scale

BULL_VACUUM, BULL_PRESSURE, MIXED, BEAR_PRESSURE, BEAR_VACUUM = 2, 1, 0, -1, -2
TIE_ORDER: Final = (MIXED, BULL_PRESSURE, BEAR_PRESSURE, BULL_VACUUM, BEAR_VACUUM)
TIE_TOLERANCE: Final = 1e-12


class StateModelConfig(StateModelParams, FlowConfig):
    """The parameters that the state model reads."""


@dataclass(frozen=True, slots=True)
class TouchMove:
    """Moves of the best ask and bid since the previous bin, in ticks."""

    ask_ticks: int = 0
    bid_ticks: int = 0

    @property
    def ask_sign(self) -> int:
        """-1, 0 or +1."""
        return (self.ask_ticks > 0) - (self.ask_ticks < 0)

    @property
    def bid_sign(self) -> int:
        """-1, 0 or +1."""
        return (self.bid_ticks > 0) - (self.bid_ticks < 0)

    @property
    def microstate_id(self) -> int:
        """0..8: 3 (ask sign + 1) + (bid sign + 1)."""
        return 3 * (self.ask_sign + 1) + (self.bid_sign + 1)

    def columns(self, rows: int) -> dict[str, NDArray[np.generic]]:
        """The indicator columns that are the same in every row of a grid."""
        up = self.ask_sign > 0 and self.bid_sign > 0
        down = self.ask_sign < 0 and self.bid_sign < 0
        return {
            "best_ask_move_ticks": np.full(rows, _saturated(self.ask_ticks), np.int32),
            "best_bid_move_ticks": np.full(rows, _saturated(self.bid_ticks), np.int32),
            "ask_reprice_sign": np.full(rows, self.ask_sign, np.int8),
            "bid_reprice_sign": np.full(rows, self.bid_sign, np.int8),
            "microstate_id": np.full(rows, self.microstate_id, np.int8),
            "chase_up_flag": np.full(rows, up, np.int8),
            "chase_down_flag": np.full(rows, down, np.int8),
        }


def _saturated(ticks: int) -> int:
    """``ticks``, or the nearest int32."""
    return max(-(2**31), min(2**31 - 1, ticks))


def states_by_reprice(k: NDArray[np.int32], move: TouchMove) -> NDArray[np.int8]:
    """state5 codes from the signs of the touch's moves; k = 0 is mixed."""
    match move.ask_sign, move.bid_sign:
        case (1, 1) | (0, 1):
            above, below = BULL_VACUUM, BULL_PRESSURE
        case (0, 0) | (-1, 1):
            above, below = MIXED, MIXED
        case _:
            above, below = BEAR_PRESSURE, BEAR_VACUUM
    return np.where(k > 0, above, np.where(k < 0, below, MIXED)).astype(np.int8)


def states_by_force(k: NDArray[np.int32], balance: Dense, neutral: float) -> NDArray[np.int8]:
    """state5 codes from each cell's own ``composite`` as it is served; k = 0 is mixed."""
    above = np.where(balance < 0, BULL_VACUUM, BEAR_PRESSURE)
    below = np.where(balance < 0, BEAR_VACUUM, BULL_PRESSURE)
    codes = np.where(k > 0, above, np.where(k < 0, below, MIXED))
    return np.where(np.abs(balance) < neutral, MIXED, codes).astype(np.int8)


def spatial_weights(k: NDArray[np.int32], config: StateModelParams) -> Dense:
    """Weights of the cells, summing to 1; all 0 where the exclusion radius leaves no cell."""
    distance = np.maximum(np.abs(k), 1).astype(np.float64)
    weights = distance**-config.state_model_spatial_decay_power
    if config.state_model_center_exclusion_radius > 0:
        weights[np.abs(k) <= config.state_model_center_exclusion_radius] = 0.0
    total = weights.sum()
    return weights / total if total > 0 else weights


def z_score(window: Dense) -> float:
    """Robust z of the last sample; mean and population deviation where the MAD is 0; else 0."""
    median, scale = (float(x[0]) for x in robust_scale(window[:, np.newaxis]))
    if scale >= SCALE_FLOOR:
        return (float(window[-1]) - median) / scale
    deviation = float(window.std())
    return (float(window[-1]) - float(window.mean())) / deviation if deviation >= SCALE_FLOOR else 0.0


@dataclass(frozen=True, slots=True)
class ModelOutput:
    """Output of the state model for one bin; field names follow the ``model_*`` columns."""

    score: float = 0.0
    ready: bool = False
    sample_count: int = 0
    base: float = 0.0
    d1: float = 0.0
    d2: float = 0.0
    d3: float = 0.0
    z1: float = 0.0
    z2: float = 0.0
    z3: float = 0.0
    bull: float = 0.0
    bear: float = 0.0
    bull_pressure: float = 0.0
    bull_vacuum: float = 0.0
    bear_pressure: float = 0.0
    bear_vacuum: float = 0.0
    mixed: float = 0.0
    dominant_state5_code: int = 0


class ReferenceStateModel:
    """Keeps every base value and its differences, and the latest output."""

    def __init__(self, config: StateModelParams, bin_seconds: float) -> None:
        self.config = config
        self.bin_seconds = bin_seconds
        self.output = ModelOutput()
        self._history: list[tuple[float, float, float, float]] = []

    def update(self, k: NDArray[np.int32], state5_code: NDArray[np.int8]) -> ModelOutput:
        """Take one bin's states, shapes (rows,); not called for bins without a valid touch."""
        c = self.config
        weights = spatial_weights(k, c)
        intensity = {code: float(weights[state5_code == code].sum()) for code in TIE_ORDER}
        bull = (
            c.state_model_bull_pressure_weight * intensity[BULL_PRESSURE]
            + c.state_model_bull_vacuum_weight * intensity[BULL_VACUUM]
        )
        bear = (
            c.state_model_bear_pressure_weight * intensity[BEAR_PRESSURE]
            + c.state_model_bear_vacuum_weight * intensity[BEAR_VACUUM]
        )
        base = (bull - bear) * min(max(1.0 - c.state_model_mixed_weight * intensity[MIXED], 0.0), 1.0)
        self._history.append(self._differences(base))

        window = np.array(self._history[-c.state_model_zscore_window_bins :])
        samples = len(window)
        ready = samples >= c.state_model_zscore_min_periods
        z = [z_score(window[:, i]) if ready else 0.0 for i in (1, 2, 3)]
        w = (c.state_model_d1_weight, c.state_model_d2_weight, c.state_model_d3_weight)
        blend = sum(wi * math.tanh(zi / c.state_model_tanh_scale) for wi, zi in zip(w, z, strict=True)) / sum(
            w
        )
        _, d1, d2, d3 = self._history[-1]
        most = max(intensity.values())
        self.output = ModelOutput(
            score=min(max(blend, -1.0), 1.0),
            ready=ready,
            sample_count=samples,
            base=base,
            d1=d1,
            d2=d2,
            d3=d3,
            z1=z[0],
            z2=z[1],
            z3=z[2],
            bull=bull,
            bear=bear,
            bull_pressure=intensity[BULL_PRESSURE],
            bull_vacuum=intensity[BULL_VACUUM],
            bear_pressure=intensity[BEAR_PRESSURE],
            bear_vacuum=intensity[BEAR_VACUUM],
            mixed=intensity[MIXED],
            dominant_state5_code=next(code for code in TIE_ORDER if intensity[code] >= most - TIE_TOLERANCE),
        )
        return self.output

    def _differences(self, base: float) -> tuple[float, float, float, float]:
        """(base, d1, d2, d3), the differences per second; all 0 in the first bin."""
        if not self._history:
            return base, 0.0, 0.0, 0.0
        before = self._history[-1]
        d1 = (base - before[0]) / self.bin_seconds
        d2 = (d1 - before[1]) / self.bin_seconds
        return base, d1, d2, (d2 - before[2]) / self.bin_seconds


def project(scores: list[float], config: ProjectionConfig, bin_seconds: float) -> list[float]:
    """The newest of ``scores`` carried forward, one value in [-1, 1] per horizon of the configuration."""
    history = np.array(scores)[:, np.newaxis]
    rates = [history]
    for _ in range(3):
        step = np.zeros_like(history)
        step[1:] = np.diff(rates[-1], axis=0) / bin_seconds
        rates.append(step)
    score, d1, d2, d3 = (float(r[-1, 0]) for r in rates)
    carried = []
    for horizon_bins in config.projection_horizons_bins:
        h = horizon_bins * bin_seconds
        value = score + d1 * h + d2 * h**2 / 2
        if config.projection_use_cubic:
            value += config.projection_cubic_scale * d3 * h**3
        value *= math.exp(-config.projection_damping_lambda * h)
        carried.append(min(max(value, -1.0), 1.0))
    return carried
