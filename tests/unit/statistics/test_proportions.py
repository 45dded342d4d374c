"""Wilson intervals against statsmodels, and how often they cover."""

from __future__ import annotations

import numpy as np
import pytest

from qm_harness.statistics.proportions import null_tp_rate, wilson_interval

STATSMODELS_0_15 = [  # proportion_confint(k, n, 1 - confidence, "wilson")
    (0, 10, 0.95, 0.0, 0.2775327998628892),
    (3, 10, 0.95, 0.10779126740630099, 0.6032218525388546),
    (10, 10, 0.95, 0.7224672001371107, 1.0),
    (41, 97, 0.99, 0.3025417038768292, 0.5527194051514575),
    (500, 1500, 0.90, 0.31362866760632285, 0.3536381484521926),
]


@pytest.mark.parametrize(("successes", "trials", "confidence", "low", "high"), STATSMODELS_0_15)
def test_wilson_equals_statsmodels(
    successes: int, trials: int, confidence: float, low: float, high: float
) -> None:
    interval = wilson_interval(successes, trials, confidence)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-14)


@pytest.mark.parametrize("share", [0.05, 1 / 3, 0.5])
def test_wilson_covers_about_as_often_as_it_says(share: float) -> None:
    draws = np.random.default_rng(1).binomial(40, share, 4000)
    intervals = [wilson_interval(int(k), 40) for k in draws]
    covered = np.mean([i.low <= share <= i.high for i in intervals])
    assert 0.93 <= covered <= 0.98


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (3, 2), (-1, 4)])
def test_impossible_counts_are_refused(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="needs 0 <= successes <= trials"):
        wilson_interval(successes, trials)


def test_the_null_take_profit_rate_is_that_of_a_walk_between_two_barriers() -> None:
    assert null_tp_rate(8, 4) == pytest.approx(1 / 3)
    steps = np.random.default_rng(2).choice((-1, 1), size=(2000, 600)).cumsum(axis=1)
    first_up = np.where((steps >= 8).any(axis=1), (steps >= 8).argmax(axis=1), 9999)
    first_down = np.where((steps <= -4).any(axis=1), (steps <= -4).argmax(axis=1), 9999)
    ended = np.minimum(first_up, first_down) < 9999
    assert (first_up < first_down)[ended].mean() == pytest.approx(1 / 3, abs=0.03)
