"""ofi, mlofi, queue_imbalance and trade_imbalance against the papers' formulas written out, and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from qmcore.config.runtime import SignalSpec
from qmcore.reference import windows as plain
from qmcore.signals import replay
from tests.fixtures.signal_data import blank, random_columns
from tests.streams.configs import small_config


def test_ofi_by_hand() -> None:
    data = blank(4, ofi=[10, -4, 6, 0], best_bid_qty=20, best_ask_qty=30)
    values = replay(SignalSpec(name="ofi", params={"window_bins": 2}), data)
    np.testing.assert_allclose(values, np.array([10, 6, 2, 6]) / (2 * 25), rtol=1e-15)


def test_ofi_from_the_events_of_the_paper() -> None:
    """Cont, Kukanov, Stoikov (2014), eq. 2: e_n from best prices and queues, summed; eq. 6: change = OFI / (2 D)."""
    rng = np.random.default_rng(1)
    n = 400
    bid = 400 + np.cumsum(rng.integers(-1, 2, n))
    ask = bid + rng.integers(1, 3, n)
    q_bid, q_ask = rng.integers(1, 60, n), rng.integers(1, 60, n)
    e = np.zeros(n)
    for t in range(1, n):
        e[t] = (
            (bid[t] >= bid[t - 1]) * q_bid[t]
            - (bid[t] <= bid[t - 1]) * q_bid[t - 1]
            - (ask[t] <= ask[t - 1]) * q_ask[t]
            + (ask[t] >= ask[t - 1]) * q_ask[t - 1]
        )
    depth = [plain.ema((q_bid + q_ask)[: t + 1] / 2, 50.0) for t in range(n)]
    wanted = [e[max(0, t - 9) : t + 1].sum() / (2 * depth[t]) for t in range(n)]
    data = blank(n, ofi=e, best_bid_qty=q_bid, best_ask_qty=q_ask)
    values = replay(SignalSpec(name="ofi", params={"window_bins": 10, "depth_bins": 50}), data)
    np.testing.assert_allclose(values, wanted, rtol=0, atol=1e-12)


def test_ofi_of_an_empty_touch_is_finite() -> None:
    assert replay(SignalSpec(name="ofi"), blank(2, ofi=7)).tolist() == [7.0, 14.0]


def test_mlofi_begins_as_ofi() -> None:
    data = random_columns(10, 2, small_config())
    flows = {**data.bin_columns, "ofi": data.bins("mlofi_1")}
    data = type(data)(flows, data.grid_columns, data.config)
    for levels in (1, 5):
        values = replay(SignalSpec(name="mlofi", params={"levels": levels}), data)
        np.testing.assert_allclose(values, replay(SignalSpec(name="ofi"), data), rtol=1e-12)


def test_mlofi_is_the_ridge_regression_of_the_paper() -> None:
    """Xu, Gould, Howison (2018): change of the mid on the vector of flows, with all weights written out."""
    n, window, half_life, penalty = 120, 4, 50.0, 3.0
    data = random_columns(n, 8, small_config())
    tick = data.config.tick_int
    flows = np.stack([data.bins(f"mlofi_{m}") for m in range(1, 6)], axis=1).astype(float)
    touch = (data.bins("best_bid_qty") + data.bins("best_ask_qty")) / 2
    mid = (data.bins("best_bid_price_int") + data.bins("best_ask_price_int")) / 2 / tick
    x = np.array(
        [
            flows[max(0, t - window + 1) : t + 1].sum(axis=0) / (2 * plain.ema(touch[: t + 1], 30.0))
            for t in range(n)
        ]
    )
    change = np.array([mid[t] - mid[t - window] if t >= window else np.nan for t in range(n)])
    wanted = []
    for t in range(n):
        beta = np.array([1.0, 0, 0, 0, 0])
        if t > window:
            beta = plain.ridge(x[window:t], change[window:t], beta, 0.5 ** (1 / half_life), penalty)
        wanted.append(beta @ x[t])
    params = {"window_bins": window, "depth_bins": 30, "half_life_bins": half_life, "ridge": penalty}
    values = replay(SignalSpec(name="mlofi", params=params), data)
    np.testing.assert_allclose(values, wanted, rtol=0, atol=1e-9 * np.abs(wanted).max())


def test_mlofi_learns_which_levels_move_the_mid() -> None:
    rng = np.random.default_rng(5)
    n = 3000
    flows = rng.integers(-20, 21, (n, 2))
    bid = 4000 + np.cumsum(np.concatenate(([0], 2 * np.sign(flows[1:, 1]))))
    columns = {"mlofi_1": flows[:, 0], "mlofi_2": flows[:, 1]}
    tick = small_config().tick_int
    data = blank(
        n,
        best_bid_qty=10,
        best_ask_qty=10,
        best_bid_price_int=bid * tick,
        best_ask_price_int=(bid + 1) * tick,
        **columns,
    )
    values = replay(SignalSpec(name="mlofi", params={"window_bins": 1, "levels": 2}), data)
    assert np.corrcoef(values[1000:], flows[1000:, 1])[0, 1] > 0.99
    assert abs(np.corrcoef(values[1000:], flows[1000:, 0])[0, 1]) < 0.1


def test_queue_imbalance_against_the_formula() -> None:
    data = random_columns(200, 4, small_config())
    bid, ask = data.bins("best_bid_qty").astype(float), data.bins("best_ask_qty").astype(float)
    wanted = np.divide(bid - ask, bid + ask, out=np.zeros(200), where=bid + ask > 0)
    np.testing.assert_array_equal(replay(SignalSpec(name="queue_imbalance"), data), wanted)
    smooth = [plain.ema(wanted[: t + 1], 9.0) for t in range(200)]
    values = replay(SignalSpec(name="queue_imbalance", params={"ema_bins": 9}), data)
    np.testing.assert_allclose(values, smooth, rtol=0, atol=1e-14)


def test_queue_imbalance_by_hand() -> None:
    data = blank(4, best_bid_qty=[30, 0, 0, 5], best_ask_qty=[10, 10, 0, 0])
    assert replay(SignalSpec(name="queue_imbalance"), data).tolist() == [0.5, -1.0, 0.0, 1.0]


def test_trade_imbalance_by_hand() -> None:
    data = blank(5, buy_volume=[3, 0, 0, 0, 9], sell_volume=[1, 4, 0, 0, 0])
    values = replay(SignalSpec(name="trade_imbalance", params={"window_bins": 2}), data)
    assert values.tolist() == [pytest.approx(0.5), pytest.approx(-2 / 8), -1.0, 0.0, 1.0]
