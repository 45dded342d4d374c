"""What a training bin is to predict: the sign of the mid's move over the horizon."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int8]


def move_labels(mid_ticks: NDArray[np.float64], horizon_bins: int, label_ticks: float) -> Labels:
    """+1 or -1 of each bin where the mid moves by at least ``label_ticks`` until ``horizon_bins`` later, else 0.

    ``mid_ticks``: shape (n_bins,), NaN where there is no valid touch. A bin has no label either (0) where one of both
    mids is not there, and in the last ``horizon_bins`` bins. The label of bin i depends on the mids of bins i and
    i + horizon_bins alone.
    """
    labels = np.zeros(len(mid_ticks), np.int8)
    moves = mid_ticks[horizon_bins:] - mid_ticks[: len(mid_ticks) - horizon_bins]
    moved = np.abs(moves) >= label_ticks  # false for NaN
    labels[: len(moves)][moved] = np.sign(moves[moved])
    return labels
