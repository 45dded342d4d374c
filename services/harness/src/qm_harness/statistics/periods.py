"""Trades on a common clock: what each trial earned in equal periods, so that trials can be compared in time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def period_pnl(
    exit_bins: NDArray[np.int32],
    net_ticks: NDArray[np.float64],
    *,
    first_bin: int,
    end_bin: int,
    n_periods: int,
) -> NDArray[np.float64]:
    """Net ticks that trades realised in each of ``n_periods`` equal parts of [first_bin, end_bin), shape (n_periods,).

    A trade belongs to the period of its exit. Raises ValueError where an exit lies outside or a period would be empty.
    """
    if not 0 < n_periods <= end_bin - first_bin:
        raise ValueError(f"{end_bin - first_bin} bins cannot be cut into {n_periods} periods")
    if len(exit_bins) and not (exit_bins.min() >= first_bin and exit_bins.max() < end_bin):
        raise ValueError(f"trades exit outside of bins {first_bin} to {end_bin - 1}")
    period = (exit_bins.astype(np.int64) - first_bin) * n_periods // (end_bin - first_bin)
    return np.bincount(period, weights=net_ticks, minlength=n_periods).astype(np.float64)


def sharpe_ratios(pnl: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over standard deviation (n - 1) of each column, shape (periods, trials) -> (trials,), not annualised.

    0 for a trial that earned the same in every period, as one without trades does.
    """
    if len(pnl) < 2:
        raise ValueError(f"a Sharpe ratio needs two periods or more, got {len(pnl)}")
    spread = np.where(np.ptp(pnl, axis=0) > 0, pnl.std(axis=0, ddof=1), 0.0)
    return np.asarray(np.divide(pnl.mean(axis=0), spread, out=np.zeros(pnl.shape[1]), where=spread > 0))
