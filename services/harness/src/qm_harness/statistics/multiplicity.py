"""p-values corrected for how many trials were made: family-wise by Holm, false discoveries by Benjamini-Yekutieli.

Give them EVERY trial of the sweep, also those that failed or had too few trades, which count with p = 1: leaving out
the unpromising ones beforehand is what these corrections exist to prevent.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def holm(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Holm's adjusted p-values (1979, Scand. J. Stat. 6:65-70), shape and order as given.

    The i-th smallest of m becomes the largest of (m - j + 1) p_(j) over j <= i. Rejecting those <= alpha keeps the
    probability of ANY false winner at or below alpha, whatever the dependence between trials.
    """
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")
    factors = len(p) - np.arange(len(p))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(factors * p[order]))
    return adjusted


def benjamini_yekutieli(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Benjamini and Yekutieli's adjusted p-values (2001, Ann. Stat. 29:1165-1188), shape and order as given.

    The i-th smallest of m becomes the smallest of (m c / j) p_(j) over j >= i, c = 1 + 1/2 + ... + 1/m. Rejecting those
    <= q keeps the expected share of false winners at or below q under any dependence.
    """
    p = _checked(p_values)
    ranks = np.arange(1, len(p) + 1)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * len(p) * (1 / ranks).sum() / ranks
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return adjusted


def _checked(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    if not ((p_values >= 0) & (p_values <= 1)).all():
        raise ValueError("p-values must lie in [0, 1]; a trial without one counts as 1")
    return p_values
