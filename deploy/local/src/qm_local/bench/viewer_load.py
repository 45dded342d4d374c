"""Many viewers in one process, as light as Python allows: it notes when each bin was complete and keeps nothing.

``python -m qm_local.bench.viewer_load HOST PORT PATH VIEWERS SECONDS`` prints a NumPy array of shape (n, 3), int64:
viewer, end of the bin (market ns), arrival (wall ns).
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

_BIN_END: Final = re.compile(rb'"bin_end_ns":"(\d+)"')
Saw = Callable[[tuple[int, int, int]], object]
"""Takes a whole bin that has come: viewer, end of the bin (market ns), arrival (wall ns)."""

_HANDSHAKE: Final = (
    "GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Protocol: qmachina.v1\r\n\r\n"
)
_BINARY: Final = 0x82
_CLOSE: Final = 0x88
_PONG: Final = 0x8A
_NO_MASK: Final = bytes(4)


class LightViewer(asyncio.BufferedProtocol):
    """One viewer. Frames are followed by their lengths; only the text's ``bin_end_ns`` is read."""

    scratch = memoryview(bytearray(1 << 18))

    def __init__(self, number: int, saw: Saw, handshake: bytes) -> None:
        self._number, self._saw, self._handshake = number, saw, handshake
        self.close_code: int | None = None
        """Of the close frame, once it has come."""
        self._head = bytearray()
        self._left = 0
        self._opcode = 0
        self._text = bytearray()
        self._upgraded = False
        self._bin_end = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._handshake)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self.scratch

    def buffer_updated(self, nbytes: int) -> None:
        data = self.scratch[:nbytes]
        at = 0
        while at < nbytes:
            if self._left:
                step = min(self._left, nbytes - at)
                if self._opcode != _BINARY:
                    self._text += data[at : at + step]
                self._left -= step
                at += step
                if not self._left:
                    self._frame_done()
            else:
                at = self._read_head(data, at)

    def _read_head(self, data: memoryview, at: int) -> int:
        """Take bytes into the head until it is whole; a head is 2, 4 or 10 bytes, the upgrade ends in an empty line."""
        self._head.append(data[at])
        head = self._head
        if not self._upgraded:
            if head.endswith(b"\r\n\r\n"):
                self._upgraded = True
                head.clear()
            return at + 1
        if len(head) < 2:
            return at + 1
        short = head[1] & 0x7F
        needed = 2 if short < 126 else 4 if short == 126 else 10
        if len(head) == needed:
            self._opcode = head[0]
            self._left = short if short < 126 else int.from_bytes(head[2:], "big")
            head.clear()
            if not self._left:
                self._frame_done()
        return at + 1

    def _frame_done(self) -> None:
        if self._opcode == _BINARY:
            self._saw((self._number, self._bin_end, time.time_ns()))
        elif self._opcode == 0x81:
            self._read_text(self._text)
        elif self._opcode == 0x89:
            self._transport.write(bytes((_PONG, 0x80 | len(self._text))) + _NO_MASK + self._text)
        elif self._opcode == _CLOSE:
            self.close_code = int.from_bytes(self._text[:2], "big")
        self._text.clear()

    def _read_text(self, text: bytearray) -> None:
        found = _BIN_END.search(text)
        self._bin_end = int(found[1]) if found else 0


def handshake(host: str, port: int, path: str) -> bytes:
    """The request that opens a viewer's WebSocket."""
    return _HANDSHAKE.format(path=path, host=host, port=port).encode()


def _same(viewer: LightViewer) -> LightViewer:
    return viewer


async def _watch(host: str, port: int, path: str, viewers: int, seconds: float) -> list[tuple[int, int, int]]:
    seen: list[tuple[int, int, int]] = []
    request = handshake(host, port, path)
    loop = asyncio.get_running_loop()
    connected = []
    for number in range(viewers):
        viewer = LightViewer(number, seen.append, request)
        transport, _ = await loop.create_connection(partial(_same, viewer), host, port)
        connected.append(transport)
        await asyncio.sleep(0.005)
    await asyncio.sleep(seconds)
    for transport in connected:
        transport.abort()
    return seen


def main(host: str, port: str, path: str, viewers: str, seconds: str) -> None:
    """Watch and print."""
    seen = asyncio.run(_watch(host, int(port), path, int(viewers), float(seconds)))
    np.save(sys.stdout.buffer, np.array(seen, np.int64).reshape(-1, 3))


if __name__ == "__main__":
    main(*sys.argv[1:])
