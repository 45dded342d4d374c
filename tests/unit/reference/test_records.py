"""The clock and the event groups, by hand."""

from __future__ import annotations

import pytest

from qmcore.reference.records import GroupClock, read_records
from tests.streams.tape import LAST, SNAPSHOT, UNDEFINED_TIME, Tape


def cuts(tape: Tape) -> tuple[list[bool], GroupClock]:
    """For each record, whether the group that was open ends before it; and the clock at the end."""
    clock, ended = GroupClock(), []
    for record in read_records(tape.records()):
        ended.append(clock.observe(record))
        clock.join(record)
    return ended, clock


def test_a_group_ends_with_f_last() -> None:
    ended, clock = cuts(Tape(10).add(1, "B", 1, 1, flags=0).add(2, "B", 1, 1).add(3, "B", 1, 1, after=5))
    assert ended == [False, False, False]
    assert (clock.unterminated_groups, clock.now_ns, clock.group_is_open) == (0, 15, False)


def test_a_group_ends_where_the_clock_advances() -> None:
    ended, clock = cuts(
        Tape(10).add(1, "B", 1, 1, flags=0).add(2, "B", 1, 1, flags=0).add(3, "B", 1, 1, after=1)
    )
    assert ended == [False, False, True]
    assert clock.unterminated_groups == 1


@pytest.mark.parametrize(("first", "second"), [(SNAPSHOT, 0), (0, SNAPSHOT)])
def test_a_group_ends_where_the_snapshot_flag_changes(first: int, second: int) -> None:
    ended, clock = cuts(Tape(10).add(1, "B", 1, 1, flags=first).add(2, "B", 1, 1, flags=second))
    assert ended == [False, True]
    assert clock.unterminated_groups == 1
    assert clock.group_is_open


def test_a_snapshots_time_is_ts_recv() -> None:
    _, clock = cuts(Tape(10).add(1, "B", 1, 1, flags=SNAPSHOT))
    assert clock.now_ns == 10


@pytest.mark.parametrize("strange_ns", [9, 0, 2**63, UNDEFINED_TIME])
@pytest.mark.parametrize("flags", [LAST, LAST | SNAPSHOT])
def test_the_clock_holds_where_time_is_behind_or_undefined(strange_ns: int, flags: int) -> None:
    ended, clock = cuts(Tape(10).put("N").put("N", at=strange_ns, flags=flags))
    assert ended == [False, False]
    assert (clock.now_ns, clock.clock_clamps) == (10, 1)


def test_a_held_record_stays_in_its_group() -> None:
    ended, clock = cuts(Tape(10).put("N", flags=0).put("N", at=3, flags=0).put("N", at=10))
    assert ended == [False, False, False]
    assert clock.unterminated_groups == 0


def test_the_largest_defined_time_is_taken() -> None:
    _, clock = cuts(Tape(10).put("N", at=2**63 - 1))
    assert (clock.now_ns, clock.clock_clamps) == (2**63 - 1, 0)


def test_a_record_that_does_not_join_leaves_no_group_behind() -> None:
    clock = GroupClock()
    (record,) = read_records(Tape(10).put("N", flags=0).records())
    clock.observe(record)
    assert not clock.end_of_file()
    clock.join(record)
    assert clock.end_of_file()
    assert clock.counters() == {"clock_clamps": 0, "unterminated_groups": 1}
