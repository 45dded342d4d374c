"""Every rule of the evaluation kernel in a market small enough to follow by hand. Prices are in ticks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qmcore.kernels.first_passage import (
    DOWN,
    NO_TRADE,
    STOP_LOSS,
    TAKE_PROFIT,
    TIMEOUT,
    UP,
    FirstPassage,
    TouchPath,
    evaluate,
)
from qmcore.reference.first_passage import Rules

TICK_INT = 250_000_000
RULES = Rules(tp_ticks=3, sl_ticks=2, max_hold_bins=10, entry="touch", latency_bins=1)
AT_MID = replace(RULES, entry="mid")
Bin = tuple[int, int] | None  # bid and ask, or no valid touch


def market(bins: list[Bin]) -> TouchPath:
    bids, asks = (np.array([b[side] if b else 0 for b in bins], np.int64) for side in (0, 1))
    return TouchPath(bids * TICK_INT, asks * TICK_INT, (bids + asks) * 0.125, TICK_INT)


def around(*bids: int) -> list[Bin]:
    """A spread of one tick."""
    return [(bid, bid + 1) for bid in bids]


def the_trade(bins: list[Bin], rules: Rules, direction: int = UP) -> tuple[int, int, int, float, float]:
    """Entry bin, exit bin, outcome, gross and net of a signal in bin 0."""
    values = np.zeros(len(bins))
    values[0] = direction
    (trades,) = evaluate(values, market(bins), [0.5], rules)
    assert trades["signal_bin"].tolist() == [0]
    assert trades["direction"].tolist() == [direction]
    _, entry_bin, exit_bin, _, outcome, gross, net = trades[0].item()
    return entry_bin, exit_bin, outcome, gross, net


def signal_bins(values: list[float], bins: list[Bin] | None = None, **rules: int) -> list[tuple[int, int]]:
    """Bin and direction of each signal at threshold 0.5."""
    path = market((bins or around(*[100] * len(values))) + around(100, 100, 100))
    (trades,) = evaluate(np.array([*values, *[values[-1]] * 3], float), path, [0.5], replace(RULES, **rules))
    return list(zip(trades["signal_bin"].tolist(), trades["direction"].tolist(), strict=True))


class TestCrossings:
    def test_from_neutral_and_from_opposite_count_staying_beyond_does_not(self) -> None:
        assert signal_bins([0, 0.5, 0.9, -0.5, -0.9, 0.2, -0.6]) == [(1, 1), (3, -1), (6, -1)]

    def test_a_value_beyond_the_threshold_in_the_first_bin_counts(self) -> None:
        assert signal_bins([0.7, 0.7]) == [(0, 1)]

    def test_below_the_threshold_is_neutral_and_at_it_is_beyond(self) -> None:
        assert signal_bins([0.4999, 0.5, -0.4999, -0.5]) == [(1, 1), (3, -1)]

    def test_warm_up_signals_do_not_count_and_are_not_made_up_for(self) -> None:
        assert signal_bins([0, 1, 1, 1, 0, 1], warmup_bins=2) == [(5, 1)]
        assert signal_bins([0, 1, 1, 1, 0, 1], warmup_bins=1) == [(1, 1), (5, 1)]

    def test_cooldown_silences_that_many_bins_in_both_directions(self) -> None:
        values = [1, -1, 1, -1, 1, 1]
        assert signal_bins(values) == [(0, 1), (1, -1), (2, 1), (3, -1), (4, 1)]
        assert signal_bins(values, cooldown_bins=1) == [(0, 1), (2, 1), (4, 1)]
        assert signal_bins(values, cooldown_bins=2) == [(0, 1), (3, -1)]

    def test_bins_without_a_touch_are_not_there(self) -> None:
        bins: list[Bin] = [(100, 101), None, (100, 101), None, (100, 101)]
        assert signal_bins([0, 1, 0, 1, 1], bins) == [(4, 1)]

    def test_each_threshold_has_its_own_trades(self) -> None:
        low, high = evaluate(
            np.array([0, 0.4, 0, 0.8, 0, 0, 0.0]), market(around(*[100] * 7)), [0.3, 0.7], RULES
        )
        assert low["signal_bin"].tolist() == [1, 3]
        assert high["signal_bin"].tolist() == [3]


class TestEntryAndExit:
    def test_up_buys_the_ask_and_takes_profit_at_its_limit_when_the_bid_is_there(self) -> None:
        # bought at 101, limit at 104: a bid of 103 is not enough, one of 106 fills at 104
        assert the_trade(around(100, 100, 103, 106, 90), RULES) == (1, 3, TAKE_PROFIT, 3.0, 3.0)

    def test_down_sells_the_bid_and_takes_profit_when_the_ask_is_there(self) -> None:
        # sold at 100, limit at 97
        assert the_trade(around(100, 100, 97, 96), RULES, DOWN) == (1, 3, TAKE_PROFIT, 3.0, 3.0)

    def test_the_stop_fills_at_the_touch_also_after_a_jump_through_it(self) -> None:
        assert the_trade(around(100, 100, 99), RULES) == (1, 2, STOP_LOSS, -2.0, -2.0)
        assert the_trade(around(100, 100, 90), RULES) == (1, 2, STOP_LOSS, -11.0, -11.0)
        assert the_trade(around(100, 100, 110), RULES, DOWN) == (1, 2, STOP_LOSS, -11.0, -11.0)

    def test_at_mid_the_mid_is_bought_and_watched_but_the_stop_still_pays_the_touch(self) -> None:
        assert the_trade(around(100, 100, 103), AT_MID) == (1, 2, TAKE_PROFIT, 3.0, 3.0)
        assert the_trade(around(100, 100, 99, 98), AT_MID) == (1, 3, STOP_LOSS, -2.5, -2.5)
        assert the_trade(around(100, 100, 102), AT_MID, DOWN) == (1, 2, STOP_LOSS, -2.5, -2.5)

    def test_a_mid_at_the_profit_with_a_touch_at_the_stop_is_a_stop(self) -> None:
        # bought at the mid, 100.5; mid 105, bid 98: profit seen and stop met in one bin
        assert the_trade([(100, 101), (100, 101), (98, 112)], AT_MID) == (1, 2, STOP_LOSS, -2.5, -2.5)
        assert the_trade([(100, 101), (100, 101), (99, 111)], AT_MID) == (1, 2, TAKE_PROFIT, 3.0, 3.0)

    def test_a_spread_wider_than_the_stop_stops_at_once(self) -> None:
        assert the_trade([(100, 105)] * 4, RULES) == (1, 2, STOP_LOSS, -5.0, -5.0)

    def test_the_entry_bin_itself_cannot_end_the_trade(self) -> None:
        assert the_trade([(100, 105), (100, 105), (108, 109)], RULES) == (1, 2, TAKE_PROFIT, 3.0, 3.0)

    def test_latency_moves_the_entry(self) -> None:
        prices = around(100, 102, 104, 107, 108)
        assert the_trade(prices, replace(RULES, latency_bins=0))[:3] == (0, 2, TAKE_PROFIT)
        assert the_trade(prices, replace(RULES, latency_bins=2)) == (2, 4, TAKE_PROFIT, 3.0, 3.0)

    def test_entry_and_exit_wait_for_a_touch(self) -> None:
        bins: list[Bin] = [(100, 101), None, (100, 101), None, (104, 105)]
        assert the_trade(bins, RULES) == (2, 4, TAKE_PROFIT, 3.0, 3.0)


class TestTimeout:
    def test_after_max_hold_bins_at_the_touch_or_the_mid(self) -> None:
        prices = around(100, 100, 100, 101, 110)
        assert the_trade(prices, replace(RULES, max_hold_bins=2)) == (1, 3, TIMEOUT, 0.0, 0.0)
        assert the_trade(prices, replace(AT_MID, max_hold_bins=2)) == (1, 3, TIMEOUT, 1.0, 1.0)

    def test_a_level_met_in_the_last_bin_of_the_hold_comes_first(self) -> None:
        prices = around(100, 100, 104, 110)
        assert the_trade(prices, replace(RULES, max_hold_bins=1)) == (1, 2, TAKE_PROFIT, 3.0, 3.0)

    def test_waits_for_a_touch_and_then_pays_whatever_it_is(self) -> None:
        bins: list[Bin] = [(100, 101), (100, 101), None, (110, 111)]
        assert the_trade(bins, replace(RULES, max_hold_bins=1)) == (1, 3, TIMEOUT, 9.0, 9.0)

    def test_the_end_of_the_data_closes_in_the_last_valid_bin(self) -> None:
        bins: list[Bin] = [(100, 101), (100, 101), (101, 102), None]
        assert the_trade(bins, RULES) == (1, 2, TIMEOUT, 0.0, 0.0)

    def test_no_bin_left_to_close_in_is_no_trade(self) -> None:
        table = FirstPassage(market(around(100, 100, 100)), RULES).table()
        assert (table["outcome"] == NO_TRADE).tolist() == [[False, True, True]] * 2


class TestCosts:
    COSTLY = replace(RULES, fee_ticks=0.25, slippage_ticks=0.5)

    def test_profit_pays_the_fee_and_the_slippage_of_its_entry(self) -> None:
        assert the_trade(around(100, 100, 104), self.COSTLY)[3:] == (3.0, 2.25)

    def test_stop_and_timeout_slip_twice(self) -> None:
        assert the_trade(around(100, 100, 99), self.COSTLY)[3:] == (-2.0, -3.25)
        assert the_trade(around(100, 100, 101), self.COSTLY)[2:] == (TIMEOUT, 0.0, -1.25)


class TestTheDoor:
    PATH = market(around(100, 100, 100))

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"tp_ticks": 0}, "tp_ticks and sl_ticks must be above 0, got 0 and 2"),
            ({"sl_ticks": float("nan")}, "tp_ticks and sl_ticks must be above 0"),
            ({"fee_ticks": -1}, "fee_ticks and slippage_ticks must be 0 or more"),
            ({"max_hold_bins": 0}, "max_hold_bins must be >= 1"),
            ({"latency_bins": -1}, "latency_bins >= 0"),
            ({"entry": "ask"}, "entry must be 'mid' or 'touch', got 'ask'"),
            ({"cooldown_bins": -1}, "cooldown_bins must be >= 0"),
        ],
    )
    def test_rules_out_of_range(self, change: dict[str, float], message: str) -> None:
        with pytest.raises(ValueError) as error:
            evaluate(np.zeros(3), self.PATH, [0.5], replace(RULES, **change))  # type: ignore[arg-type]
        assert message in str(error.value)

    def test_a_signal_of_another_length_or_not_finite(self) -> None:
        with pytest.raises(ValueError, match="2 values, but the market 3 bins"):
            evaluate(np.zeros(2), self.PATH, [0.5], RULES)
        with pytest.raises(ValueError, match="not finite at bin 1"):
            evaluate(np.array([0, np.nan, 0]), self.PATH, [0.5], RULES)

    def test_a_threshold_at_zero(self) -> None:
        with pytest.raises(ValueError, match="a threshold must be above 0"):
            evaluate(np.zeros(3), self.PATH, [0.5, 0.0], RULES)

    def test_a_market_that_does_not_fit_together(self) -> None:
        one = np.array([TICK_INT])
        with pytest.raises(ValueError, match="bin 0 has a mid but no valid touch"):
            TouchPath(one, one, np.ones(1), TICK_INT)
        with pytest.raises(ValueError, match="must be of one length"):
            TouchPath(one, one, np.ones(2), TICK_INT)
        with pytest.raises(ValueError, match="got 0"):
            TouchPath(one[:0], one[:0], np.ones(0), TICK_INT)
        with pytest.raises(ValueError, match="tick_int must be above 0"):
            TouchPath(one, one, np.ones(1), 0)

    def test_what_it_hands_out_cannot_be_changed(self) -> None:
        with pytest.raises(ValueError, match="read-only"):
            FirstPassage(self.PATH, RULES).table()["net_ticks"] = 1.0
        with pytest.raises(ValueError, match="read-only"):
            self.PATH.mid_ticks[0] = 1.0
