"""Sums of regression trees in plain Python. Twin of ``kernels.trees``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int32]
Numbers = NDArray[np.float64]


def margin(
    row: Sequence[float],
    baseline: float,
    roots: Indices,
    feature: Indices,
    threshold: Numbers,
    left: Indices,
    right: Indices,
    value: Numbers,
) -> float:
    """Baseline and the leaf of each tree that ``row`` falls into, added in the order of the trees."""
    total = baseline
    for root in roots.tolist():
        node = root
        while left[node] >= 0:
            node = left[node] if row[feature[node]] <= threshold[node] else right[node]
        total += float(value[node])
    return total
