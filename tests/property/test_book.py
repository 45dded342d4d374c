"""The Cython book against the plain one, over random event streams with every malformation."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qmcore.kernels.book import OrderBook
from qmcore.reference.book import ASK, BID, BOOK_COUNTERS, ReferenceBook
from tests.streams.drawn import streams
from tests.streams.tape import TICK
from tests.streams.walked import walk

WINDOWS = st.sampled_from((64, 256, 8192))
"""Slots of the kernel's window: the smallest recentres and spills all the time."""

EXAMINED_BY_THE_SESSION = {"crossed_book", "maybe_bad_book"}


def both(records: NDArray[np.void], n_slots: int) -> tuple[OrderBook, ReferenceBook]:
    kernel, plain = OrderBook(TICK, n_slots), ReferenceBook(TICK)
    kernel.apply_records(records)
    plain.apply_records(records)
    return kernel, plain


def assert_same_book(kernel: OrderBook, plain: ReferenceBook) -> None:
    """Every order, every level, every queue and the touch."""
    orders = sorted(plain.orders.values(), key=lambda o: o.order_id)
    assert kernel.orders().tolist() == [
        (o.order_id, o.tick, o.side, o.size, o.pending, o.priority) for o in orders
    ]
    assert (kernel.best_bid_tick, kernel.best_ask_tick) == (plain.best_tick(BID), plain.best_tick(ASK))
    for side in (BID, ASK):
        assert kernel.levels(side, 1000) == plain.levels(side, 1000)
        for tick, _ in plain.levels(side, 4):
            assert kernel.queue(side, tick) == plain.queue(side, tick)


def assert_depth_is_the_sum_of_live_orders(kernel: OrderBook) -> None:
    depth: Counter[tuple[int, int]] = Counter()
    for order in kernel.orders():
        depth[order["side"].item(), order["tick"].item()] += order["size"].item()
    for (side, tick), quantity in depth.items():
        assert kernel.depth(side, tick) == quantity
    for side in (BID, ASK):
        assert len(kernel.levels(side, 1000)) == sum(1 for key in depth if key[0] == side)
    bids = [tick for side, tick in depth if side == BID]
    asks = [tick for side, tick in depth if side == ASK]
    assert kernel.best_bid_tick == max(bids, default=None)
    assert kernel.best_ask_tick == min(asks, default=None)


@given(records=streams(), n_slots=WINDOWS)
def test_the_books_agree(records: NDArray[np.void], n_slots: int) -> None:
    kernel, plain = both(records, n_slots)
    assert_same_book(kernel, plain)
    names = [name for name in BOOK_COUNTERS if name not in EXAMINED_BY_THE_SESSION]
    assert {n: kernel.counters()[n] for n in names} == {n: plain.counters()[n] for n in names}


@given(records=streams(), n_slots=WINDOWS)
def test_depth_is_the_sum_of_live_orders_and_touch_the_best_of_them(
    records: NDArray[np.void], n_slots: int
) -> None:
    kernel, _ = both(records, n_slots)
    assert_depth_is_the_sum_of_live_orders(kernel)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n_slots", [64, 512])
def test_the_books_agree_all_along_a_wandering_market(seed: int, n_slots: int) -> None:
    records = walk(seed, 3_000, jump=0.01)
    for end in range(500, len(records) + 1, 500):
        kernel, plain = both(records[:end], n_slots)
        assert_same_book(kernel, plain)
        assert_depth_is_the_sum_of_live_orders(kernel)


@given(records=streams(), n_slots=WINDOWS)
def test_where_the_window_lies_changes_nothing(records: NDArray[np.void], n_slots: int) -> None:
    kernel, plain = both(records, n_slots)
    kernel.reanchor_to_bbo()
    assert_same_book(kernel, plain)
    if plain.touch():
        bid, ask = plain.touch() or (0, 0)
        assert kernel.anchor_tick == bid + (ask - bid) // 2


@given(records=streams(), more=streams(max_events=20), n_slots=WINDOWS)
def test_a_book_goes_on_from_its_checkpoint(
    records: NDArray[np.void], more: NDArray[np.void], n_slots: int
) -> None:
    straight, _ = both(records, n_slots)
    restored = OrderBook(TICK, 64)
    restored.import_state(straight.export_state())
    for book in (straight, restored):
        book.apply_records(more)
    np.testing.assert_array_equal(restored.orders(), straight.orders())
    assert restored.counters() == straight.counters()
    assert_depth_is_the_sum_of_live_orders(restored)


def test_the_map_of_orders_survives_growth_and_deletion() -> None:
    """More orders than the map first holds, ids that cluster, deleted in another order than they came."""
    records = walk(seed=99, n=200, mess=0.0)[:1].repeat(30_000)
    records["order_id"] = np.arange(30_000, dtype=np.uint64) * np.uint64(1 << 40)
    records["action"], records["side"], records["size"] = ord("A"), ord("B"), 3
    records["price"] = (np.arange(30_000) % 700) * TICK
    cancels = records[np.random.default_rng(5).permutation(30_000)[:20_000]].copy()
    cancels["action"] = ord("C")
    kernel, plain = both(np.concatenate([records, cancels]), 512)
    assert_same_book(kernel, plain)
    assert kernel.order_count == 10_000


@pytest.mark.parametrize(
    ("tick_int", "n_slots"), [(15, 512), (0, 512), (-5, 512), (TICK, 0), (TICK, 100), (TICK, -64)]
)
def test_impossible_sizes_are_refused(tick_int: int, n_slots: int) -> None:
    with pytest.raises(ValueError, match=r"tick_int must be|n_absolute_ticks must be"):
        OrderBook(tick_int, n_slots)
