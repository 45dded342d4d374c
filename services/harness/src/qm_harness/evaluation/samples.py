"""A stretch of a market: what trades within it amount to, beside random entries in the same bins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qm_harness.evaluation.params import EvalParams
from qm_harness.evaluation.rows import SampleStats
from qm_harness.statistics.bootstrap import bootstrap_mean
from qm_harness.statistics.proportions import null_tp_rate, wilson_interval
from qm_harness.statistics.random_entries import EntryOutcomes, RandomEntryTest
from qm_harness.statistics.split import BinRange, trades_within
from qmcore.kernels.first_passage import STOP_LOSS, TAKE_PROFIT, TIMEOUT


@dataclass(frozen=True, slots=True)
class Sample:
    """The bins, how many hours of them one could trade in, and what entries at each earn."""

    bins: BinRange
    hours: float
    cell_width_ms: int
    outcomes: EntryOutcomes

    def measure(self, trades: Sequence[NDArray[np.void]], params: EvalParams) -> list[SampleStats]:
        """What each array of trades (TRADE_DTYPE, in order of time) amounts to within this stretch."""
        parts = [trades_within(of_one, self.bins) for of_one in trades]
        enough = [part for part in parts if len(part) >= params.min_signals]
        tests = iter(self.outcomes.tests([(part["signal_bin"], part["direction"]) for part in enough]))
        return [
            self._stats(part, params, next(tests) if len(part) >= params.min_signals else None)
            for part in parts
        ]

    def _stats(
        self, trades: NDArray[np.void], params: EvalParams, test: RandomEntryTest | None
    ) -> SampleStats:
        n = len(trades)
        if n == 0:
            return SampleStats(n_signals=0, n_up=0, n_down=0, events_per_hour=0.0)
        n_up = int(np.count_nonzero(trades["direction"] > 0))
        counts = np.bincount(trades["outcome"], minlength=TIMEOUT + 1).tolist()
        net = np.ascontiguousarray(trades["net_ticks"])
        wilson = wilson_interval(counts[TAKE_PROFIT], n, params.confidence)
        estimate = bootstrap_mean(net, seed=params.seed, confidence=params.confidence) if test else None
        return SampleStats(
            n_signals=n,
            n_up=n_up,
            n_down=n - n_up,
            tp_rate=counts[TAKE_PROFIT] / n,
            sl_rate=counts[STOP_LOSS] / n,
            timeout_rate=counts[TIMEOUT] / n,
            tp_rate_low=wilson.low,
            tp_rate_high=wilson.high,
            tp_rate_excess=counts[TAKE_PROFIT] / n - null_tp_rate(params.tp_ticks, params.sl_ticks),
            events_per_hour=n / self.hours,
            mean_gross_pnl_ticks=float(trades["gross_ticks"].mean()),
            mean_pnl_ticks=float(net.mean()),
            mean_pnl_low=estimate.interval.low if estimate else None,
            mean_pnl_high=estimate.interval.high if estimate else None,
            median_time_to_outcome_ms=_median(trades["exit_bin"] - trades["entry_bin"]) * self.cell_width_ms,
            p_value=test.p_value if test else None,
            random_mean_pnl_ticks=test.null_mean if test else None,
        )


def _median(whole_numbers: NDArray[np.int32]) -> float:
    middle = (len(whole_numbers) - 1) // 2, len(whole_numbers) // 2
    ordered = np.partition(whole_numbers, middle)
    return (int(ordered[middle[0]]) + int(ordered[middle[1]])) / 2
