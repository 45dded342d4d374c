"""A bin as WebSocket frames, made once and shared by all its viewers. Pure.

Frames of a server are not masked, so the same bytes go to every socket. A viewer's own words (``backfill``,
``dropped``) are put at the end of the JSON; the Arrow frame is never copied for them.
"""

from __future__ import annotations

import struct
from typing import Final

from qmcore.contracts.frames import split_message

_TEXT: Final = 0x81
_BINARY: Final = 0x82


def _frame_header(opcode: int, size: int) -> bytes:
    if size < 126:
        return struct.pack(">BB", opcode, size)
    if size < 1 << 16:
        return struct.pack(">BBH", opcode, 126, size)
    return struct.pack(">BBQ", opcode, 127, size)


def text_frame(text: bytes) -> bytes:
    """``text``, UTF-8, as one final text frame."""
    return _frame_header(_TEXT, len(text)) + text


class PreparedBin:
    """One bin, ready to be written to sockets."""

    __slots__ = ("_json", "bin_seq", "binary", "live")

    def __init__(self, bin_seq: int, message: bytes) -> None:
        """``message`` is the grid message of the bus. Raises QmError where it is none."""
        json, arrow = split_message(message)
        text = text_frame(json)
        self.bin_seq = bin_seq
        self._json = json
        self.live = b"".join((text, _frame_header(_BINARY, len(arrow)), arrow))
        """Both frames for a viewer who keeps up: one write."""
        self.binary = memoryview(self.live)[len(text) :]
        """The Arrow stream's frame."""

    def text(self, *, backfill: bool, dropped: int) -> bytes:
        """The ``grid_update`` frame with a viewer's own words."""
        extra = b""
        if backfill:
            extra += b',"backfill":true'
        if dropped:
            extra += b',"dropped":%d' % dropped
        return text_frame(self._json[:-1] + extra + b"}")
