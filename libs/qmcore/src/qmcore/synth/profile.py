"""The shape of the simulated book and flow, as the tables that the kernel draws from.

Figures follow real ES files (depth a level, order sizes, where orders are placed and cancelled). Only
`+ - * /` in a fixed order is used: the tables are the same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qmcore.kernels.market import NEAR_LEVELS, TABLE_LENGTH

# How busy a queue is, by distance from the best price: limit orders relative to those at the best.
NEAR_RATE: Final = (1.0, 0.22, 0.16, 0.12, 0.09, 0.075, 0.065, 0.06, 0.055, 0.05, 0.045, 0.04)
# Queue size in balance, relative to the best queue.
NEAR_SHAPE: Final = (1.0, 1.4, 1.55, 1.6, 1.65, 1.7, 1.75, 1.75, 1.8, 1.8, 1.85, 1.85)
# Contracts of an order -> weight.
NEAR_SIZES: Final = {
    1: 600,
    2: 140,
    3: 60,
    4: 50,
    5: 50,
    6: 20,
    8: 20,
    10: 35,
    12: 10,
    15: 6,
    20: 6,
    25: 2,
    50: 1,
}
FAR_SIZES: Final = {
    1: 280,
    2: 220,
    3: 120,
    4: 80,
    5: 100,
    6: 30,
    8: 45,
    10: 65,
    12: 20,
    15: 18,
    20: 15,
    25: 5,
    50: 2,
}
MARKET_SIZES: Final = {
    1: 520,
    2: 160,
    3: 80,
    4: 60,
    5: 60,
    7: 30,
    10: 40,
    15: 20,
    20: 10,
    30: 10,
    50: 6,
    100: 4,
}
# Mean factor by which round prices change a target (kernel: MarketBook._roundness).
MEAN_ROUNDNESS: Final = 0.987
# A book whose near queues would take more than this share of its orders is made shallower.
NEAR_SHARE_MAX: Final = 0.25


@dataclass(frozen=True, slots=True)
class BookProfile:
    """Tables of one instrument; distances count ticks from the best price, the best being 0."""

    near_target: NDArray[np.float64]
    """Contracts of a near queue in balance, shape (NEAR_LEVELS,)."""
    near_rate: NDArray[np.float64]
    """Limit orders at a near queue relative to the best, shape (NEAR_LEVELS,)."""
    far_target: NDArray[np.float64]
    """Orders a tick by distance, the near ones included, shape (reach,)."""
    far_ladder: NDArray[np.int32]
    """Quantiles of the distance of far events, shape (TABLE_LENGTH,)."""
    near_sizes: NDArray[np.int32]
    """Quantiles of a near order's contracts, shape (TABLE_LENGTH,)."""
    far_sizes: NDArray[np.int32]
    """Quantiles of a far order's contracts, shape (TABLE_LENGTH,)."""
    market_sizes: NDArray[np.int32]
    """Quantiles of an aggressive order's contracts, shape (TABLE_LENGTH,)."""


def _quantiles(values: NDArray[np.int32], weights: NDArray[np.float64]) -> NDArray[np.int32]:
    """The value at each of TABLE_LENGTH equally likely ranks."""
    cumulative = np.cumsum(weights)
    ranks = (np.arange(TABLE_LENGTH) + 0.5) / TABLE_LENGTH * cumulative[-1]
    return np.ascontiguousarray(values[np.searchsorted(cumulative, ranks)], dtype=np.int32)


def _total(values: NDArray[np.float64]) -> float:
    """Sum from left to right: the same on every machine, which ``np.sum`` does not promise."""
    return float(np.cumsum(values)[-1])


def _size_quantiles(weights: dict[int, int]) -> NDArray[np.int32]:
    return _quantiles(np.array(list(weights), np.int32), np.array(list(weights.values()), np.float64))


def book_profile(*, live_orders: int, touch_depth: int, depth_ticks: int) -> BookProfile:
    """Tables for a book of about ``live_orders`` orders, ``touch_depth`` contracts at the best price and far
    orders up to about ``depth_ticks`` away. The near queues come first; the far profile takes the rest."""
    near_sizes, far_sizes = _size_quantiles(NEAR_SIZES), _size_quantiles(FAR_SIZES)
    mean_size = int(near_sizes.sum()) / TABLE_LENGTH
    shape = np.array(NEAR_SHAPE, np.float64)
    orders_at_unit_depth = 2.0 * _total(shape) / mean_size
    depth = min(float(touch_depth), NEAR_SHARE_MAX * live_orders / orders_at_unit_depth)

    reach = depth_ticks + depth_ticks // 4  # beyond depth_ticks the target is none: what is left there goes
    distance = np.arange(reach, dtype=np.float64)
    edge, hump, shoulder = distance / (0.7 * depth_ticks), distance / 60.0, (distance - NEAR_LEVELS) / 15.0
    plain = (0.5 + 0.5 / (1.0 + hump * hump)) / (1.0 + edge * edge * edge * edge)
    blend = 1.0 / (1.0 + shoulder * shoulder)  # from the near queues' level to the far profile's
    for part in (plain, blend):
        part[:NEAR_LEVELS] = 0.0
        part[depth_ticks:] = 0.0
    last_near = depth * NEAR_SHAPE[-1] / mean_size
    rest = (live_orders - depth * orders_at_unit_depth) / (2.0 * MEAN_ROUNDNESS)
    plain -= plain[NEAR_LEVELS] * blend
    scale = (rest - last_near * _total(blend)) / _total(plain)
    far = plain * max(scale, 0.0) + blend * last_near
    far[:NEAR_LEVELS] = depth * shape / mean_size

    away = np.arange(NEAR_LEVELS, reach, dtype=np.float64)
    return BookProfile(
        near_target=depth * shape,
        near_rate=np.array(NEAR_RATE, np.float64),
        far_target=far,
        far_ladder=_quantiles(away.astype(np.int32), 1.0 / (15.0 + away)),
        near_sizes=near_sizes,
        far_sizes=far_sizes,
        market_sizes=_size_quantiles(MARKET_SIZES),
    )
