"""In and out of sample: trades before a bin, trades after it, and none that has seen both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class BinRange:
    """The bins [first, end)."""

    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Split:
    """The evaluated bins in two parts."""

    in_sample: BinRange
    out_of_sample: BinRange


def split_bins(n_bins: int, warmup_bins: int, in_sample_fraction: float) -> Split:
    """The first ``in_sample_fraction`` of the bins after warm-up, and the rest."""
    first = min(warmup_bins, n_bins)
    cut = first + int((n_bins - first) * in_sample_fraction)
    return Split(BinRange(first, cut), BinRange(cut, n_bins))


def trades_within(trades: NDArray[np.void], bins: BinRange) -> NDArray[np.void]:
    """The trades (TRADE_DTYPE, in order of time) signalled and closed within ``bins``: one that spans a border belongs
    to neither part (purging; Lopez de Prado 2018, Advances in Financial Machine Learning, 7.4)."""
    low, high = np.searchsorted(trades["signal_bin"], (bins.first, bins.end))
    part = trades[low:high]
    closed = part["exit_bin"] < bins.end
    return part if closed.all() else part[closed]
