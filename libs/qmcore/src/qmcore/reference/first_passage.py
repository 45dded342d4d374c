"""How trades on a signal end, in plain Python: bin by bin, by the rules of SPEC section 11.

Guarantees: reads top to bottom as the rules in ``qmcore.kernels.first_passage``, keeps nothing between trades.
For tests and for reading; the kernel is held to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["take_profit", "stop_loss", "timeout"]


@dataclass(frozen=True, slots=True)
class Touch:
    """Best bid and ask at a bin's end, in ticks."""

    bid: float
    ask: float

    @property
    def mid(self) -> float:
        """Half way."""
        return (self.bid + self.ask) / 2


Market = Sequence[Touch | None]
"""One touch a bin; None where there is no valid one."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How a signal is traded; the fields are those of the evaluation."""

    tp_ticks: float
    sl_ticks: float
    max_hold_bins: int
    warmup_bins: int = 0
    cooldown_bins: int = 0
    entry: Literal["mid", "touch"] = "touch"
    fee_ticks: float = 0.0
    slippage_ticks: float = 0.0
    latency_bins: int = 1


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade; ``direction`` is 1 up or -1 down."""

    signal_bin: int
    entry_bin: int
    exit_bin: int
    direction: int
    outcome: Outcome
    gross_ticks: float
    net_ticks: float


def evaluate(values: Sequence[float], market: Market, threshold: float, rules: Rules) -> list[Trade]:
    """The trades on the crossings of +-``threshold``, in order of time."""
    trades = (
        trade(market, bin_, direction, rules) for bin_, direction in signals(values, market, threshold, rules)
    )
    return [t for t in trades if t is not None]


def signals(
    values: Sequence[float], market: Market, threshold: float, rules: Rules
) -> Iterator[tuple[int, int]]:
    """Bin and direction of every crossing that counts."""
    state, ready = 0, rules.warmup_bins
    for bin_, (value, touch) in enumerate(zip(values, market, strict=True)):
        if touch is None:
            continue
        before, state = state, 1 if value >= threshold else -1 if value <= -threshold else 0
        if state not in (0, before) and bin_ >= ready:
            yield bin_, state
            ready = bin_ + 1 + rules.cooldown_bins


def trade(market: Market, signal_bin: int, direction: int, rules: Rules) -> Trade | None:
    """The trade of one signal, or None where the data end before it can be opened and closed."""
    valid = [b for b, touch in enumerate(market) if touch is not None]
    entry_bin = next((b for b in valid if b >= signal_bin + rules.latency_bins), None)
    if entry_bin is None or entry_bin == valid[-1]:
        return None
    entry = _entry_price(_at(market, entry_bin), direction, rules)

    def closed(exit_bin: int, outcome: Outcome, gross_ticks: float) -> Trade:
        takers = 1 if outcome == "take_profit" else 2
        net_ticks = gross_ticks - rules.fee_ticks - rules.slippage_ticks * takers
        return Trade(signal_bin, entry_bin, exit_bin, direction, outcome, gross_ticks, net_ticks)

    for bin_ in (b for b in valid if entry_bin < b <= entry_bin + rules.max_hold_bins):
        touch = _at(market, bin_)
        watched = direction * (_watched_price(touch, direction, rules) - entry)
        at_touch = direction * (_closing_touch(touch, direction) - entry)
        took_profit = watched >= rules.tp_ticks
        stopped = watched <= -rules.sl_ticks or (took_profit and at_touch <= -rules.sl_ticks)
        if stopped:
            return closed(bin_, "stop_loss", at_touch)
        if took_profit:
            return closed(bin_, "take_profit", rules.tp_ticks)
    exit_bin = next((b for b in valid if b >= entry_bin + rules.max_hold_bins), valid[-1])
    left = direction * (_watched_price(_at(market, exit_bin), direction, rules) - entry)
    return closed(exit_bin, "timeout", left)


def _at(market: Market, bin_: int) -> Touch:
    touch = market[bin_]
    assert touch is not None
    return touch


def _entry_price(touch: Touch, direction: int, rules: Rules) -> float:
    if rules.entry == "mid":
        return touch.mid
    return touch.ask if direction > 0 else touch.bid


def _closing_touch(touch: Touch, direction: int) -> float:
    return touch.bid if direction > 0 else touch.ask


def _watched_price(touch: Touch, direction: int, rules: Rules) -> float:
    return touch.mid if rules.entry == "mid" else _closing_touch(touch, direction)
