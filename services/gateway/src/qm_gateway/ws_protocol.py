"""uvicorn's sans-I/O WebSocket protocol with a door for ready-made frames.

500 viewers at 10 bins a second are 10,000 frames a second: writing shared bytes straight to the transport is what
fits into a quarter of a core. The application finds the door, a ``ViewerLink``, in the scope's extensions.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.http11 import Request

from qmcore.contracts.close_codes import fit_reason

LINK: Final = "qmachina.link"
WRITE_HIGH_BYTES: Final = 1 << 16
ABORT_S: Final = 5.0
"""A viewer that does not take its close frame is cut off after this time."""


class FrameProtocol(WebSocketsSansIOProtocol):
    """One connection. ``frame_protocol`` makes the class with its settings."""

    socket_bytes = 1 << 18
    link: ViewerLink | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Bound what may wait for this connection, here and in the system."""
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=WRITE_HIGH_BYTES)
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.socket_bytes)

    def handle_connect(self, event: Request) -> None:
        """Let the application find the door."""
        super().handle_connect(event)
        if not self.close_sent:
            self.link = ViewerLink(self)
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[LINK] = self.link

    def resume_writing(self) -> None:
        """The transport takes more."""
        super().resume_writing()
        if self.link is not None:
            self.link.resumed()


class ViewerLink:
    """A viewer's connection, as far as streaming needs it."""

    def __init__(self, protocol: FrameProtocol) -> None:
        self._protocol = protocol
        self._on_writable: Callable[[], None] | None = None

    @property
    def open(self) -> bool:
        """Whether it can be written to at all."""
        protocol = self._protocol
        return not (protocol.close_sent or protocol.disconnected or protocol.transport.is_closing())

    @property
    def writable(self) -> bool:
        """Whether it takes more now; what does not fit into the system waits in the transport, which is bounded."""
        return self._protocol.writable.is_set() and self.open

    def on_writable(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` each time the connection takes more again."""
        self._on_writable = callback

    def resumed(self) -> None:
        """The transport takes more."""
        if self._on_writable is not None:
            self._on_writable()

    async def wait_writable(self) -> bool:
        """Wait until it takes more; false when it never will."""
        await self._protocol.writable.wait()
        return self.open

    def write(self, frames: bytes | memoryview) -> None:
        """Send ready-made frames."""
        self._protocol.transport.write(frames)

    def close(self, code: int, reason: str) -> None:
        """Close, even if the viewer does not read: after a while it is cut off."""
        protocol = self._protocol
        if not self.open:
            return
        try:
            protocol.conn.send_close(code, fit_reason(reason))
        except InvalidState:  # the viewer's own close is on its way
            return
        protocol.transport.write(b"".join(protocol.conn.data_to_send()))
        protocol.close_sent = True
        protocol.stop_keepalive()
        protocol.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        protocol.close_timer = protocol.loop.call_later(ABORT_S, protocol.transport.abort)


def frame_protocol(socket_bytes: int) -> type[FrameProtocol]:
    """The protocol class for uvicorn's ``ws`` option; ``socket_bytes`` may wait in the system for a connection."""
    return type("FrameProtocol", (FrameProtocol,), {"socket_bytes": socket_bytes})
