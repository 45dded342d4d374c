"""Order-flow imbalance by hand, after Cont, Kukanov and Stoikov (2014), section 2.1; and the bin's trades."""

from __future__ import annotations

import math

import pytest

from qmcore.reference.book import ReferenceBook
from qmcore.reference.flow import Level, ReferenceFlow, imbalance
from qmcore.reference.records import read_records
from tests.streams.tape import TICK, UNDEFINED_PRICE, Tape

BID, ASK = (100, 10), (101, 8)
NO_BID, NO_ASK = (-math.inf, 0), (math.inf, 0)


@pytest.mark.parametrize(
    ("bid", "ask", "expected"),
    [
        pytest.param((100, 15), ASK, 5, id="the bid queue grows by 5"),
        pytest.param((100, 4), ASK, -6, id="the bid queue shrinks by 6"),
        pytest.param(BID, (101, 10), -2, id="the ask queue grows by 2"),
        pytest.param(BID, (101, 1), 7, id="the ask queue shrinks by 7"),
        pytest.param((100.5, 3), ASK, 3, id="a better bid of 3"),
        pytest.param((99, 20), ASK, -10, id="the bid queue of 10 is depleted"),
        pytest.param(BID, (100.5, 4), -4, id="a better ask of 4"),
        pytest.param(BID, (103, 30), 8, id="the ask queue of 8 is depleted"),
        pytest.param((101, 5), (102, 6), 5 + 8, id="the market moves up"),
        pytest.param((99, 5), (100, 6), -10 - 6, id="the market moves down"),
        pytest.param(NO_BID, ASK, -10, id="the bid side empties"),
        pytest.param(BID, NO_ASK, 8, id="the ask side empties"),
        pytest.param(BID, ASK, 0, id="nothing happens"),
    ],
)
def test_the_contribution_of_one_event(bid: Level, ask: Level, expected: int) -> None:
    assert imbalance(bid, ask, BID, ASK) == expected


def test_the_first_quotes_of_an_empty_book_count_in_full() -> None:
    assert imbalance(BID, NO_ASK, NO_BID, NO_ASK) == 10
    assert imbalance(BID, ASK, BID, NO_ASK) == -8


def flow_of(tape: Tape, counts: bool = True) -> dict[str, int | float]:
    """The flow of one bin that holds the whole tape, whose groups end at F_LAST."""
    book, flow = ReferenceBook(TICK), ReferenceFlow()
    for event_id, record in enumerate(read_records(tape.records()), start=1):
        book.apply(record, event_id)
        if record.action == "T":
            flow.trade(record)
        if record.is_last:
            flow.end_group(book, counts=counts)
    return flow.close_bin(book)


def test_imbalance_sums_over_the_groups_of_a_bin() -> None:
    tape = Tape().add(1, "B", 100, 10).add(2, "A", 101, 8).cancel(1, 4).add(3, "B", 100, 1).cancel(2, 8)
    assert flow_of(tape)["ofi"] == 10 - 8 - 4 + 1 + 8


def test_a_group_counts_as_one_event() -> None:
    tape = Tape().add(1, "B", 100, 10).add(2, "A", 101, 3)
    before = flow_of(tape)["ofi"]
    tape.trade("B", 101, 3).fill(2, 3).cancel(2, 3, flags=0).add(3, "B", 101, 2)
    assert flow_of(tape)["ofi"] == before + 3 + 2


def test_deeper_levels_skip_empty_ticks() -> None:
    tape = Tape().add(1, "B", 100, 10).add(2, "B", 90, 4).add(3, "B", 80, 2).cancel(2, 4)
    flow = flow_of(tape)
    # Level 2 sees 4 arrive at 90, then fall back to 80; level 3 sees 2 arrive and vanish.
    assert [flow[f"mlofi_{m}"] for m in range(1, 6)] == [10, 4 - 4, 2 - 2, 0, 0]


def test_a_group_that_does_not_count_only_resets_the_levels() -> None:
    assert flow_of(Tape().add(1, "B", 100, 10).cancel(1, 3), counts=False)["ofi"] == 0


def test_trades_by_aggressor() -> None:
    tape = Tape().trade("B", 101, 3).trade("A", 100, 5).trade("N", 100, 2).trade("B", 103, 1)
    flow = flow_of(tape)
    assert (flow["trade_count"], flow["buy_volume"], flow["sell_volume"]) == (4, 4, 5)
    assert flow["trade_vwap"] == pytest.approx((101 * 3 + 100 * 5 + 100 * 2 + 103) / 11 * 0.25)


def test_trades_without_price_or_size_leave_the_average_alone() -> None:
    assert flow_of(Tape().trade("B", 101, 0))["trade_vwap"] == 0.0
    assert flow_of(Tape().put("T", 0, "B", price=UNDEFINED_PRICE, size=3))["trade_vwap"] == 0.0


def test_the_touch_is_read_at_the_bins_end() -> None:
    flow = flow_of(Tape().add(1, "B", 100, 10).add(2, "B", 101, 4).cancel(1, 10).add(3, "B", 101, 5))
    assert (flow["best_bid_qty"], flow["best_ask_qty"]) == (9, 0)


def test_a_closed_bin_leaves_nothing_for_the_next() -> None:
    book, flow = ReferenceBook(TICK), ReferenceFlow()
    for event_id, record in enumerate(read_records(Tape().add(1, "B", 100, 10).records()), start=1):
        book.apply(record, event_id)
    flow.end_group(book, counts=True)
    assert flow.close_bin(book)["ofi"] == 10
    flow.end_group(book, counts=True)
    assert flow.close_bin(book)["ofi"] == 0
