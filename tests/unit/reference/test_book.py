"""The plain book, rule by rule, against cases worked out by hand."""

from __future__ import annotations

import pytest

from qmcore.reference.book import ASK, BID, Effect, Order, ReferenceBook, tick_of
from qmcore.reference.records import MboRecord, read_records
from tests.streams.tape import LAST, MAYBE_BAD, SNAPSHOT, TICK, UNDEFINED_PRICE, Tape


def replay(tape: Tape) -> tuple[ReferenceBook, list[tuple[Effect, ...]]]:
    """The book after a tape, and the effects of every record; groups end at F_LAST only."""
    book = ReferenceBook(TICK)
    effects = []
    for event_id, record in enumerate(read_records(tape.records()), start=1):
        effects.append(book.apply(record, event_id))
        if record.is_last:
            book.end_group(after_last=True)
    return book, effects


def anomalies(book: ReferenceBook) -> dict[str, int]:
    """The counters that are not zero."""
    return {name: n for name, n in book.counters().items() if n}


def order_of(book: ReferenceBook, order_id: int) -> Order:
    return book.orders[order_id]


@pytest.mark.parametrize(
    ("price", "tick"),
    [(0, 0), (4, 0), (5, 1), (14, 1), (15, 2), (-4, 0), (-5, 0), (-6, -1), (-15, -1), (-16, -2), (-10, -1)],
)
def test_a_price_goes_to_the_nearest_tick_half_up(price: int, tick: int) -> None:
    assert tick_of(price, tick_int=10) == tick


@pytest.mark.parametrize(("price", "tick"), [(2, 0), (3, 1), (-2, 0), (-3, -1), (7, 1), (8, 2)])
def test_an_odd_tick_size_has_no_halves(price: int, tick: int) -> None:
    assert tick_of(price, tick_int=5) == tick


def test_adds_join_the_depth_of_their_side() -> None:
    book, effects = replay(Tape().add(1, "B", 100, 5).add(2, "B", 100, 3).add(3, "A", 101, 7))
    assert book.depth(BID, 100) == 8
    assert book.touch() == (100, 101)
    assert effects == [
        (Effect(100, add=5, d_bid=5),),
        (Effect(100, add=3, d_bid=3),),
        (Effect(101, add=7, d_ask=7),),
    ]


def test_a_cancel_can_be_partial() -> None:
    book, effects = replay(Tape().add(1, "B", 100, 5).cancel(1, 2))
    assert order_of(book, 1).size == 3
    assert effects[-1] == (Effect(100, pull=2, d_bid=-2),)
    assert not anomalies(book)


def test_an_order_is_gone_at_zero() -> None:
    book, _ = replay(Tape().add(1, "B", 100, 5).cancel(1, 2).cancel(1, 3))
    assert book.orders == {}
    assert book.levels(BID, 5) == []


def test_an_over_cancel_removes_what_is_left_and_counts() -> None:
    book, effects = replay(Tape().add(1, "A", 100, 5).cancel(1, 9))
    assert book.orders == {}
    assert effects[-1] == (Effect(100, pull=5, d_ask=-5),)
    assert anomalies(book) == {"over_cancel": 1}


def test_a_fill_does_not_touch_depth_and_the_cancel_behind_it_is_no_pull() -> None:
    book, effects = replay(Tape().add(1, "A", 100, 5).trade("B", 100, 3).fill(1, 3).cancel(1, 3))
    assert effects[1:] == [(), (Effect(100, fill=3),), (Effect(100, d_ask=-3),)]
    assert order_of(book, 1) == Order(1, ASK, 100, size=2, pending=0, priority=1)


def test_a_cancel_beyond_the_pending_fills_pulls_the_difference() -> None:
    _, effects = replay(Tape().add(1, "A", 100, 10).fill(1, 3).cancel(1, 5).cancel(1, 2))
    assert effects[2:] == [(Effect(100, pull=2, d_ask=-5),), (Effect(100, pull=2, d_ask=-2),)]


def test_a_cancel_smaller_than_the_pending_fills_leaves_the_rest_pending() -> None:
    _, effects = replay(Tape().add(1, "A", 100, 10).fill(1, 5).cancel(1, 3).cancel(1, 4))
    assert effects[2:] == [(Effect(100, d_ask=-3),), (Effect(100, pull=2, d_ask=-4),)]


def test_a_cancel_before_its_fill_is_a_pull() -> None:
    book, effects = replay(Tape().add(1, "A", 100, 5).cancel(1, 3).fill(1, 3))
    assert effects[1:] == [(Effect(100, pull=3, d_ask=-3),), (Effect(100, fill=3),)]
    assert order_of(book, 1).pending == 3


def test_a_decreasing_modify_settles_fills_and_clears_what_is_left_of_them() -> None:
    book, effects = replay(Tape().add(1, "B", 100, 10).fill(1, 4).modify(1, "B", 100, 7).cancel(1, 2))
    assert effects[2:] == [(Effect(100, d_bid=-3),), (Effect(100, pull=2, d_bid=-2),)]
    assert order_of(book, 1).pending == 0


def test_a_decreasing_modify_pulls_what_no_fill_explains() -> None:
    _, effects = replay(Tape().add(1, "B", 100, 10).fill(1, 2).modify(1, "B", 100, 5))
    assert effects[-1] == (Effect(100, pull=3, d_bid=-5),)


def test_an_increasing_modify_adds_the_increase_and_clears_pending_fills() -> None:
    book, effects = replay(Tape().add(1, "B", 100, 10).fill(1, 2).modify(1, "B", 100, 14))
    assert effects[-1] == (Effect(100, add=4, d_bid=4),)
    assert order_of(book, 1).pending == 0


def test_a_modify_without_change_clears_pending_fills() -> None:
    _, effects = replay(Tape().add(1, "B", 100, 10).fill(1, 2).modify(1, "B", 100, 10).cancel(1, 2))
    assert not any(effects[2][0][1:])
    assert effects[3] == (Effect(100, pull=2, d_bid=-2),)


def test_a_modify_that_moves_price_pulls_the_old_tick_less_its_fills_and_adds_at_the_new() -> None:
    book, effects = replay(Tape().add(1, "B", 100, 10).fill(1, 4).modify(1, "B", 98, 6))
    assert effects[-1] == (Effect(100, pull=6, d_bid=-10), Effect(98, add=6, d_bid=6))
    assert order_of(book, 1) == Order(1, BID, 98, size=6, pending=0, priority=3)
    assert book.levels(BID, 5) == [(98, 6)]


def test_a_modify_to_another_side_moves_the_order() -> None:
    book, effects = replay(Tape().add(1, "B", 100, 10).modify(1, "A", 100, 10))
    assert effects[-1] == (Effect(100, pull=10, d_bid=-10), Effect(100, add=10, d_ask=10))
    assert book.levels(ASK, 5) == [(100, 10)]
    assert book.levels(BID, 5) == []


@pytest.mark.parametrize("side", ["N", "?"])
def test_a_modify_without_a_side_keeps_the_orders_side(side: str) -> None:
    book, _ = replay(Tape().add(1, "B", 100, 10).modify(1, side, 99, 4))
    assert book.levels(BID, 5) == [(99, 4)]
    assert not anomalies(book)


def test_a_modify_to_zero_cancels_at_the_old_tick_wherever_it_points() -> None:
    book, effects = replay(Tape().add(1, "B", 100, 10).fill(1, 4).modify(1, "B", 97, 0))
    assert effects[-1] == (Effect(100, pull=6, d_bid=-10),)
    assert book.orders == {}
    assert 97 not in book.last_event_id


def test_an_unknown_modify_inserts() -> None:
    book, effects = replay(Tape().modify(1, "B", 100, 10))
    assert effects == [(Effect(100, add=10, d_bid=10),)]
    assert anomalies(book) == {"unknown_order": 1}


def test_an_unknown_modify_to_zero_only_counts() -> None:
    book, effects = replay(Tape().modify(1, "B", 100, 0))
    assert (effects, book.orders, book.last_event_id) == ([()], {}, {})
    assert anomalies(book) == {"unknown_order": 1}


def test_an_unknown_modify_without_a_side_is_skipped() -> None:
    book, effects = replay(Tape().modify(1, "N", 100, 10))
    assert (effects, book.orders) == ([()], {})
    assert anomalies(book) == {"unknown_order": 1, "invalid_side": 1}


def test_unknown_cancels_and_fills_only_count() -> None:
    book, effects = replay(Tape().cancel(1, 3).fill(1, 3))
    assert (effects, book.last_event_id) == ([(), ()], {})
    assert anomalies(book) == {"unknown_order": 1, "unknown_fill": 1}


def test_a_duplicate_add_replaces_the_order_as_a_modify_would() -> None:
    book, effects = replay(Tape().add(1, "B", 100, 10).fill(1, 3).add(1, "B", 100, 4))
    assert effects[-1] == (Effect(100, pull=3, d_bid=-6),)
    assert order_of(book, 1) == Order(1, BID, 100, size=4, pending=0, priority=1)
    assert anomalies(book) == {"duplicate_add": 1}


def test_an_add_of_nothing_is_ignored() -> None:
    book, _ = replay(Tape().add(1, "B", 100, 0))
    assert book.orders == {}
    assert anomalies(book) == {"zero_size_add": 1}


def test_an_add_without_a_side_is_skipped() -> None:
    book, _ = replay(Tape().add(1, "N", 100, 5))
    assert book.orders == {}
    assert anomalies(book) == {"invalid_side": 1}


@pytest.mark.parametrize("action", ["A", "M"])
def test_an_undefined_price_is_skipped_before_anything_else(action: str) -> None:
    tape = Tape().add(1, "B", 100, 5).put(action, 1, "N", price=UNDEFINED_PRICE, size=9)
    book, _ = replay(tape)
    assert order_of(book, 1).size == 5
    assert anomalies(book) == {"undefined_price": 1}


def test_off_tick_prices_count_on_adds_and_modifies_only() -> None:
    tape = (
        Tape().put("A", 1, "B", price=100 * TICK + 1, size=5).put("M", 1, "B", price=100 * TICK - 1, size=5)
    )
    tape.put("C", 1, "B", price=100 * TICK - 1, size=1).put("T", 0, "B", price=100 * TICK - 1, size=1)
    book, _ = replay(tape)
    assert book.levels(BID, 5) == [(100, 4)]
    assert anomalies(book) == {"off_tick_price": 2}


def test_trades_and_nothings_have_no_effect() -> None:
    book, effects = replay(Tape().add(1, "B", 100, 5).trade("A", 100, 5).put("N"))
    assert effects[1:] == [(), ()]
    assert book.levels(BID, 1) == [(100, 5)]


def test_an_unknown_action_counts() -> None:
    book, _ = replay(Tape().put("?"))
    assert anomalies(book) == {"unknown_action": 1}


@pytest.mark.parametrize("flags", [LAST, LAST | SNAPSHOT])
def test_a_clear_removes_everything_with_and_without_the_snapshot_flag(flags: int) -> None:
    tape = Tape().add(1, "B", 100, 5).add(2, "A", 102, 5).fill(1, 2).clear(flags=flags).add(1, "B", 90, 1)
    book, effects = replay(tape)
    assert effects[3] == ()
    assert list(book.orders) == [1]
    assert order_of(book, 1).pending == 0
    assert book.touch() is None
    assert book.last_event_id == {100: 4, 102: 4, 90: 5}


def test_pending_fills_saturate() -> None:
    book, _ = replay(Tape().add(1, "B", 100, 5).fill(1, 2**32 - 1).fill(1, 7))
    assert order_of(book, 1).pending == 2**32 - 1


def test_priority_is_kept_at_the_same_place_with_size_not_increased() -> None:
    tape = Tape().add(1, "B", 100, 5).add(2, "B", 100, 5).add(3, "B", 100, 5)
    assert replay(tape)[0].queue(BID, 100) == [1, 2, 3]
    assert replay(tape.modify(1, "B", 100, 4))[0].queue(BID, 100) == [1, 2, 3]
    assert replay(tape.modify(1, "B", 100, 5))[0].queue(BID, 100) == [2, 3, 1]
    assert replay(tape.modify(2, "B", 99, 5).modify(2, "B", 100, 5))[0].queue(BID, 100) == [3, 1, 2]
    assert replay(tape.cancel(3, 1))[0].queue(BID, 100) == [3, 1, 2]


def test_a_level_shows_the_best_first() -> None:
    tape = (
        Tape()
        .add(1, "B", 98, 1)
        .add(2, "B", 100, 2)
        .add(3, "A", 105, 3)
        .add(4, "A", 103, 4)
        .add(5, "B", 98, 5)
    )
    book, _ = replay(tape)
    assert book.levels(BID, 5) == [(100, 2), (98, 6)]
    assert book.levels(ASK, 1) == [(103, 4)]


def test_the_book_is_examined_only_after_f_last() -> None:
    uncrossed_in_time = Tape().add(1, "B", 100, 1).add(2, "A", 100, 1, flags=0).cancel(2, 1)
    assert not anomalies(replay(uncrossed_in_time)[0])
    assert anomalies(replay(Tape().add(1, "B", 100, 1).add(2, "A", 100, 1))[0]) == {"crossed_book": 1}


def test_a_crossed_book_has_no_touch() -> None:
    book, _ = replay(Tape().add(1, "B", 101, 1).add(2, "A", 100, 1))
    assert (book.best_tick(BID), book.best_tick(ASK), book.touch()) == (101, 100, None)


def test_last_event_id_is_the_last_record_applied_at_the_tick() -> None:
    tape = (
        Tape().add(1, "B", 100, 5).add(2, "B", 99, 5).fill(1, 1).modify(2, "B", 98, 5).cancel(9, 1).fill(9, 1)
    )
    assert replay(tape)[0].last_event_id == {100: 3, 99: 4, 98: 4}


def bad_book(*records: MboRecord) -> ReferenceBook:
    book = ReferenceBook(TICK)
    for event_id, record in enumerate(records, start=1):
        book.apply(record, event_id)
        if record.is_last:
            book.end_group(after_last=True)
    return book


@pytest.mark.parametrize(
    ("tape", "suspect"),
    [
        (Tape().put("N", flags=LAST | MAYBE_BAD), True),
        (Tape().put("N", flags=LAST | MAYBE_BAD).clear(), True),
        (Tape().put("N", flags=LAST | MAYBE_BAD).add(1, "B", 1, 1, flags=LAST | SNAPSHOT), True),
        (Tape().put("N", flags=LAST | MAYBE_BAD).clear().add(1, "B", 1, 1, flags=LAST | SNAPSHOT), False),
        (
            Tape().put("N", flags=LAST | MAYBE_BAD).clear(flags=SNAPSHOT).add(1, "B", 1, 1, flags=SNAPSHOT),
            True,
        ),
        (Tape().put("N", flags=LAST | MAYBE_BAD).clear(flags=LAST | SNAPSHOT), False),
        (Tape().clear(flags=LAST | SNAPSHOT | MAYBE_BAD), False),
        (Tape().clear().add(1, "B", 1, 1, flags=LAST | SNAPSHOT | MAYBE_BAD), True),
    ],
)
def test_a_bad_book_is_suspect_until_a_clear_and_a_whole_snapshot(tape: Tape, suspect: bool) -> None:
    book = bad_book(*read_records(tape.records()))
    assert book.suspect is suspect
    assert book.counters()["maybe_bad_book"] == 1


def test_a_book_that_turns_bad_again_needs_another_clear() -> None:
    tape = Tape().put("N", flags=LAST | MAYBE_BAD).clear().put("N", flags=LAST | MAYBE_BAD)
    tape.add(1, "B", 1, 1, flags=LAST | SNAPSHOT)
    assert bad_book(*read_records(tape.records())).suspect


def test_apply_records_ends_groups_by_the_clock_too() -> None:
    tape = Tape().put("N", flags=LAST | MAYBE_BAD).clear(flags=SNAPSHOT).add(1, "B", 1, 1, flags=SNAPSHOT)
    book = ReferenceBook(TICK)
    book.apply_records(tape.records())
    assert book.suspect
    book.apply_records(Tape(5).add(2, "B", 1, 1).records())
    assert not book.suspect
    assert anomalies(book) == {"maybe_bad_book": 1, "unterminated_groups": 1}
