"""Shares of trades: Wilson intervals, and what share of take-profits luck alone would give."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtri


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval."""

    low: float
    high: float


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a proportion (Wilson 1927, JASA 22:209-212).

    With z the normal quantile and p = successes / trials:
    (p + z^2/2n -+ z sqrt(p (1-p)/n + z^2/4n^2)) / (1 + z^2/n). Raises ValueError without trials.
    """
    if not 0 <= successes <= trials or trials == 0:
        raise ValueError(f"needs 0 <= successes <= trials and trials > 0, got {successes} of {trials}")
    z = float(ndtri(0.5 + confidence / 2))
    share = successes / trials
    shrink = 1 / (1 + z * z / trials)
    centre = (share + z * z / (2 * trials)) * shrink
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) * shrink
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == trials else min(1.0, centre + half)
    return Interval(low, high)


def null_tp_rate(tp_ticks: float, sl_ticks: float) -> float:
    """Share of take-profits among take-profits and stop-losses of a driftless walk: SL / (TP + SL).

    The gambler's ruin: a martingale that starts between two barriers meets each in inverse proportion to its distance.
    """
    return sl_ticks / (tp_ticks + sl_ticks)
