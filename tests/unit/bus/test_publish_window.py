"""What of a grid stream is under way: acknowledgements, trouble, bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmcore.bus import LogLost, Outgoing, PublishWindow
from qmcore.contracts.bus_messages import GridKind


def message(sequence: int, size: int = 1) -> Outgoing:
    return Outgoing(sequence, GridKind.BIN, b"x" * size)


def window(last: int = 0, *, messages: int = 100, size: int = 10_000) -> PublishWindow:
    return PublishWindow("a", last, max_messages=messages, max_bytes=size)


def test_one_acknowledgement_stands_for_everything_before_it() -> None:
    under_way = window()
    for sequence in range(1, 11):
        assert under_way.offer(message(sequence))
    under_way.acknowledge(7)
    assert under_way.acknowledged == 7
    assert [m.sequence for m in under_way.resume(7)] == [8, 9, 10]


def test_what_is_stored_already_need_not_be_sent() -> None:
    under_way = window(last=5)
    assert not under_way.offer(message(4))
    assert not under_way.offer(message(5))
    assert under_way.offer(message(6))
    assert under_way.next_offered == 7


def test_a_hole_is_refused() -> None:
    with pytest.raises(ValueError, match="sequence 8 offered after 5"):
        window(last=5).offer(message(8))


def test_is_bounded_in_messages_and_bytes_but_always_takes_one() -> None:
    by_count = window(messages=2)
    by_count.offer(message(1))
    assert not by_count.full
    by_count.offer(message(2))
    assert by_count.full
    by_bytes = window(size=10)
    assert not by_bytes.full
    by_bytes.offer(message(1, size=1000))
    assert by_bytes.full
    by_bytes.acknowledge(1)
    assert not by_bytes.full
    assert by_bytes.empty


def test_after_trouble_what_another_worker_stored_counts_as_stored() -> None:
    under_way = window()
    for sequence in range(1, 5):
        under_way.offer(message(sequence))
    assert under_way.resume(9) == ()
    assert under_way.next_offered == 10


def test_a_stream_that_is_shorter_than_what_it_acknowledged_is_lost() -> None:
    under_way = window()
    under_way.offer(message(1))
    under_way.offer(message(2))
    under_way.acknowledge(2)
    with pytest.raises(LogLost, match="ends at 1, but 2 was already acknowledged"):
        under_way.resume(1)


@given(st.lists(st.tuples(st.sampled_from(["send", "ack", "trouble"]), st.floats(0, 1)), max_size=200))
def test_whatever_is_lost_on_the_way_the_stream_has_no_hole_and_no_message_twice(
    steps: list[tuple[str, float]],
) -> None:
    """A broker that keeps messages only in sequence, and loses any number of them on the way."""
    under_way = window(messages=8)
    stored: list[int] = []
    flying: list[int] = []
    for kind, share in steps:
        if kind == "send" and not under_way.full:
            sequence = under_way.next_offered
            under_way.offer(message(sequence))
            flying.append(sequence)
        elif kind == "ack":
            for sequence in flying:
                if sequence == len(stored) + 1:
                    stored.append(sequence)
            flying.clear()
            if share > 0.3:
                under_way.acknowledge(len(stored))
        elif kind == "trouble":
            flying.clear()  # the connection is gone, and what was in it
            flying += [m.sequence for m in under_way.resume(len(stored))]
    assert stored == list(range(1, len(stored) + 1))
    assert under_way.acknowledged <= len(stored)
