"""What a session is, and when it ends."""

from __future__ import annotations

import pytest

from qm_engine.session_core import UNWATCHED_GRACE_S, Ending, SessionCore
from qmcore.contracts.bus_messages import IDLE, ControlCommand, Pace, SessionStart
from qmcore.sessions import Wish
from tests.fixtures.market import config, serving


@pytest.fixture
def core() -> SessionCore:
    start = SessionStart(session_id="a" * 16, serving_name="demo", serving=serving(config()), created_ns=1)
    return SessionCore(start, "worker", Wish(), now_s=100.0)


def test_goes_from_warming_to_running_to_paused(core: SessionCore) -> None:
    states = [core.state]
    core.stored(0)
    states.append(core.state)
    core.command(ControlCommand(action="pause"))
    states.append(core.state)
    core.command(ControlCommand(action="speed", speed=4.0))
    assert core.pace == Pace(speed=4.0, paused=True)
    core.command(ControlCommand(action="resume"))
    states.append(core.state)
    assert core.pace == Pace(speed=4.0)
    assert states == ["warming", "running", "paused", "running"]


def test_says_how_far_it_is(core: SessionCore) -> None:
    core.stored(149)
    core.reached(event_index=1234, market_ns=77)
    core.late(3.0)
    core.late(8.25)
    status = core.status(now_ns=5)
    assert (status.progress, status.bin_seq, status.event_index, status.market_ns) == (0.5, 149, 1234, 77)
    assert status.lag_ms == 8.25
    assert core.status(now_ns=6).lag_ms == 0.0, "the lag is that since the last status"


def test_a_feed_is_paced_from_the_end_of_the_newest_stored_bin(core: SessionCore) -> None:
    start_ns = config().window.start_ns
    assert core.resume_ns == start_ns
    core.stored(9)
    assert core.resume_ns == start_ns + 1_000_000_000


def test_what_viewers_have_seen_is_not_played_again_at_the_pace_when_the_broker_lost_it(
    core: SessionCore,
) -> None:
    core.played(99)
    core.stored(4)
    assert core.resume_ns == config().window.start_ns + 10_000_000_000
    assert core.status(1).bin_seq == 99, "the next worker reads it there"
    assert core.state == "running"
    core.end(Ending("stopped", "enough"))
    assert core.session_end().last_bin_seq == 4


def test_stops_when_told_to(core: SessionCore) -> None:
    assert core.should_end(100.0) is None
    core.command(ControlCommand(action="stop", reason="enough"))
    assert core.should_end(100.0) == Ending("stopped", "enough")


def test_stops_when_nobody_watches_for_a_while(core: SessionCore) -> None:
    assert core.should_end(100.0 + UNWATCHED_GRACE_S) is None
    core.watched(103.0)
    assert core.should_end(103.0 + UNWATCHED_GRACE_S) is None
    assert core.should_end(103.1 + UNWATCHED_GRACE_S) == Ending("stopped", IDLE)


def test_follows_the_directory_also_in_a_stop_that_got_lost_on_the_bus(core: SessionCore) -> None:
    core.follow(Wish(stop="stopped by request"))
    assert core.should_end(100.0) == Ending("stopped", "stopped by request")


def test_its_end_says_why_and_where(core: SessionCore) -> None:
    core.stored(41)
    core.end(Ending("failed", "truncated"))
    end = core.session_end()
    assert (end.state, end.reason, end.last_bin_seq) == ("failed", "truncated", 41)
    assert core.status(1).reason == "truncated"
