"""The viewers of the soak in one process: many that keep up, and a few that deliberately do not.

``python -m qm_local.bench.soak_load HOST PORT ALIASES VIEWERS SLOW SECONDS FILE`` divides its viewers among the comma
separated aliases, and writes two arrays to ``FILE`` (npz), int64: ``seen`` (n, 3), viewer, end of the bin (market ns)
and arrival (wall ns); ``slow`` (one row a connection of a slow reader, 4): close code, bins that came, bins it was told
it lost, bins that are missing between the first and the last.
"""

from __future__ import annotations

import asyncio
import re
import socket
import sys
from array import array
from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np

from qm_local.bench.viewer_load import LightViewer, Saw, handshake

SLOW_BYTES: Final = 16 << 10
"""A slow reader takes no more than this at a time, nor has more room in its system."""

SLOW_PAUSES_S: Final = (0.15, 0.4, 2.0)
"""Between two such reads: a third of the stream's rate, an eighth, and next to nothing."""

COME_BACK_S: Final = 1.0
BETWEEN_VIEWERS_S: Final = 0.01
ABNORMAL: Final = 1006
_DROPPED: Final = re.compile(rb'"dropped":(\d+)')
_BIN_SEQ: Final = re.compile(rb'"bin_seq":"?(\d+)')


class SlowReader(LightViewer):
    """Takes a little, rests, takes a little more."""

    scratch = memoryview(bytearray(SLOW_BYTES))

    def __init__(self, saw: Saw, request: bytes, pause_s: float) -> None:
        super().__init__(-1, saw, request)
        self._pause_s = pause_s
        self.told = 0
        """Bins that it was told it lost."""
        self.seqs: list[int] = []
        self.gone = asyncio.get_running_loop().create_future()

    def buffer_updated(self, nbytes: int) -> None:
        super().buffer_updated(nbytes)
        self._transport.pause_reading()
        asyncio.get_running_loop().call_later(self._pause_s, self._go_on)

    def _go_on(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def _read_text(self, text: bytearray) -> None:
        super()._read_text(text)
        if self._bin_end and (seq := _BIN_SEQ.search(text)):
            self.seqs.append(int(seq[1]))
            told = _DROPPED.search(text)
            self.told += int(told[1]) if told else 0

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.gone.done():
            self.gone.set_result(None)

    def row(self) -> tuple[int, int, int, int]:
        """As the module says."""
        missing = self.seqs[-1] - self.seqs[0] + 1 - len(self.seqs) if self.seqs else 0
        return (self.close_code or ABNORMAL, len(self.seqs), self.told, missing)


def _same(viewer: LightViewer) -> LightViewer:
    return viewer


async def _be_slow(
    host: str, port: int, request: bytes, pause_s: float, rows: list[tuple[int, int, int, int]]
) -> None:
    """Connect, be closed, come back; for ever."""
    loop = asyncio.get_running_loop()
    while True:
        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_BYTES)
        narrow.setblocking(False)
        await loop.sock_connect(narrow, (host, port))
        transport, reader = await loop.create_connection(
            lambda: SlowReader(lambda _: None, request, pause_s), sock=narrow
        )
        try:
            await reader.gone
            rows.append(reader.row())
        finally:
            transport.abort()
        await asyncio.sleep(COME_BACK_S)


async def _watch(
    host: str, port: int, aliases: Sequence[str], viewers: int, slow: int, seconds: float
) -> tuple[array[int], list[tuple[int, int, int, int]], list[int]]:
    """Arrivals, rows of the slow readers, and close codes of the others that were closed before the end."""
    loop = asyncio.get_running_loop()
    seen = array("q")
    rows: list[tuple[int, int, int, int]] = []
    requests = [handshake(host, port, f"/v1/stream?serving={alias}") for alias in aliases]
    transports, keeping_up = [], []
    for number in range(viewers):
        viewer = LightViewer(number, seen.extend, requests[number % len(requests)])
        transport, _ = await loop.create_connection(partial(_same, viewer), host, port)
        transports.append(transport)
        keeping_up.append(viewer)
        await asyncio.sleep(BETWEEN_VIEWERS_S)
    async with asyncio.TaskGroup() as group:
        readers = [
            group.create_task(
                _be_slow(host, port, requests[i % len(requests)], SLOW_PAUSES_S[i % len(SLOW_PAUSES_S)], rows)
            )
            for i in range(slow)
        ]
        await asyncio.sleep(seconds)
        for reader in readers:
            reader.cancel()
    closed = [v.close_code or ABNORMAL for v, t in zip(keeping_up, transports, strict=True) if t.is_closing()]
    for transport in transports:
        transport.abort()
    return seen, rows, closed


def main(host: str, port: str, aliases: str, viewers: str, slow: str, seconds: str, file: str) -> None:
    """Watch and write."""
    seen, rows, closed = asyncio.run(
        _watch(host, int(port), aliases.split(","), int(viewers), int(slow), float(seconds))
    )
    np.savez(
        file,
        seen=np.frombuffer(seen, np.int64).reshape(-1, 3),
        slow=np.array(rows, np.int64).reshape(-1, 4),
        closed=np.array(closed, np.int64),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
