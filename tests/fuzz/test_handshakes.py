"""WebSocket handshakes of every kind against a running gateway: it stays up, says no in words, and viewers stream on.

``QM_FUZZ_EXAMPLES`` says how many: forty times as many handshakes of each kind.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qmcore.service.bounded_http import HEAD_S, MOST_HEAD_BYTES
from tests.fixtures.market import config
from tests.fixtures.stack import Stack
from tests.fuzz.conftest import EXAMPLES

HANDSHAKES: Final = 40 * EXAMPLES
LISTEN_S: Final = 0.3
_STATUS: Final = re.compile(rb"^HTTP/1\.1 (\d{3}) ")

FUZZED = settings(
    max_examples=HANDSHAKES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


class Watching:
    """A viewer in a thread of its own, that counts its bins and how they follow each other."""

    def __init__(self, stack: Stack) -> None:
        self._stack, self._stop = stack, threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._watch()))
        self.seqs: list[int] = []
        self.closed = ""

    def __enter__(self) -> Watching:
        self._thread.start()
        self.wait_for_more()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)

    def wait_for_more(self) -> None:
        """Return when it has got three more bins."""
        wanted = len(self.seqs) + 3
        end = time.monotonic() + 30
        while len(self.seqs) < wanted:
            assert time.monotonic() < end, f"no more bins after {len(self.seqs)}; {self.closed}"
            time.sleep(0.05)

    async def _watch(self) -> None:
        async with self._stack.watch("thrown-at") as viewer:
            while not self._stop.is_set():
                if not await viewer.read_message():
                    self.closed = f"closed with {viewer.close_code}: {viewer.close_reason}"
                    return
                self.seqs += viewer.seqs
                viewer.bins.clear()


@pytest.fixture(scope="module")
def watching(thrown_at: Stack) -> Iterator[Watching]:
    """Somebody who watches while everything else happens: a minute of market, four times as long."""
    asyncio.run(thrown_at.publish("thrown-at", config()))
    with Watching(thrown_at) as viewer:
        yield viewer


def throw(stack: Stack, *pieces: bytes, listen_s: float = LISTEN_S, reset: bool = False) -> bytes:
    """Send ``pieces`` on a new connection; what came back, as far as it came in time."""
    heard = b""
    with socket.create_connection(("127.0.0.1", stack.gateway.port), timeout=5) as connection:
        with contextlib.suppress(OSError):
            for piece in pieces:
                connection.sendall(piece)
            connection.settimeout(listen_s)
            while len(heard) < 1 << 16 and (more := connection.recv(1 << 14)):
                heard += more
                if heard.startswith(b"HTTP/1.1 101"):
                    break
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return heard


def still_well(stack: Stack, watching: Watching, pid: int) -> None:
    """The same process, without a bug in its log; the viewer has every bin."""
    watching.wait_for_more()
    assert stack.gateway.pid == pid
    assert throw(stack, b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").startswith(
        b"HTTP/1.1 200"
    )
    assert watching.closed == ""
    assert watching.seqs == list(range(watching.seqs[0], watching.seqs[0] + len(watching.seqs)))
    log = stack.gateway.log.read_text()
    assert "Traceback" not in log, log[log.index("Traceback") :][:3000]


def header_text() -> st.SearchStrategy[bytes]:
    """The value of a header: anything but the end of its line."""
    return st.binary(max_size=60).map(lambda value: re.sub(rb"[\r\n\0]", b"", value))


TARGETS = st.one_of(
    st.just(b"/v1/stream?serving=thrown-at"),
    st.builds(
        lambda path, query: path + b"?" + query,
        st.sampled_from(
            [b"/v1/stream", b"/v1/stream/", b"//v1/stream", b"/v1/../v1/stream", b"/%76%31/stream", b"*"]
        ),
        st.one_of(
            st.sampled_from(
                [
                    b"serving=",
                    b"serving=a&serving=b",
                    b"token=x",
                    b"serving=%00",
                    b"serving=..%2f..",
                    b"serving=\xff",
                ]
            ),
            header_text().map(lambda text: text.replace(b" ", b"+")),
        ),
    ),
)
PROTOCOLS = st.one_of(
    st.sampled_from(
        [
            b"qmachina.v1",
            b"resume.abcdefgh12345678.5",
            b"resume." + b"9" * 400,
            b"resume.abcdefgh12345678.-1, resume.abcdefgh12345678.2",
            b"bearer.",
            b"bearer.////",
            b",,,,",
        ]
    ),
    header_text(),
)
NAMES = st.sampled_from(
    [
        b"Origin",
        b"Authorization",
        b"X-Forwarded-For",
        b"Sec-WebSocket-Extensions",
        b"Content-Length",
        b"Transfer-Encoding",
        b"Cookie",
        b"Host",
        b"Upgrade",
        b"Expect",
    ]
)
KEYS = st.one_of(st.just(base64.b64encode(bytes(16))), header_text())
VERSIONS = st.one_of(st.just(b"13"), st.sampled_from([b"8", b"", b"-1", b"13, 8", b"x"]))


@st.composite
def handshakes(draw: st.DrawFn) -> bytes:
    """A handshake that is right in much and wrong in something."""
    lines = [
        draw(st.sampled_from([b"GET ", b"GET ", b"GET ", b"POST ", b"get "])) + draw(TARGETS) + b" HTTP/1.1",
        b"Host: x",
        b"Connection: " + draw(st.sampled_from([b"Upgrade", b"keep-alive, Upgrade", b"close"])),
        b"Upgrade: websocket",
        b"Sec-WebSocket-Key: " + draw(KEYS),
        b"Sec-WebSocket-Version: " + draw(VERSIONS),
    ]
    if draw(st.booleans()):
        lines.append(b"Sec-WebSocket-Protocol: " + draw(PROTOCOLS))
    lines += [name + b": " + draw(header_text()) for name in draw(st.lists(NAMES, max_size=4))]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def said_no_bug(heard: bytes) -> None:
    found = _STATUS.match(heard)
    if found is not None:
        assert int(found[1]) < 500, heard[:500]


def test_handshakes_that_are_wrong_somewhere(thrown_at: Stack, watching: Watching) -> None:
    pid = thrown_at.gateway.pid

    @FUZZED
    @given(handshakes(), st.booleans(), st.integers(1, 400))
    def one(handshake: bytes, in_two: bool, cut: int) -> None:
        pieces = (handshake[:cut], handshake[cut:]) if in_two else (handshake,)
        said_no_bug(throw(thrown_at, *pieces))

    one()
    still_well(thrown_at, watching, pid)


def test_half_handshakes_and_garbage(thrown_at: Stack, watching: Watching) -> None:
    pid = thrown_at.gateway.pid

    @FUZZED
    @given(st.one_of(st.binary(max_size=300), handshakes()), st.integers(0, 300), st.booleans())
    def one(sent: bytes, length: int, reset: bool) -> None:
        said_no_bug(throw(thrown_at, sent[:length], listen_s=0.02, reset=reset))

    one()
    still_well(thrown_at, watching, pid)


RIGHT: Final = (
    b"GET /v1/stream?serving=thrown-at HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + base64.b64encode(bytes(16)) + b"\r\n\r\n"
)


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """A frame of a client: any opcode, masked or not, as long as it says or not."""
    first = draw(st.integers(0, 255))
    said = draw(
        st.sampled_from([0, 1, 125, 126, 127, (1 << 16) - 1, 1 << 16, (1 << 16) + 1, 1 << 40, (1 << 63) - 1])
    )
    masked = draw(st.sampled_from([0x80, 0x80, 0x80, 0]))
    if said < 126:
        head = struct.pack(">BB", first, masked | said)
    elif said < 1 << 16:
        head = struct.pack(">BBH", first, masked | 126, said)
    else:
        head = struct.pack(">BBQ", first, masked | 127, said)
    mask = draw(st.binary(min_size=4, max_size=4)) if masked else b""
    return head + mask + bytes(min(said, draw(st.integers(0, 70_000))))


def test_frames_of_every_kind_after_a_right_handshake(thrown_at: Stack, watching: Watching) -> None:
    pid = thrown_at.gateway.pid

    @FUZZED
    @given(st.lists(st.one_of(frames(), st.binary(max_size=100)), min_size=1, max_size=4), st.booleans())
    def one(sent: list[bytes], reset: bool) -> None:
        throw(thrown_at, RIGHT, *sent, listen_s=0.02, reset=reset)

    one()
    still_well(thrown_at, watching, pid)


def test_heads_that_never_end_are_cut_off_and_nobody_waits_for_them(
    thrown_at: Stack, watching: Watching
) -> None:
    pid = thrown_at.gateway.pid
    endless = b"GET /v1/stream HTTP/1.1\r\nHost: x\r\nX-Padding: " + b"x" * (2 * MOST_HEAD_BYTES)
    assert throw(thrown_at, endless, listen_s=HEAD_S / 2) == b""  # cut off for its size, before its time
    port = thrown_at.gateway.port
    slow = [socket.create_connection(("127.0.0.1", port), timeout=2 * HEAD_S) for _ in range(50)]
    began = time.monotonic()
    try:
        for number, connection in enumerate(slow):
            connection.sendall((b"", b"GET /v1/str", RIGHT[:-2])[number % 3])
        watching.wait_for_more()
        for connection in slow:
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(100) == b""
    finally:
        for connection in slow:
            connection.close()
    assert HEAD_S - 1 < time.monotonic() - began < HEAD_S + 5
    still_well(thrown_at, watching, pid)
