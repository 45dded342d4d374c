"""The evaluation kernel against the plain reference, over markets with gaps, jumps and wide spreads."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qmcore.kernels.first_passage import (
    NO_TRADE,
    STOP_LOSS,
    TAKE_PROFIT,
    TIMEOUT,
    FirstPassage,
    TouchPath,
    evaluate,
)
from qmcore.reference import first_passage as plain

TICK_INT = 250_000_000
OUTCOMES = {TAKE_PROFIT: "take_profit", STOP_LOSS: "stop_loss", TIMEOUT: "timeout"}
LEVELS = (-1.0, -0.6, -0.3, 0.0, 0.3, 0.6, 1.0)

# (move of the bid, spread, valid): mostly small moves, sometimes through both levels at once
bins = st.tuples(
    st.one_of(st.integers(-1, 1), st.integers(-30, 30)),
    st.one_of(st.just(1), st.integers(1, 4), st.integers(20, 60)),
    st.integers(0, 9).map(lambda x: x > 0),
)
markets = st.one_of(st.lists(bins, min_size=1, max_size=40), st.lists(bins, min_size=60, max_size=220))
ticks = st.one_of(st.integers(1, 12).map(float), st.sampled_from((0.5, 2.5, 40.0)))
rules = st.builds(
    plain.Rules,
    tp_ticks=ticks,
    sl_ticks=ticks,
    max_hold_bins=st.one_of(st.integers(1, 12), st.integers(60, 300)),
    warmup_bins=st.integers(0, 8),
    cooldown_bins=st.integers(0, 6),
    entry=st.sampled_from(("mid", "touch")),
    fee_ticks=st.sampled_from((0.0, 0.25)),
    slippage_ticks=st.sampled_from((0.0, 0.5)),
    latency_bins=st.one_of(st.integers(0, 3), st.just(70)),
)


def both_markets(moves: list[tuple[int, int, bool]]) -> tuple[TouchPath, plain.Market]:
    bids = 1000 + np.cumsum([move for move, _, _ in moves])
    asks = bids + [spread for _, spread, _ in moves]
    valid = np.array([v for _, _, v in moves])
    mids = np.where(valid, (bids + asks) * 0.125, 0.0)
    path = TouchPath(bids * TICK_INT, asks * TICK_INT, mids, TICK_INT)
    touches = [
        plain.Touch(float(b), float(a)) if v else None for b, a, v in zip(bids, asks, valid, strict=True)
    ]
    return path, touches


def as_plain(trades: np.ndarray) -> list[plain.Trade]:
    return [plain.Trade(s, e, x, d, OUTCOMES[o], g, n) for s, e, x, d, o, g, n in trades.tolist()]


@settings(max_examples=150, deadline=None)
@given(moves=markets, rules=rules, data=st.data())
def test_trades_at_every_threshold(
    moves: list[tuple[int, int, bool]], rules: plain.Rules, data: st.DataObject
) -> None:
    path, touches = both_markets(moves)
    values = data.draw(st.lists(st.sampled_from(LEVELS), min_size=len(moves), max_size=len(moves)))
    thresholds = [0.3, 0.5, 1.0]
    got = evaluate(np.array(values), path, thresholds, rules)
    for threshold, trades in zip(thresholds, got, strict=True):
        assert as_plain(trades) == plain.evaluate(values, touches, threshold, rules)


@settings(max_examples=60, deadline=None)
@given(moves=st.lists(bins, min_size=1, max_size=90), rules=rules)
def test_the_trade_of_a_signal_at_any_bin(moves: list[tuple[int, int, bool]], rules: plain.Rules) -> None:
    path, touches = both_markets(moves)
    table = FirstPassage(path, rules).table()
    for row, direction in enumerate((1, -1)):
        for bin_ in range(len(moves)):
            wanted = plain.trade(touches, bin_, direction, rules)
            if wanted is None:
                assert table[row, bin_]["outcome"] == NO_TRADE
            else:
                assert as_plain(table[row, bin_ : bin_ + 1]) == [wanted]


@settings(max_examples=60, deadline=None)
@given(moves=st.lists(bins, min_size=2, max_size=90), rules=rules, data=st.data())
def test_a_trade_does_not_depend_on_bins_after_its_exit(
    moves: list[tuple[int, int, bool]], rules: plain.Rules, data: st.DataObject
) -> None:
    path, _ = both_markets(moves)
    table = FirstPassage(path, rules).table()
    cut = data.draw(st.integers(1, len(moves) - 1))
    other = moves[:cut] + [(-move, spread + 3, not valid) for move, spread, valid in moves[cut:]]
    changed = FirstPassage(both_markets(other)[0], rules).table()
    known = (table["outcome"] != NO_TRADE) & (table["exit_bin"] < cut)
    known &= (table["outcome"] != TIMEOUT) | (table["exit_bin"] >= table["entry_bin"] + rules.max_hold_bins)
    np.testing.assert_array_equal(changed[known], table[known])
