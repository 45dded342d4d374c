"""A viewer at its ring, with a connection that takes what the test lets it take."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

from qm_gateway.frames import PreparedBin
from qm_gateway.metrics import GatewayMetrics
from qm_gateway.ring import BinRing
from qm_gateway.session_starter import FAILED_FOR_S, may_be_watched
from qm_gateway.viewer import BINS_AT_ONCE, Viewer
from qm_gateway.viewer_cursor import ViewerCursor
from qmcore.contracts.bus_messages import IDLE, Pace, SessionStatus
from qmcore.contracts.frames import join_message
from qmcore.contracts.messages import SessionEnd, SessionState


class Connection:
    """Takes ``room`` writes, then waits to be read."""

    def __init__(self, room: int = 10**9) -> None:
        self.room = room
        self.written: list[bytes] = []
        self.closed: tuple[int, str] | None = None
        self.resume: Callable[[], None] = lambda: None

    @property
    def writable(self) -> bool:
        return self.room > 0 and self.closed is None

    def on_writable(self, callback: Callable[[], None]) -> None:
        self.resume = callback

    def write(self, frames: bytes | memoryview) -> None:
        self.room -= 1
        self.written.append(bytes(frames))

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    def read(self, room: int) -> None:
        self.room = room
        self.resume()

    @property
    def texts(self) -> list[dict[str, object]]:
        """JSON of every text frame that was written (the first two bytes are its header)."""
        found = []
        for frames in self.written:
            if frames[0] == 0x81:
                size = frames[1] & 0x7F
                found.append(json.loads(frames[2 : 2 + size]))
        return found


def filled(count: int, capacity: int = 1000) -> BinRing:
    ring = BinRing(capacity)
    for seq in range(count):
        ring.append(PreparedBin(seq, join_message(b'{"type":"grid_update","bin_seq":"%d"}' % seq, b"arrow")))
    return ring


def grow(ring: BinRing, count: int) -> None:
    for seq in range(ring.head + 1, ring.head + 1 + count):
        ring.append(PreparedBin(seq, join_message(b'{"type":"grid_update","bin_seq":"%d"}' % seq, b"arrow")))


def watching(
    connection: Connection, ring: BinRing, *, first: int = 0, through: int = -1, queue: int = 4
) -> Viewer:
    cursor = ViewerCursor(first=first, backfill_through=through, queue_bins=queue, slow_close_s=10.0)
    viewer = Viewer(connection, cursor, GatewayMetrics())  # type: ignore[arg-type]
    viewer.attach(ring)
    return viewer


def end(state: str = "ended", reason: str = "the session is complete") -> SessionEnd:
    return SessionEnd(session_id="a" * 16, state=state, reason=reason, last_bin_seq=9)


def seqs(connection: Connection) -> list[int]:
    return [int(str(t["bin_seq"])) for t in connection.texts if t["type"] == "grid_update"]


async def test_writes_what_there_is_and_goes_on_when_more_comes() -> None:
    connection, ring = Connection(), filled(3)
    viewer = watching(connection, ring)
    viewer.pump()
    assert seqs(connection) == [0, 1, 2]
    assert len(connection.written) == 3, "a viewer who keeps up gets both frames of a bin in one write"
    grow(ring, 2)
    viewer.pump()
    assert seqs(connection) == [0, 1, 2, 3, 4]


async def test_waits_for_room_and_goes_on_from_where_it_was() -> None:
    connection, ring = Connection(room=2), filled(4)
    viewer = watching(connection, ring)
    viewer.pump()
    assert seqs(connection) == [0, 1]
    connection.read(room=1)
    assert seqs(connection) == [0, 1, 2]
    connection.read(room=100)
    assert seqs(connection) == [0, 1, 2, 3]


async def test_one_that_catches_up_lets_others_write_in_between() -> None:

    connection, ring = Connection(), filled(3 * BINS_AT_ONCE)
    watching(connection, ring, through=3 * BINS_AT_ONCE - 1).pump()
    assert len(seqs(connection)) == BINS_AT_ONCE
    for _ in range(3):
        await asyncio.sleep(0)
    assert seqs(connection) == list(range(3 * BINS_AT_ONCE))
    assert all(t["backfill"] for t in connection.texts)


async def test_what_a_slow_one_lost_is_said_in_the_next_bin() -> None:
    connection, ring = Connection(room=1), filled(1)
    viewer = watching(connection, ring)
    viewer.pump()
    for _ in range(10):
        grow(ring, 1)
        viewer.pump()
    connection.read(room=100)
    assert [(t["bin_seq"], t.get("dropped")) for t in connection.texts] == [
        ("0", None),
        ("7", 6),
        ("8", None),
        ("9", None),
        ("10", None),
    ]


async def test_one_that_stays_behind_is_closed_though_it_takes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("qm_gateway.viewer.time.monotonic", lambda: now[0])
    connection, ring = Connection(room=1), filled(1)
    viewer = watching(connection, ring)
    viewer.pump()
    for second in range(15):
        now[0] = 100.0 + second
        grow(ring, 3)
        viewer.pump()
    assert connection.closed is not None
    assert connection.closed[0] == 1013


async def test_the_end_comes_after_the_last_bin() -> None:
    connection, ring = Connection(room=1), filled(3)
    viewer = watching(connection, ring)
    viewer.finish(end())
    assert seqs(connection) == [0]
    assert connection.closed is None
    connection.read(room=100)
    assert [t["type"] for t in connection.texts] == ["grid_update"] * 3 + ["session_end"]
    assert connection.closed == (1000, "session ended: the session is complete")


async def test_one_who_came_as_an_idle_session_stopped_is_sent_to_a_new_one() -> None:
    connection = Connection()
    watching(connection, filled(2)).finish(end("stopped", IDLE))
    assert connection.closed is not None
    assert connection.closed[0] == 1012
    assert "session_end" not in [t["type"] for t in connection.texts]


@pytest.mark.parametrize(
    ("state", "age_s", "shared"),
    [
        ("pending", 0, True),
        ("running", 0, True),
        ("paused", 1e6, True),
        ("ended", 1e6, True),
        ("stopped", 0, False),
        ("failed", 0, True),
        ("failed", FAILED_FOR_S + 1, False),
    ],
)
def test_which_session_a_viewer_shares_and_when_it_gets_a_new_one(
    state: SessionState, age_s: float, shared: bool
) -> None:
    now = 1_800_000_000.0
    status = SessionStatus(
        session_id="a" * 16,
        serving_id="x-0123456789ab",
        serving_name="x",
        symbol="ESH5",
        state=state,
        pace=Pace(),
        bin_seq=-1,
        event_index=0,
        progress=0,
        market_ns=0,
        start_ns=0,
        end_ns=1,
        lag_ms=0,
        updated_ns=int((now - age_s) * 1e9),
    )
    assert may_be_watched(status, now) is shared
