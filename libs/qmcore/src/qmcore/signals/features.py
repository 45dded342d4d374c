"""The features of trained signals: one bin's grid pooled by distance from spot, its touch and its flow.

``FEATURES`` names them all, with unit and meaning. They have no memory: what happened before is in the grid's chains,
which decay over seconds. Training and serving both go through ``GridFeatures.of``; the bits of a bin's features do not
depend on how many bins are measured at once. An artifact names the features that it was trained on, so a changed
meaning needs a changed name.

An asymmetry of x is (above - below) / (|above| + |below| + FLOOR), in [-1, 1]: above and below are means of x over the
ticks of a band on that side of spot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from qmcore.config.runtime import RuntimeConfig
from qmcore.signals.base import Block
from qmcore.signals.measures import Dense, Sides, ln
from qmcore.signals.touch import imbalance, touch_depth

BANDS: Final = ((1, 3), (4, 10), (11, 25))
"""Nearest and farthest tick of each band; what lies outside the grid counts as 0."""

FLOOR: Final = 0.1
"""Quantity, or quantity per second, next to which less reads as nothing."""

MOST_TICKS: Final = 20.0
"""Spreads, moves and distances of prices count as at most so many ticks."""

_LOPSIDED: Final = ("rest_depth", "v_add", "v_pull", "v_fill", "pressure_variant", "vacuum_variant")
_SCORES: Final = ("composite", "flow_score")
_POOLED: Final = (*_LOPSIDED, *_SCORES)
_DEPTH, _ADD, _PULL = (_LOPSIDED.index(name) for name in ("rest_depth", "v_add", "v_pull"))
_LEVELS: Final = range(1, 6)

READS_BINS: Final = (
    "mid_price",
    "best_bid_price_int",
    "best_ask_price_int",
    "best_bid_qty",
    "best_ask_qty",
    "bin_event_count",
    "buy_volume",
    "sell_volume",
    "trade_vwap",
    *(f"mlofi_{level}" for level in _LEVELS),
)
READS_GRID: Final = (*_POOLED, "best_ask_move_ticks", "best_bid_move_ticks")


@dataclass(frozen=True, slots=True)
class Feature:
    """One number about a bin: its name, unit and one line of documentation."""

    name: str
    unit: str
    doc: str


def _of_band(near: int, far: int) -> tuple[Feature, ...]:
    band, ticks = f"{near}_{far}", f"{near} to {far} ticks from spot"
    return (
        *(Feature(f"{x}_asymmetry_{band}", "1, in [-1, 1]", f"asymmetry of {x}, {ticks}") for x in _LOPSIDED),
        *(
            Feature(
                f"build_{side}_{band}",
                "1, in [-1, 1]",
                f"(v_add - v_pull) / (|v_add| + |v_pull| + FLOOR) {side} spot, {ticks}",
            )
            for side in ("above", "below")
        ),
        *(
            Feature(f"{x}_{side}_{band}", "1", f"mean of {x} {side} spot, {ticks}")
            for side in ("above", "below")
            for x in _SCORES
        ),
    )


FEATURES: Final[tuple[Feature, ...]] = (
    *(feature for band in BANDS for feature in _of_band(*band)),
    *(Feature(f"{x}_at_spot", "1", f"{x} of the row k = 0") for x in _SCORES),
    Feature("near_depth", "ln qty", "ln(1 + mean depth above + mean depth below), nearest band"),
    Feature("trade_volume", "ln qty", "ln(1 + buy volume + sell volume)"),
    Feature("event_count", "ln records", "ln(1 + bin_event_count)"),
    Feature("touch_imbalance", "1, in [-1, 1]", "(bid - ask) / (bid + ask) of the quantities at the touch"),
    *(
        Feature(f"mlofi_{m}_share", "1, in [-1, 1]", f"mlofi_{m} / (|mlofi_{m}| + mean depth at the touch)")
        for m in _LEVELS
    ),
    Feature(
        "trade_imbalance", "1, in [-1, 1]", "(buy - sell) / (buy + sell) of the bin's volume, 0 for none"
    ),
    Feature("spread", "ticks", "best ask less best bid, at most MOST_TICKS"),
    Feature("ask_move", "ticks", "move of the best ask since the last bin, within MOST_TICKS"),
    Feature("bid_move", "ticks", "move of the best bid since the last bin, within MOST_TICKS"),
    Feature("trade_distance", "ticks", "the bin's vwap less its mid, within MOST_TICKS; 0 without a trade"),
)
"""Every feature, in the order of the columns of ``GridFeatures.of``."""

FEATURE_NAMES: Final = tuple(feature.name for feature in FEATURES)


class GridFeatures:
    """Features of bins that were made with ``config``."""

    def __init__(self, config: RuntimeConfig) -> None:
        sides = Sides(config.grid_radius_ticks)
        self._spot = config.grid_radius_ticks
        self._above = [sides.above(*band) for band in BANDS]
        self._below = [sides.below(*band) for band in BANDS]
        self._tick_int, self._tick_size = config.tick_int, config.tick_size

    def of(self, bins: Block, grid: Block) -> Dense:
        """The features of n bins, each with a valid touch; shape (n, len(FEATURES)), finite.

        ``bins`` holds the columns ``READS_BINS``, ``grid`` those of ``READS_GRID``.
        """
        pooled, near_depth = self._pooled(grid)
        volume = bins["buy_volume"].astype(np.float64) + bins["sell_volume"].astype(np.float64)
        sizes = np.stack([near_depth, volume, bins["bin_event_count"].astype(np.float64)])
        return np.stack([*pooled, *ln(1.0 + sizes), *self._touch_and_flow(bins, grid, volume)], axis=1)

    def _pooled(self, grid: Block) -> tuple[list[Dense], Dense]:
        """The features of bands and of the row at spot, and the mean depth of both sides of the nearest band."""
        cells = np.stack([grid[name] for name in _POOLED])
        columns: list[Dense] = []
        n_lopsided = len(_LOPSIDED)
        depths: list[Dense] = []
        for up, down in zip(self._above, self._below, strict=True):
            above, below = _mean(cells, up), _mean(cells, down)
            both = np.abs(above) + np.abs(below)
            columns += list(((above - below) / (both + FLOOR))[:n_lopsided])
            columns += [
                (side[_ADD] - side[_PULL]) / (np.abs(side[_ADD]) + np.abs(side[_PULL]) + FLOOR)
                for side in (above, below)
            ]
            columns += [*above[n_lopsided:], *below[n_lopsided:]]
            depths.append(both[_DEPTH])
        return [*columns, *cells[n_lopsided:, :, self._spot]], depths[0]

    def _touch_and_flow(self, bins: Block, grid: Block, volume: Dense) -> list[Dense]:
        depth = np.maximum(touch_depth(bins), 1.0)
        flows = [bins[f"mlofi_{level}"].astype(np.float64) for level in _LEVELS]
        buy, sell = bins["buy_volume"].astype(np.float64), bins["sell_volume"].astype(np.float64)
        spread = (bins["best_ask_price_int"] - bins["best_bid_price_int"]) / self._tick_int
        distance = np.where(volume > 0, (bins["trade_vwap"] - bins["mid_price"]) / self._tick_size, 0.0)
        return [
            imbalance(bins),
            *(flow / (np.abs(flow) + depth) for flow in flows),
            (buy - sell) / np.maximum(volume, 1.0),
            _within(spread),
            *(_within(grid[f"best_{side}_move_ticks"][:, 0].astype(np.float64)) for side in ("ask", "bid")),
            _within(distance),
        ]


def _mean(cells: Dense, rows: slice) -> Dense:
    """Mean over ``rows`` of ``cells``, shape (columns, n, grid rows); 0 where the grid has none of them."""
    part = cells[:, :, rows]
    total: Dense = part.sum(axis=2) / max(part.shape[2], 1)
    return total


def _within(ticks: Dense) -> Dense:
    return np.minimum(np.maximum(ticks, -MOST_TICKS), MOST_TICKS)
