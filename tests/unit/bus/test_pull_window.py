"""How many messages a reader asks for, and when its consumer counts as lost."""

from __future__ import annotations

from qmcore.bus import PullWindow


def test_asks_for_the_whole_batch_at_first_and_then_when_half_of_it_is_free() -> None:
    window = PullWindow(batch=8, silence_s=2.5, now_s=0.0)
    assert window.to_request(0.0) == 8
    assert window.to_request(0.0) == 0
    for _ in range(4):
        window.delivered(0.1)
    assert window.to_request(0.2) == 0, "nobody has taken anything yet"
    window.taken(4)
    assert window.to_request(0.3) == 4


def test_never_more_than_a_batch_is_asked_for_or_waits() -> None:
    window = PullWindow(batch=4, silence_s=2.5, now_s=0.0)
    asked = waiting = 0
    for step in range(200):
        asked += window.to_request(step / 100)
        assert asked + waiting <= 4
        if asked:
            window.delivered(step / 100)
            asked, waiting = asked - 1, waiting + 1
        if step % 3 == 0 and waiting:
            window.taken(waiting)
            waiting = 0


def test_what_an_expired_request_did_not_serve_is_asked_for_again() -> None:
    window = PullWindow(batch=8, silence_s=2.5, now_s=0.0)
    window.to_request(0.0)
    window.delivered(1.0)
    window.taken(1)
    window.expired(unserved=7, now_s=30.0)
    assert window.to_request(30.0) == 8


def test_is_silent_only_while_something_is_asked_for() -> None:
    window = PullWindow(batch=1, silence_s=2.5, now_s=0.0)
    assert not window.silent(100.0)
    window.to_request(100.0)
    assert not window.silent(102.0)
    window.heard(102.0)
    assert not window.silent(104.4)
    assert window.silent(104.6)
    window.delivered(104.6)
    assert not window.silent(200.0)
