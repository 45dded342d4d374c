"""Where a paced feed may be, and where it is cut."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qm_replay.pacing import LONGEST_CUT_S, PaceClock
from qmcore.contracts.bus_messages import Pace

START = 1_738_593_000_000_000_000
MS = 1_000_000


def clock(speed: float = 1.0, cell_ms: int = 100) -> PaceClock:
    made = PaceClock(Pace(speed=speed), start_ns=START, cell_width_ns=cell_ms * MS)
    made.start(START, 1000.0)
    return made


def cuts(of: PaceClock, count: int, position: int = START) -> list[int]:
    found = []
    for _ in range(count):
        position = of.next_cut(position)
        found.append(position)
    return found


def test_at_1x_a_bin_of_100_ms_is_cut_five_times() -> None:
    assert [(c - START) // MS for c in cuts(clock(), 6)] == [20, 40, 60, 80, 100, 120]


def test_a_bin_that_20_ms_do_not_divide_is_cut_at_its_end_all_the_same() -> None:
    found = cuts(clock(cell_ms=50), 6)
    assert [c for c in found if (c - START) % (50 * MS) == 0] == [START + 50 * MS, START + 100 * MS]
    assert all(b - a <= 20 * MS for a, b in zip([START, *found], found, strict=False))


def test_a_short_bin_is_one_cut() -> None:
    assert [(c - START) // MS for c in cuts(clock(cell_ms=5), 3)] == [5, 10, 15]


def test_bins_that_follow_each_other_too_fast_are_cut_together() -> None:
    found = cuts(clock(speed=1000.0), 3)
    assert [(c - START) // (100 * MS) for c in found] == [20, 40, 60]


@given(
    speed=st.floats(0.01, 10_000),
    cell_ms=st.integers(1, 60_000),
    position=st.integers(START - 10**12, START + 10**12),
)
def test_cuts_go_forward_meet_every_bin_end_or_whole_bins_and_come_soon(
    speed: float, cell_ms: int, position: int
) -> None:
    of = clock(speed, cell_ms)
    cut = of.next_cut(position)
    assert cut > position
    cell = cell_ms * MS
    bin_end = position - (position - START) % cell + cell
    within_a_bin = cell / (1e9 * speed) >= 0.002
    assert cut <= bin_end if within_a_bin else (cut - START) % cell == 0
    assert (cut - position) / (1e9 * speed) <= max(LONGEST_CUT_S, 0.004) * 1.001 + 1e-9


def test_is_due_in_step_with_the_wall() -> None:
    assert clock().due_s(START + 250 * MS) == pytest.approx(1000.25)
    assert clock(speed=10.0).due_s(START + 250 * MS) == pytest.approx(1000.025)


def test_nothing_is_due_while_paused_and_it_goes_on_from_where_it_was() -> None:
    of = clock()
    of.set_pace(Pace(speed=1.0, paused=True), START + 100 * MS, 1000.1)
    assert math.isinf(of.due_s(START + 120 * MS))
    of.set_pace(Pace(speed=2.0), START + 100 * MS, 1500.0)
    assert of.due_s(START + 120 * MS) == pytest.approx(1500.01)


def test_as_fast_as_possible_is_unlimited_unless_paused() -> None:
    of = PaceClock(Pace(speed="max"), start_ns=START, cell_width_ns=100 * MS)
    of.start(START, 5.0)
    assert of.unlimited
    assert of.due_s(START + 10**15) == 5.0
    of.set_pace(Pace(speed="max", paused=True), START, 6.0)
    assert not of.unlimited


def test_a_feed_that_is_late_by_more_than_a_second_slips_instead_of_bursting() -> None:
    of = clock()
    of.slip(START + 100 * MS, 1000.9)
    assert of.due_s(START + 100 * MS) == pytest.approx(1000.1)
    of.slip(START + 100 * MS, 1001.2)
    assert of.due_s(START + 100 * MS) == pytest.approx(1001.2)
