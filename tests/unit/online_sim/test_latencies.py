"""The histogram of durations: against sorted numbers."""

from __future__ import annotations

import math
import sys

from hypothesis import given
from hypothesis import strategies as st

from qm_harness.online_sim.latencies import Latencies

DURATIONS = st.lists(st.integers(0, 10**6) | st.integers(0, 2**62), min_size=1, max_size=200)


def of(durations: list[int]) -> Latencies:
    made = Latencies()
    for duration in durations:
        made.add(duration)
    return made


@given(DURATIONS, st.floats(0, 1))
def test_a_percentile_is_that_of_sorted_durations_to_four_tenths_of_a_percent(durations, share):
    exact = sorted(durations)[max(1, math.ceil(share * len(durations))) - 1]
    found = of(durations).percentile(share)
    assert found is not None
    assert abs(found - exact) <= 0.004 * exact
    assert found <= max(durations)


@given(DURATIONS)
def test_count_sum_and_maximum_are_exact(durations):
    made = of(durations)
    assert (made.count, made.total_ns, made.max_ns) == (len(durations), sum(durations), max(durations))


def test_small_durations_are_exact():
    assert [of([n]).percentile(0.5) for n in range(256)] == list(range(256))


def test_nothing_has_no_percentile_and_less_than_nothing_is_zero():
    assert Latencies().percentile(0.5) is None
    assert of([-5]).percentile(1.0) == 0


def test_memory_does_not_grow_with_what_is_counted():
    made = Latencies()
    before = sum(sys.getsizeof(value) for value in vars(made).values())
    for n in range(100_000):
        made.add(n * 997)
    assert sum(sys.getsizeof(value) for value in vars(made).values()) <= before + 64
