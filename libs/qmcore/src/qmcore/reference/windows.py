"""Trailing windows in plain Python: each value from the whole history, by definition. Twin of ``kernels.windows``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]


def ema(history: Series, span: float) -> float:
    """Exponential mean of ``history`` with alpha = 2 / (span + 1), beginning at its first value."""
    alpha = 2.0 / (span + 1.0)
    ages = np.arange(len(history) - 1, -1, -1)
    weights = alpha * (1.0 - alpha) ** ages
    weights[0] = (1.0 - alpha) ** ages[0]
    return float((weights * history).sum())


def robust_z(history: Series, window: int, min_periods: int) -> float:
    """(x - median) / (1.4826 MAD) of the last value among the last ``window``, 0 where few or all alike."""
    part = history[-window:]
    if len(part) < min_periods:
        return 0.0
    median = np.median(part)
    scale = 1.4826 * np.median(np.abs(part - median))
    return float((part[-1] - median) / scale) if scale >= 1e-9 else 0.0


def window_sum(history: Series, window: int) -> float:
    """Sum of the last ``window`` values."""
    return float(history[-window:].sum())


def slope(history: Series, window: int) -> float:
    """Least-squares slope per bin over the last ``window`` values; 0 with fewer."""
    if len(history) < window:
        return 0.0
    x = np.arange(window) - (window - 1) / 2
    return float((x * history[-window:]).sum() / (x * x).sum())


def ridge(x: Series, y: Series, prior: Series, decay: float, penalty: float) -> Series:
    """argmin sum_i decay^age_i (y_i - beta x_i)^2 + penalty |beta - prior|^2; x: shape (n, features), y: shape (n,)."""
    weights = decay ** np.arange(len(y) - 1, -1, -1)
    gram = (x * weights[:, np.newaxis]).T @ x + penalty * np.eye(len(prior))
    return np.asarray(np.linalg.solve(gram, x.T @ (weights * y) + penalty * prior), np.float64)
