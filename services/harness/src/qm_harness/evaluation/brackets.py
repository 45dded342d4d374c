"""A bracket in a market: how a trade entered at any bin ends, and what random entries would have earned.

It depends on everything in ``EvalParams`` but the cooldown, how many signals are enough, and what is drawn: a sweep
that works it out once has it for all signals, cooldowns and thresholds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qm_harness.evaluation.params import EvalParams
from qm_harness.evaluation.samples import Sample
from qm_harness.statistics.random_entries import EntryCircle, EntryOutcomes
from qm_harness.statistics.split import BinRange, split_bins
from qmcore.kernels.first_passage import NO_TRADE, FirstPassage, TouchPath


class Circles:
    """The circle of each stretch of a market: brackets share them, and the patterns that they keep."""

    def __init__(self) -> None:
        self._made: dict[BinRange, EntryCircle] = {}

    def of(self, bins: BinRange, open_to: NDArray[np.int64]) -> EntryCircle:
        """The one of ``bins``, in which one can enter at ``open_to``."""
        made = self._made.get(bins)
        if made is None or not np.array_equal(made.bins, open_to):
            made = self._made[bins] = EntryCircle(open_to)
        return made


def _selection(bins: NDArray[np.int64]) -> slice | NDArray[np.int64]:
    """``bins``, ascending, as what selects them without a copy where they are neighbours."""
    if len(bins) and bins[-1] - bins[0] + 1 == len(bins):
        return slice(int(bins[0]), int(bins[-1]) + 1)
    return bins


class Bracket:
    """One take-profit and stop-loss with its costs."""

    def __init__(self, path: TouchPath, cell_width_ms: int, params: EvalParams, circles: Circles) -> None:
        self.passage = FirstPassage(path, params)
        table = self.passage.table()
        split = split_bins(path.n_bins, params.warmup_bins, params.in_sample_fraction)
        self.bins = BinRange(split.in_sample.first, path.n_bins)
        touched = ~np.isnan(path.mid_ticks)
        open_to = np.flatnonzero(touched & (table["outcome"][0] != NO_TRADE))

        def sample(bins: BinRange) -> Sample:
            low, high = np.searchsorted(open_to, (bins.first, bins.end))
            entered = open_to[low:high]
            up, down = table["net_ticks"][:, _selection(entered)]
            hours = np.count_nonzero(touched[bins.first : bins.end]) * cell_width_ms / 3_600_000
            return Sample(bins, hours, cell_width_ms, EntryOutcomes(circles.of(bins, entered), up, down))

        self.whole, self.inside, self.outside = (
            sample(bins) for bins in (self.bins, split.in_sample, split.out_of_sample)
        )
        outcomes = (s.outcomes for s in (self.whole, self.inside, self.outside))
        self.n_bytes = table.nbytes + sum(each.n_bytes for each in outcomes)

    @staticmethod
    def key(params: EvalParams) -> tuple[float | str, ...]:
        """Equal where brackets are."""
        return (
            params.tp_ticks,
            params.sl_ticks,
            params.max_hold_bins,
            params.warmup_bins,
            params.entry,
            params.fee_ticks,
            params.slippage_ticks,
            params.latency_bins,
            params.in_sample_fraction,
        )
