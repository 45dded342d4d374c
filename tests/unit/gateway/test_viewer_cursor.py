"""Which bin a viewer gets next, what it loses, and when it is too slow."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qm_gateway.viewer_cursor import Step, ViewerCursor


def cursor(first: int = 0, backfill_through: int = -1, queue_bins: int = 4) -> ViewerCursor:
    return ViewerCursor(
        first=first, backfill_through=backfill_through, queue_bins=queue_bins, slow_close_s=10.0
    )


def drain(of: ViewerCursor, head: int) -> list[Step]:
    taken = []
    while (step := of.take(head)) is not None:
        taken.append(step)
    return taken


def test_bins_from_before_the_viewer_came_are_backfill() -> None:
    late = cursor(first=5, backfill_through=7)
    assert late.observe(tail=5, head=9, now_s=0.0)
    assert [(s.bin_seq, s.backfill) for s in drain(late, 9)] == [
        (5, True),
        (6, True),
        (7, True),
        (8, False),
        (9, False),
    ]


def test_a_viewer_that_catches_up_may_be_as_far_behind_as_the_ring() -> None:
    late = cursor(first=0, backfill_through=99, queue_bins=4)
    assert late.observe(tail=0, head=150, now_s=0.0)
    assert late.next_bin == 0
    assert late.lost == 0


def test_a_live_viewer_loses_the_oldest_and_is_told_in_the_next_bin() -> None:
    live = cursor(queue_bins=4)
    live.observe(0, 0, 0.0)
    assert drain(live, 0) == [Step(0, backfill=False, dropped=0)]
    live.observe(0, 10, 1.0)
    assert live.take(10) == Step(7, backfill=False, dropped=6)
    assert live.take(10) == Step(8, backfill=False, dropped=0)
    assert live.lost == 6


def test_what_it_loses_while_it_takes_nothing_adds_up() -> None:
    live = cursor(queue_bins=4)
    for head in range(20):
        live.observe(0, head, 0.1 * head)
    assert live.take(19) == Step(16, backfill=False, dropped=16)


def test_is_closed_when_it_stays_behind_and_forgiven_when_it_catches_up() -> None:
    live = cursor(queue_bins=4)
    assert live.observe(0, 10, now_s=0.0)
    assert live.observe(0, 11, now_s=9.9)
    drain(live, 11)
    assert live.observe(0, 30, now_s=12.0)
    assert live.observe(0, 40, now_s=21.9)
    assert not live.observe(0, 41, now_s=22.0)


def test_a_viewer_that_is_only_a_little_behind_is_never_closed() -> None:
    live = cursor(queue_bins=4)
    for head in range(1000):
        assert live.observe(max(0, head - 600), head, float(head))
        if head > 2:
            live.take(head)
    assert live.lost == 0


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6)), max_size=100),
    st.integers(0, 20),
    st.integers(-1, 30),
    st.integers(1, 10),
)
def test_every_bin_is_either_sent_once_or_counted_as_lost(
    moves: list[tuple[int, int]], first: int, backfill_through: int, queue_bins: int
) -> None:
    viewer = cursor(first, backfill_through, queue_bins)
    head = max(first - 1, backfill_through)
    seen: list[int] = []
    told = 0
    for new_bins, room in moves:
        head += new_bins
        viewer.observe(max(0, head - 40), head, 0.0)
        for _ in range(room):
            step = viewer.take(head)
            if step is None:
                break
            told += step.dropped
            seen.append(step.bin_seq)
            assert step.bin_seq == first + told + len(seen) - 1
            assert step.backfill == (step.bin_seq <= backfill_through)
    assert seen == sorted(set(seen))
    assert told <= viewer.lost
    assert viewer.next_bin == first + len(seen) + viewer.lost
