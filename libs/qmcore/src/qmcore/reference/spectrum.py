"""The spectrum as dense arrays: every tick, every bin.

Guarantees: each number is computed from the whole history by the definition in SPEC section 4, nothing
incremental. For tests and for reading; ``qmcore.kernels.spectrum`` is held to it.
All arrays are float64 of shape (bins, ticks) unless said otherwise.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from qmcore.config.instrument import FlowConfig

MAD_TO_SIGMA: Final = 1.4826
SCALE_FLOOR: Final = 1e-9

Dense = NDArray[np.float64]


def composite(pressure: Dense, vacuum: Dense, floor: float) -> Dense:
    """Force balance in (-1, 1); ``floor`` is in quantity per second, forces decayed to nothing read as zero."""
    balance: Dense = (pressure - vacuum) / (np.abs(pressure) + np.abs(vacuum) + floor)
    return balance


def roll(values: Dense, config: FlowConfig) -> Dense:
    """Weighted sum of trailing means over ``flow_windows``; fewer bins while a window fills."""
    weights = np.array(config.flow_rollup_weights) / sum(config.flow_rollup_weights)
    rolled = np.zeros_like(values)
    for weight, window in zip(weights, config.flow_windows, strict=True):
        for t in range(len(values)):
            rolled[t] += weight * values[max(0, t - window + 1) : t + 1].mean(axis=0)
    return rolled


def rate_of_change(values: Dense, seconds: float) -> Dense:
    """Difference to the previous bin per second, 0 in bin 0."""
    rates = np.zeros_like(values)
    rates[1:] = np.diff(values, axis=0) / seconds
    return rates


def robust_scale(window: Dense) -> tuple[Dense, Dense]:
    """(median, 1.4826 MAD) over the samples of ``window``, shape (samples, ticks); each of shape (ticks,)."""
    median = np.median(window, axis=0)
    return median, MAD_TO_SIGMA * np.median(np.abs(window - median), axis=0)


def robust_z(window: Dense, min_periods: int) -> Dense:
    """Robust z-score of the last row of ``window`` (samples, ticks) against all its rows; shape (ticks,)."""
    if len(window) < min_periods:
        return np.zeros(window.shape[1])
    median, scale = robust_scale(window)
    return np.where(scale < SCALE_FLOOR, 0.0, (window[-1] - median) / np.maximum(scale, SCALE_FLOOR))


class DenseSpectrum:
    """The spectrum of a whole session: ``rolled`` and its rates ``d1``, ``d2``, ``d3``, and scores on demand."""

    def __init__(self, composites: Dense, config: FlowConfig, bin_seconds: float) -> None:
        self.config = config
        self.rolled = roll(composites, config)
        self.d1 = rate_of_change(self.rolled, bin_seconds)
        self.d2 = rate_of_change(self.d1, bin_seconds)
        self.d3 = rate_of_change(self.d2, bin_seconds)

    def flow_score(self, t: int, columns: slice = slice(None)) -> Dense:
        """Weighted tanh of the robust z-scores at bin ``t``, clipped to [-1, 1]; shape (ticks,) of ``columns``."""
        config = self.config
        weights = np.array(config.flow_derivative_weights) / sum(config.flow_derivative_weights)
        first = max(0, t - config.flow_zscore_window_bins + 1)
        score = np.zeros(self.rolled[t, columns].shape)
        for weight, rates in zip(weights, (self.d1, self.d2, self.d3), strict=True):
            z = robust_z(rates[first : t + 1, columns], config.flow_zscore_min_periods)
            score += weight * np.tanh(z / config.flow_tanh_scale)
        return np.clip(score, -1.0, 1.0)

    def flow_state_code(self, score: Dense) -> NDArray[np.int8]:
        """+1 where a score reaches the threshold, -1 where it reaches its negative, else 0."""
        threshold = self.config.flow_neutral_threshold
        return (score >= threshold).astype(np.int8) - (score <= -threshold).astype(np.int8)
