"""``Viewer``: one connection at its place in a session's ring. It writes whenever there is a bin and room for it."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from qm_gateway.frames import text_frame
from qm_gateway.metrics import GatewayMetrics
from qm_gateway.ring import BinRing
from qm_gateway.viewer_cursor import ViewerCursor
from qm_gateway.ws_protocol import ViewerLink
from qmcore.contracts.bus_messages import IDLE
from qmcore.contracts.close_codes import COME_AGAIN, NORMAL, TRY_AGAIN
from qmcore.contracts.messages import SessionEnd

BINS_AT_ONCE: Final = 16
"""A viewer that catches up lets others write after so many bins."""


class Viewer:
    """Fed by ``pump``: when bins come, when the connection takes more, and once at the start."""

    def __init__(self, link: ViewerLink, cursor: ViewerCursor, metrics: GatewayMetrics) -> None:
        self._link, self._cursor, self._metrics = link, cursor, metrics
        self._ring: BinRing | None = None
        self._end: SessionEnd | None = None
        self._scheduled = False
        self._closed = False
        link.on_writable(self.pump)

    @property
    def catching_up(self) -> bool:
        """Whether it goes on writing in a moment, without waiting for its connection."""
        return self._scheduled

    def attach(self, ring: BinRing) -> None:
        """Watch ``ring`` from here on."""
        self._ring = ring

    def finish(self, end: SessionEnd) -> None:
        """The session is over: send the rest, then the marker."""
        self._end = end
        self.pump()

    def pump(self) -> None:
        """Write what can be written now."""
        ring, cursor, link = self._ring, self._cursor, self._link
        if ring is None or self._closed:
            return
        head = ring.head
        lost = cursor.lost
        in_time = cursor.observe(ring.tail, head, time.monotonic())
        self._metrics.dropped(cursor.lost - lost)
        if not in_time:
            self._metrics.slow_closed()
            self._close(TRY_AGAIN, "too slow: bins were lost for too long")
            return
        sent = 0
        while link.writable and (step := cursor.take(head)) is not None:
            prepared = ring[step.bin_seq]
            if step.backfill or step.dropped:
                link.write(prepared.text(backfill=step.backfill, dropped=step.dropped))
                link.write(prepared.binary)
            else:
                link.write(prepared.live)
            sent += 1
            if sent == BINS_AT_ONCE:
                self._go_on_later()
                break
        if sent:
            self._metrics.sent(sent)
        if self._end is not None and cursor.next_bin > head and link.writable:
            self._say_end(self._end)

    def _say_end(self, end: SessionEnd) -> None:
        if end.state == "stopped" and end.reason == IDLE:
            self._close(COME_AGAIN, "the session was just stopping; come again for a new one")
            return
        self._link.write(text_frame(end.model_dump_json().encode()))
        self._close(NORMAL, f"session {end.state}: {end.reason}")

    def _go_on_later(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        self._scheduled = False
        self.pump()

    def _close(self, code: int, reason: str) -> None:
        self._closed = True
        self._link.close(code, reason)
