"""Metrics: readings that are asked for when they are printed, and what a gateway says of all sessions."""

from __future__ import annotations

import pytest

from qm_gateway import session_counts
from qm_gateway.session_counts import SessionCounts, count
from qmcore.contracts.bus_messages import Pace, SessionStatus
from qmcore.contracts.messages import SessionState
from qmcore.errors import Unavailable
from qmcore.service import AccessSettings, Readiness, ServiceMetrics, health_app


def status(state: SessionState, lag_ms: float = 0.0) -> SessionStatus:
    return SessionStatus(
        session_id="a1b2c3d4",
        serving_id="s",
        serving_name="demo",
        symbol="ESH5",
        state=state,
        pace=Pace(),
        bin_seq=-1,
        event_index=0,
        progress=0.0,
        market_ns=0,
        start_ns=0,
        end_ns=1,
        lag_ms=lag_ms,
        updated_ns=0,
    )


def lines(metrics: ServiceMetrics, name: str) -> list[str]:
    return [line for line in metrics.text().decode().splitlines() if line.startswith(name)]


def test_readings_are_asked_for_when_they_are_printed_and_left_out_while_unknown() -> None:
    metrics = ServiceMetrics("some")
    known: dict[str, float] = {}
    metrics.readings("things", "by kind", lambda: known, label="kind")
    assert lines(metrics, "qm_some_things") == []
    known["a"] = 2.0
    assert lines(metrics, "qm_some_things") == ['qm_some_things{kind="a"} 2.0']


def test_a_name_is_taken_once() -> None:
    metrics = ServiceMetrics("some")
    metrics.gauge("things", "one")
    with pytest.raises(ValueError, match="qm_some_things"):
        metrics.readings("things", "two", dict)


def test_every_condition_of_ready_is_a_metric() -> None:
    readiness, metrics = Readiness(), ServiceMetrics("some")
    problem = "no answer"
    readiness.require("nats", lambda: problem)
    readiness.mention("harness", lambda: "")
    health_app("some", readiness, metrics, AccessSettings())
    assert lines(metrics, "qm_some_ready") == [
        'qm_some_ready{condition="nats"} 0.0',
        'qm_some_ready{condition="harness"} 1.0',
    ]
    problem = ""
    assert 'qm_some_ready{condition="nats"} 1.0' in lines(metrics, "qm_some_ready")


def test_sessions_that_wait_and_that_run_are_wanted() -> None:
    counts = count(
        [
            status("pending"),
            status("warming", 900.0),
            status("running", 250.0),
            status("running", 40.0),
            status("paused"),
            status("ended"),
            status("stopped"),
            status("failed", 9000.0),
        ]
    )
    assert counts.wanted == 5
    assert counts.lag_s == 0.25
    assert counts.by_state == {
        "pending": 1,
        "warming": 1,
        "running": 2,
        "paused": 1,
        "ended": 1,
        "stopped": 1,
        "failed": 1,
    }


async def test_what_is_not_known_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class Directory:
        there = True

        async def sessions(self) -> list[SessionStatus]:
            if not self.there:
                raise Unavailable(what="Redis", problem="gone")
            return [status("running", 250.0)]

    class Over(Exception):
        pass

    async def once(_: float) -> None:
        raise Over

    clock = 1000.0
    monkeypatch.setattr(session_counts.asyncio, "sleep", once)
    monkeypatch.setattr(session_counts.time, "monotonic", lambda: clock)
    directory = Directory()
    counts = SessionCounts(directory)  # type: ignore[arg-type]
    assert (counts.wanted(), counts.states(), counts.lag()) == ({}, {}, {})
    with pytest.raises(Over):
        await counts.run()
    assert (counts.wanted(), counts.lag()) == ({"": 1.0}, {"": 0.25})
    directory.there, clock = False, clock + session_counts.KNOWN_FOR_S - 1
    with pytest.raises(Over):
        await counts.run()
    assert counts.wanted() == {"": 1.0}
    clock += 2
    assert (counts.wanted(), counts.states()) == ({}, {})
