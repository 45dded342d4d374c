"""What an engine does with a message of its feed."""

from __future__ import annotations

from qm_engine.feed_cursor import FeedCursor, Verdict
from qmcore.contracts.bus_messages import BatchHeader, BatchKind


def batch(
    epoch: int, number: int, first: int, count: int = 10, kind: BatchKind = BatchKind.RECORDS
) -> BatchHeader:
    return BatchHeader(kind, epoch, number, first, count, 0, 0)


def test_batches_in_order_are_used() -> None:
    cursor = FeedCursor(lease_epoch=1, first_event_index=100)
    epoch = cursor.new_feed()
    assert cursor.receive(batch(epoch, 0, 100), 0.0) is Verdict.USE
    assert cursor.receive(batch(epoch, 1, 110), 0.0) is Verdict.USE
    assert cursor.next_index == 120


def test_repeated_batches_and_older_feeds_are_ignored() -> None:
    cursor = FeedCursor(1, 0)
    old = cursor.new_feed()
    new = cursor.new_feed()
    assert new > old
    assert cursor.receive(batch(old, 0, 0), 0.0) is Verdict.IGNORE
    assert cursor.receive(batch(new, 0, 0), 0.0) is Verdict.USE
    assert cursor.receive(batch(new, 0, 0), 0.0) is Verdict.IGNORE


def test_a_gap_is_said_once_and_the_rest_of_the_feed_is_ignored() -> None:
    cursor = FeedCursor(1, 0)
    epoch = cursor.new_feed()
    assert cursor.receive(batch(epoch, 0, 0), 0.0) is Verdict.USE
    assert cursor.receive(batch(epoch, 2, 20), 0.0) is Verdict.ASK_AGAIN
    assert cursor.receive(batch(epoch, 3, 30), 0.0) is Verdict.IGNORE
    assert cursor.receive(batch(cursor.new_feed(), 0, 10), 0.0) is Verdict.USE


def test_a_feed_that_starts_at_the_wrong_record_is_asked_for_again() -> None:
    cursor = FeedCursor(1, 50)
    assert cursor.receive(batch(cursor.new_feed(), 0, 40), 0.0) is Verdict.ASK_AGAIN


def test_a_worker_that_goes_down_hands_its_feed_over() -> None:
    cursor = FeedCursor(1, 0)
    epoch = cursor.new_feed()
    assert cursor.receive(batch(epoch, 0, 0, 0, BatchKind.HANDOVER), 0.0) is Verdict.ASK_AGAIN


def test_the_end_and_a_failure_are_used_like_batches() -> None:
    cursor = FeedCursor(1, 0)
    epoch = cursor.new_feed()
    assert cursor.receive(batch(epoch, 0, 0), 0.0) is Verdict.USE
    assert cursor.receive(batch(epoch, 2, 10, 0, BatchKind.EOF), 0.0) is Verdict.ASK_AGAIN, (
        "a batch is missing"
    )
    epoch = cursor.new_feed()
    assert cursor.receive(batch(epoch, 0, 10, 0, BatchKind.FAILURE), 0.0) is Verdict.USE


def test_heartbeats_keep_a_feed_alive() -> None:
    cursor = FeedCursor(1, 0)
    epoch = cursor.new_feed()
    assert not cursor.silent(100.0), "nobody has accepted it yet"
    cursor.feeding(100.0)
    assert not cursor.silent(101.9)
    assert cursor.receive(batch(epoch, 0, 0, 0, BatchKind.HEARTBEAT), 101.9) is Verdict.IGNORE
    assert not cursor.silent(103.8)
    assert cursor.silent(104.0)


def test_a_later_worker_and_a_later_attempt_have_later_epochs() -> None:
    epochs = []
    for cursor in (
        FeedCursor(1, 0),
        FeedCursor(1, 0, attempt=1),
        FeedCursor(1, 0, attempt=2),
        FeedCursor(2, 0),
    ):
        epochs += [cursor.new_feed() for _ in range(1000)]
    assert epochs == sorted(set(epochs))
