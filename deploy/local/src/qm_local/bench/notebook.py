"""One point of a sweep the way it is written in a notebook with numpy: the baseline of the sweep's figures.

It does what a point needs and no more: trades at each threshold, the resampled mean, random entries. The trades are
those of ``qmcore.kernels.first_passage``; the resamples are of single trades and the entries 1,000 random ones, which
is less than the harness does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from qm_harness.evaluation import EvalParams

RESAMPLES: Final = 1000
_ENTRIES_AT_ONCE: Final = 2000


@dataclass(frozen=True, slots=True)
class Row:
    """One threshold."""

    n_signals: int
    mean_pnl_ticks: float
    interval: tuple[float, float]
    p_value: float


def notebook_point(
    values: NDArray[np.float64],
    bid_ticks: NDArray[np.float64],
    ask_ticks: NDArray[np.float64],
    params: EvalParams,
    thresholds: Sequence[float],
) -> list[Row]:
    """The rows of a point; every bin has a touch, entries are at it."""
    random = np.random.default_rng(params.seed)
    up = _earned(ask_ticks, bid_ticks, params)
    down = _earned(-bid_ticks, -ask_ticks, params)
    rows = []
    for threshold in thresholds:
        bins, directions = _signals(values, threshold, params)
        open_to = bins < len(up)
        bins, directions = bins[open_to], directions[open_to]
        net = np.where(directions > 0, up[bins], down[bins])
        means = net[random.integers(0, len(net), (RESAMPLES, len(net)))].mean(axis=1)
        low, high = np.quantile(means, (0.5 - params.confidence / 2, 0.5 + params.confidence / 2))
        other = random.integers(params.warmup_bins, len(up), (RESAMPLES, len(net)))
        null = np.where(directions > 0, up[other], down[other]).mean(axis=1)
        rows.append(
            Row(len(net), float(net.mean()), (float(low), float(high)), float((null >= net.mean()).mean()))
        )
    return rows


def _signals(
    values: NDArray[np.float64], threshold: float, params: EvalParams
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bins and directions of the crossings that count."""
    state = (values >= threshold).astype(np.int64) - (values <= -threshold)
    crossed = np.flatnonzero((state != 0) & (state != np.concatenate(([0], state[:-1]))))
    taken, ready = [], params.warmup_bins
    for bin_ in crossed.tolist():
        if bin_ >= ready:
            taken.append(bin_)
            ready = bin_ + params.cooldown_bins + 1
    bins = np.array(taken, np.int64)
    return bins, state[bins]


def _earned(
    entry: NDArray[np.float64], close: NDArray[np.float64], params: EvalParams
) -> NDArray[np.float64]:
    """Net ticks of a trade signalled at each bin that can be entered; prices with the sign of the direction."""
    ahead = params.latency_bins
    held = np.concatenate((close, np.full(params.max_hold_bins, close[-1])))
    windows = sliding_window_view(held[ahead + 1 :], params.max_hold_bins)
    last = len(close) - ahead - 1
    earned = np.empty(last)
    for first in range(0, last, _ENTRIES_AT_ONCE):
        end = min(first + _ENTRIES_AT_ONCE, last)
        moved = windows[first:end] - entry[first + ahead : end + ahead, None]
        stopped = moved <= -params.sl_ticks
        ended = stopped | (moved >= params.tp_ticks)
        at = np.where(ended.any(axis=1), ended.argmax(axis=1), params.max_hold_bins - 1)
        rows = np.arange(end - first)
        gross = moved[rows, at]
        won = ended[rows, at] & ~stopped[rows, at]
        gross = np.where(won, params.tp_ticks, gross)
        earned[first:end] = gross - params.fee_ticks - params.slippage_ticks * np.where(won, 1, 2)
    return earned
