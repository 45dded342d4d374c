"""uvicorn's HTTP protocol with bounds for those who connect and then say little or too much.

Whoever has not sent a whole request head (or WebSocket handshake) within ``HEAD_S``, or sends one of more than
``MOST_HEAD_BYTES``, is cut off. It costs one timer a request head and nothing while an answer or a stream runs.
"""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_S: Final = 10.0
MOST_HEAD_BYTES: Final = 1 << 16


class BoundedHttp(HttpToolsProtocol):
    """One connection."""

    _timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _handed_over = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first head has to come in time."""
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Count what belongs to no request yet."""
        super().data_received(data)
        if self._handed_over:
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self._head_came()
            return
        self._head_bytes += len(data)
        if self._head_bytes > MOST_HEAD_BYTES:
            self._cut_off()
        elif self._timer is None and not self.transport.is_closing():
            self._wait_for_head()

    def handle_websocket_upgrade(self) -> None:
        """From here on the WebSocket protocol has the connection."""
        self._handed_over = True
        self._head_came()
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._head_came()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        self._timer = self.loop.call_later(HEAD_S, self._cut_off)

    def _head_came(self) -> None:
        self._head_bytes = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _cut_off(self) -> None:
        self._head_came()
        if not self.transport.is_closing():
            self.transport.abort()
