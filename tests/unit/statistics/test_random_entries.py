"""Random entries by brute force, the tail by exact enumeration, and the size of the test under the null."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from qm_harness.statistics.random_entries import EntryOutcomes, chernoff_bound

SIXTEEN = np.arange(16, dtype=np.int64) * 3 + 100  # 16 suits the FFT: no bin is repeated


def outcomes(seed: int, bins: np.ndarray = SIXTEEN) -> EntryOutcomes:
    random = np.random.default_rng(seed)
    up, down = random.choice((8.0, -4.0, -5.5), (2, len(bins)))
    return EntryOutcomes.of(bins, up, down)


def rotations(market: EntryOutcomes, at: list[int], directions: list[int]) -> np.ndarray:
    n = len(market.circle.bins)
    return np.array(
        [
            sum(
                (market.up if d > 0 else market.down)[(i + s) % n]
                for i, d in zip(at, directions, strict=True)
            )
            for s in range(n)
        ]
    )


@pytest.mark.parametrize("seed", range(8))
def test_the_p_value_is_the_share_of_rotations_that_earn_as_much(seed: int) -> None:
    market = outcomes(seed)
    at, directions = [0, 1, 5, 12], [1, 1, -1, 1]
    sums = rotations(market, at, directions)
    test = market.test(SIXTEEN[at].astype(np.int32), np.array(directions, np.int8))
    share = (sums >= sums[0] - 1e-9).mean()
    assert test.null_mean == pytest.approx(sums.mean() / 4)
    assert test.null_std == pytest.approx(sums.std() / 4)
    if share * 16 >= 10:
        assert test.p_value == share
    else:
        assert 0 < test.p_value <= share


def test_a_test_does_not_depend_on_those_beside_it() -> None:
    market, random = outcomes(3, np.arange(500)), np.random.default_rng(4)
    signals = []
    for n in (1, 5, 60, 5, 200, 33, 60):
        at = np.sort(random.choice(500, n, replace=False)).astype(np.int32)
        signals.append((at, random.choice((1, -1), n).astype(np.int8)))
    assert market.tests(signals) == [outcomes(3, np.arange(500)).test(*entries) for entries in signals]


def test_overlapping_trades_count_for_fewer() -> None:
    random = np.random.default_rng(1)
    runs = np.repeat(random.choice((4.0, -4.0), 200), 10)  # ten neighbours share one outcome
    market = EntryOutcomes.of(np.arange(2000), runs, -runs)
    spread = market.test(np.arange(0, 2000, 40, dtype=np.int32), np.ones(50, np.int8))
    bunched = market.test(np.arange(50, dtype=np.int32), np.ones(50, np.int8))
    assert spread.design_effect < 1.6
    assert 7 < bunched.design_effect < 12


def test_chernoffs_bound_lies_above_the_exact_tail_and_falls_with_it() -> None:
    up, down = np.array([8.0, -4.0, -4.0]), np.array([8.0, -4.0, -5.0, -5.0])
    draws = [*[up] * 4, *[down] * 3]
    sums = np.array([sum(draw) for draw in product(*draws)])
    for total in (-10.0, 0.0, 12.0, 24.0, 40.0, 56.0):
        exact = (sums >= total - 1e-9).mean()
        bound = chernoff_bound(up, 4, down, 3, total)
        assert exact <= bound + 1e-12
        assert bound <= max(12 * exact, 1e-12) or total <= sums.mean()
    assert chernoff_bound(up, 4, down, 3, 56.0) == pytest.approx((1 / 3) ** 4 * (1 / 4) ** 3)
    assert chernoff_bound(up, 4, down, 3, sums.mean() - 1) == 1.0


def test_a_real_edge_gets_a_p_value_that_survives_thousands_of_trials() -> None:
    random = np.random.default_rng(2)
    up = random.choice((8.0, -4.0), 5000, p=(1 / 3, 2 / 3))
    market = EntryOutcomes.of(np.arange(5000), up, -up)
    wins = np.flatnonzero(up > 0)[:160]
    losses = np.flatnonzero(up < 0)[:80]
    test = market.test(np.sort(np.concatenate((wins, losses))).astype(np.int32), np.ones(240, np.int8))
    assert test.p_value < 1e-8


def test_size_under_the_null_with_bunched_entries() -> None:
    """Entries in bursts over outcomes in runs: p <= 0.1 must not come up much more often than one time in ten."""
    p_values = []
    for seed in range(400):
        random = np.random.default_rng(seed)
        outcome = np.repeat(random.choice((8.0, -4.0), 120, p=(1 / 3, 2 / 3)), 8)
        market = EntryOutcomes.of(np.arange(960), outcome, -outcome)
        starts = np.sort(random.choice(95, 12, replace=False)) * 10
        entries = (starts[:, None] + np.arange(4)).ravel().astype(np.int32)
        directions = np.repeat(random.choice((1, -1), 12), 4).astype(np.int8)
        p_values.append(market.test(entries, directions).p_value)
    assert 0.06 <= np.mean(np.array(p_values) <= 0.1) <= 0.14
    assert np.mean(np.array(p_values) <= 0.01) <= 0.025
