"""Features and labels of training bins, of the present window only: memory does not grow with the dataset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qm_harness.training.labels import Labels, move_labels
from qmcore.signals.base import BLOCK_BINS, SignalData
from qmcore.signals.features import FEATURES, READS_BINS, READS_GRID, GridFeatures
from qmcore.signals.touch import half_ticks


@dataclass(frozen=True, slots=True)
class Rows:
    """Training bins, n of them."""

    features: NDArray[np.float64]
    """Shape (n, features)."""
    up: NDArray[np.bool_]
    """Whether the mid moves up; shape (n,)."""


class TrainingRows:
    """The labelled bins of ``data``. Windows must be asked for in order of time."""

    def __init__(self, data: SignalData, horizon_bins: int, label_ticks: float) -> None:
        self._data = data
        self._measure = GridFeatures(data.config)
        self._labels = labels_of(data, horizon_bins, label_ticks)
        self._next = 0
        self._bins = np.empty(0, np.int64)
        self._features = np.empty((0, len(FEATURES)))

    def window(self, start: int, stop: int) -> Rows:
        """The labelled bins of [start, stop); neither goes back from one call to the next."""
        kept = int(np.searchsorted(self._bins, start))
        bins, features = [self._bins[kept:]], [self._features[kept:]]
        self._next = max(self._next, start)
        while self._next < stop:
            end = min(self._next + BLOCK_BINS, stop)
            bins.append(self._next + np.flatnonzero(self._labels[self._next : end]))
            features.append(self._features_of(bins[-1]))
            self._next = end
        self._bins, self._features = np.concatenate(bins), np.concatenate(features)
        return Rows(self._features, self._labels[self._bins] > 0)

    def _features_of(self, bins: NDArray[np.int64]) -> NDArray[np.float64]:
        """Features of ``bins``, which have a valid touch; the very code that serves."""
        if not len(bins):
            return np.empty((0, len(FEATURES)))
        part, inside = slice(bins[0], bins[-1] + 1), bins - bins[0]
        return self._measure.of(
            {name: self._data.bins(name)[part][inside] for name in READS_BINS},
            {name: self._data.grid(name)[part][inside] for name in READS_GRID},
        )


def labels_of(data: SignalData, horizon_bins: int, label_ticks: float) -> Labels:
    """The label of every bin of ``data``, shape (n_bins,)."""
    prices = {name: data.bins(name) for name in ("best_bid_price_int", "best_ask_price_int")}
    mid_ticks = 0.5 * half_ticks(prices, data.config.tick_int)
    return move_labels(np.where(data.bins("mid_price") != 0, mid_ticks, np.nan), horizon_bins, label_ticks)
