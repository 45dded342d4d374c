"""``microprice`` against Stoikov's formulas written out in numpy, on a market whose answer is known, and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from qmcore.config.runtime import SignalSpec
from qmcore.signals import replay
from qmcore.signals.microprice_fit import TransitionCounts
from tests.fixtures.signal_data import blank, random_columns
from tests.streams.configs import small_config


def stoikov(
    states: list[int], moves: np.ndarray, buckets: int, spreads: int, prior: float, terms: int
) -> np.ndarray:
    """G of the paper: Q, R K and T estimated from the states and their mirror images; G = sum of B^i G1."""
    n = buckets * spreads
    q, t, rk, visits = np.zeros((n, n)), np.zeros((n, n)), np.zeros(n), np.full(n, prior)
    flip = [s * buckets + buckets - 1 - i for s in range(spreads) for i in range(buckets)]
    for x, y, d in zip(states[:-1], states[1:], moves, strict=True):
        for a, b, move in ((x, y, d), (flip[x], flip[y], -d)):
            visits[a] += 1
            rk[a] += move
            (q if move == 0 else t)[a, b] += 1
    inverse = np.linalg.inv(np.eye(n) - q / visits[:, None])
    g1, b = inverse @ (rk / visits), inverse @ (t / visits[:, None])
    return sum(np.linalg.matrix_power(b, i) @ g1 for i in range(terms))


def test_against_the_formulas_of_the_paper() -> None:
    config = small_config()
    data = random_columns(301, 21, config)
    bid, ask = (data.bins(f"best_{side}_qty").astype(float) for side in ("bid", "ask"))
    share = np.divide(bid, bid + ask, out=np.full(301, 0.5), where=bid + ask > 0)
    bucket = np.minimum((share * 5).astype(int), 4)
    spread = (data.bins("best_ask_price_int") - data.bins("best_bid_price_int")) // config.tick_int
    states = ((np.minimum(spread, 2) - 1) * 5 + bucket).tolist()
    mid = (data.bins("best_ask_price_int") + data.bins("best_bid_price_int")) / 2 / config.tick_int
    params = {"imbalance_buckets": 5, "spread_buckets": 2, "refit_bins": 300, "prior_count": 2.0, "terms": 6}
    values = replay(SignalSpec(name="microprice", params=params), data)
    g = stoikov(states[:300], np.diff(mid)[:299], 5, 2, prior=2.0, terms=6)
    assert values[:299].tolist() == [0.0] * 299
    assert values[299] == pytest.approx(g[states[299]], abs=1e-10)
    assert values[300] == pytest.approx(g[states[300]], abs=1e-10)
    assert np.abs(g).max() > 0.01


def test_one_transition_by_hand() -> None:
    """Two states away from balance, one move: from the state with the long bid, up one tick to balance."""
    counts = TransitionCounts(3, 1)
    counts.observe(2, 1, 1.0)
    # states 0, 1, 2; mirrored: from 0 down one tick to 1. G1 = 1 / (1 + prior); B leads to 1, where G1 = 0.
    np.testing.assert_allclose(counts.adjustment(1.0, 6), [-0.5, 0.0, 0.5], rtol=1e-15)
    counts.observe(2, 2, 0.0)
    # Q_22 = 1/3: G1 = (1/3) / (1 - 1/3)
    np.testing.assert_allclose(counts.adjustment(1.0, 6), [-0.5, 0.0, 0.5], rtol=1e-15)
    np.testing.assert_allclose(counts.adjustment(2.0, 6), [-1 / 3, 0.0, 1 / 3], rtol=1e-15)


def test_the_adjustment_is_antisymmetric() -> None:
    rng = np.random.default_rng(4)
    counts = TransitionCounts(9, 3)
    for _ in range(5000):
        counts.observe(*rng.integers(0, 27, 2).tolist(), float(rng.integers(-1, 2)) / 2)
    g = counts.adjustment(1.0, 6).reshape(3, 9)
    np.testing.assert_allclose(g, -g[:, ::-1], atol=1e-12)


def test_it_finds_the_drift_of_a_market_made_for_it() -> None:
    """The mid moves one tick towards the longer queue with chance 0.3 a bin, and the queues are drawn anew."""
    rng = np.random.default_rng(6)
    n = 20_000
    leaning, moved = np.ones(n, int), np.zeros(n, int)
    for t in range(1, n):
        if rng.random() < 0.3:
            moved[t], leaning[t] = leaning[t - 1], rng.choice([-1, 1])
        else:
            leaning[t] = leaning[t - 1]
    bid = 4000 + np.cumsum(moved)
    tick = small_config().tick_int
    data = blank(
        n,
        best_bid_qty=np.where(leaning > 0, 90, 10),
        best_ask_qty=np.where(leaning > 0, 10, 90),
        best_bid_price_int=bid * tick,
        best_ask_price_int=(bid + 1) * tick,
    )
    values = replay(SignalSpec(name="microprice"), data)
    settled = values[10_000:]
    np.testing.assert_array_equal(np.sign(settled), leaning[10_000:])
    assert np.abs(settled).mean() == pytest.approx(
        1.0, abs=0.05
    )  # the next move is one tick its way, then either way


def test_a_gap_is_no_transition() -> None:
    tick = small_config().tick_int
    columns = {"best_bid_qty": [9, 1] * 30, "best_ask_qty": [1, 9] * 30}
    bid = (400 + np.arange(60)) * tick
    together = blank(60, best_bid_price_int=bid, best_ask_price_int=bid + tick, **columns)
    apart = blank(
        60, best_bid_price_int=bid, best_ask_price_int=bid + tick, bin_seq=2 * np.arange(60), **columns
    )
    params = {"refit_bins": 20}
    assert replay(SignalSpec(name="microprice", params=params), apart).tolist() == [0.0] * 60
    assert np.abs(replay(SignalSpec(name="microprice", params=params), together)[20:]).min() > 0.0
