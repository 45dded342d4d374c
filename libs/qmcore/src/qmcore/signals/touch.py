"""What signals measure at the touch, over n bins at once, with the same bits whatever n is."""

from __future__ import annotations

import numpy as np

from qmcore.signals.base import Block
from qmcore.signals.measures import Dense


def touch_depth(bins: Block) -> Dense:
    """Mean quantity at the touch, shape (n,)."""
    depth: Dense = 0.5 * (bins["best_bid_qty"].astype(np.float64) + bins["best_ask_qty"].astype(np.float64))
    return depth


def half_ticks(bins: Block, tick_int: int) -> Dense:
    """Mid in half ticks, a whole number, shape (n,)."""
    mids: Dense = (bins["best_bid_price_int"] // tick_int + bins["best_ask_price_int"] // tick_int).astype(
        np.float64
    )
    return mids


def imbalance(bins: Block) -> Dense:
    """(q_bid - q_ask) / (q_bid + q_ask), shape (n,), in [-1, 1]."""
    bid, ask = bins["best_bid_qty"].astype(np.float64), bins["best_ask_qty"].astype(np.float64)
    value: Dense = (bid - ask) / np.maximum(bid + ask, 1.0)
    return value
