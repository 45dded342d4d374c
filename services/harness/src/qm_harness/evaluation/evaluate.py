"""One point of a sweep: a signal's values and a market in, one row a threshold out.

Guarantees: equal input gives equal rows, bit for bit, on one machine; nothing is looked at that the kernel's rules
(``qmcore.kernels.first_passage``) do not allow to be known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from qm_harness.evaluation.params import EvalParams
from qm_harness.evaluation.rows import EvalRow, SampleStats
from qm_harness.statistics.bootstrap import bootstrap_mean
from qm_harness.statistics.periods import period_pnl
from qm_harness.statistics.proportions import null_tp_rate, wilson_interval
from qm_harness.statistics.random_entries import EntryOutcomes
from qm_harness.statistics.split import BinRange, split_bins, trades_within
from qmcore.kernels.first_passage import (
    NO_TRADE,
    STOP_LOSS,
    TAKE_PROFIT,
    TIMEOUT,
    FirstPassage,
    TouchPath,
)

MS_PER_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class EvalMarket:
    """The touch of every bin; make one a dataset and use it for all of its points."""

    path: TouchPath
    cell_width_ms: int

    @classmethod
    def of(
        cls,
        best_bid_price_int: NDArray[np.int64],
        best_ask_price_int: NDArray[np.int64],
        mid_price: NDArray[np.float64],
        *,
        tick_int: int,
        cell_width_ms: int,
    ) -> Self:
        """From columns of a dataset, shape (n_bins,). Raises ValueError where they do not fit together."""
        return cls(TouchPath(best_bid_price_int, best_ask_price_int, mid_price, tick_int), cell_width_ms)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The rows of one point, and the trades (TRADE_DTYPE, in order of time) behind each."""

    rows: tuple[EvalRow, ...]
    trades: tuple[NDArray[np.void], ...]
    bins: BinRange

    def period_pnl(self, n_periods: int) -> NDArray[np.float64]:
        """Net ticks by period of the exit, shape (n_periods, thresholds): columns for ``judge_sweep``."""
        columns = [
            period_pnl(
                t["exit_bin"],
                t["net_ticks"],
                first_bin=self.bins.first,
                end_bin=self.bins.end,
                n_periods=n_periods,
            )
            for t in self.trades
        ]
        return np.stack(columns, axis=1)


def evaluate_signal(
    values: NDArray[np.float64], market: EvalMarket, params: EvalParams, thresholds: Sequence[float]
) -> Evaluation:
    """Trade ``values``, shape (n_bins,), one at each bin's end, at every threshold, and measure the trades.

    Raises ValueError where the signal is not finite or not of the market's length, or a threshold is not above 0.
    """
    passage = FirstPassage(market.path, params)
    trades = tuple(passage.trades_on(values, thresholds, params.warmup_bins, params.cooldown_bins))
    table = passage.table()
    split = split_bins(market.path.n_bins, params.warmup_bins, params.in_sample_fraction)
    bins = BinRange(split.in_sample.first, market.path.n_bins)
    whole, inside, outside = (
        _Sample(market, params, part, table) for part in (bins, split.in_sample, split.out_of_sample)
    )
    rows = tuple(
        EvalRow(
            **whole.measure(of_threshold).model_dump(),
            threshold=threshold,
            enough_signals=len(of_threshold) >= params.min_signals,
            in_sample=inside.measure(of_threshold),
            out_of_sample=outside.measure(of_threshold),
        )
        for threshold, of_threshold in zip(thresholds, trades, strict=True)
    )
    return Evaluation(rows, trades, bins)


class _Sample:
    """A stretch of the market, with what random entries would have earned in it."""

    def __init__(
        self, market: EvalMarket, params: EvalParams, bins: BinRange, table: NDArray[np.void]
    ) -> None:
        self._params, self._bins, self._cell_width_ms = params, bins, market.cell_width_ms
        touched = ~np.isnan(market.path.mid_ticks[bins.first : bins.end])
        self._hours = int(touched.sum()) * market.cell_width_ms / MS_PER_HOUR
        part = table[:, bins.first : bins.end]
        open_to = np.flatnonzero(touched & (part[0]["outcome"] != NO_TRADE))
        self._outcomes = EntryOutcomes.of(
            open_to + bins.first, part[0]["net_ticks"][open_to], part[1]["net_ticks"][open_to]
        )

    def measure(self, trades: NDArray[np.void]) -> SampleStats:
        """What the ``trades`` within this stretch amount to."""
        trades = trades_within(trades, self._bins)
        n, params = len(trades), self._params
        n_up = int(np.count_nonzero(trades["direction"] > 0))
        shares = {
            outcome: np.count_nonzero(trades["outcome"] == outcome) / n if n else None
            for outcome in (TAKE_PROFIT, STOP_LOSS, TIMEOUT)
        }
        tp_rate = shares[TAKE_PROFIT]
        enough = n >= params.min_signals
        net = np.ascontiguousarray(trades["net_ticks"])
        wilson = wilson_interval(round(tp_rate * n), n, params.confidence) if tp_rate is not None else None
        estimate = bootstrap_mean(net, seed=params.seed, confidence=params.confidence) if enough else None
        test = self._outcomes.test(trades["signal_bin"], trades["direction"]) if enough else None
        held = (trades["exit_bin"] - trades["entry_bin"]) * self._cell_width_ms
        return SampleStats(
            n_signals=n,
            n_up=n_up,
            n_down=n - n_up,
            tp_rate=tp_rate,
            sl_rate=shares[STOP_LOSS],
            timeout_rate=shares[TIMEOUT],
            tp_rate_low=wilson.low if wilson else None,
            tp_rate_high=wilson.high if wilson else None,
            tp_rate_excess=(
                tp_rate - null_tp_rate(params.tp_ticks, params.sl_ticks) if tp_rate is not None else None
            ),
            events_per_hour=n / self._hours if self._hours else 0.0,
            mean_gross_pnl_ticks=float(trades["gross_ticks"].mean()) if n else None,
            mean_pnl_ticks=float(net.mean()) if n else None,
            mean_pnl_low=estimate.interval.low if estimate else None,
            mean_pnl_high=estimate.interval.high if estimate else None,
            median_time_to_outcome_ms=float(np.median(held)) if n else None,
            p_value=test.p_value if test else None,
            random_mean_pnl_ticks=test.null_mean if test else None,
        )
