"""One point of a sweep: a signal's values and a market in, one row a threshold out.

Guarantees: equal input gives equal rows, bit for bit, on one machine, whatever was evaluated before; nothing is looked
at that the kernel's rules (``qmcore.kernels.first_passage``) do not allow to be known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qm_harness.evaluation.market import EvalMarket
from qm_harness.evaluation.params import EvalParams
from qm_harness.evaluation.rows import EvalRow
from qm_harness.statistics.periods import period_pnl
from qm_harness.statistics.split import BinRange


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The rows of one point, and the trades (TRADE_DTYPE, in order of time) behind each.

    Thresholds that lead to the same trades have one array of them.
    """

    rows: tuple[EvalRow, ...]
    trades: tuple[NDArray[np.void], ...]
    bins: BinRange

    def period_pnl(self, n_periods: int) -> NDArray[np.float64]:
        """Net ticks by period of the exit, shape (n_periods, thresholds): columns for ``judge_sweep``."""
        made: dict[int, NDArray[np.float64]] = {}
        for trades in self.trades:
            if id(trades) not in made:
                made[id(trades)] = period_pnl(
                    trades["exit_bin"],
                    trades["net_ticks"],
                    first_bin=self.bins.first,
                    end_bin=self.bins.end,
                    n_periods=n_periods,
                )
        return np.stack([made[id(trades)] for trades in self.trades], axis=1)


def evaluate_signal(
    values: NDArray[np.float64], market: EvalMarket, params: EvalParams, thresholds: Sequence[float]
) -> Evaluation:
    """Trade ``values``, shape (n_bins,), one at each bin's end, at every threshold, and measure the trades.

    Raises ValueError where the signal is not finite or not of the market's length, or a threshold is not above 0.
    """
    bracket = market.bracket(params)
    found = bracket.passage.trades_on(values, thresholds, params.warmup_bins, params.cooldown_bins)
    # Neighbouring thresholds often have no value of the signal between them, and then the same trades.
    which: dict[bytes, int] = {}
    same = [which.setdefault(trades.tobytes(), len(which)) for trades in found]
    distinct = [found[same.index(number)] for number in range(len(which))]
    measured = [
        EvalRow(
            **whole.model_dump(),
            threshold=thresholds[same.index(number)],
            enough_signals=whole.n_signals >= params.min_signals,
            in_sample=inside,
            out_of_sample=outside,
        )
        for number, (whole, inside, outside) in enumerate(
            zip(
                *(s.measure(distinct, params) for s in (bracket.whole, bracket.inside, bracket.outside)),
                strict=True,
            )
        )
    ]
    rows = tuple(
        measured[number].model_copy(update={"threshold": threshold})
        for threshold, number in zip(thresholds, same, strict=True)
    )
    return Evaluation(rows, tuple(distinct[number] for number in same), bracket.bins)
