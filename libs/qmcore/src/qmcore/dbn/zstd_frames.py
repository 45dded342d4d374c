"""Follows the frame structure of a zstd stream as its bytes go by, to tell a whole file from a cut one.

zstandard's stream reader ends quietly where its input ends inside a frame; this does not. It looks only at
frame and block headers, never at the content, so it costs a few microseconds a block.
Source: RFC 8878, section 3.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

FRAME_MAGIC: Final = 0xFD2FB528
SKIPPABLE_MAGIC: Final = 0x184D2A50
SKIPPABLE_MASK: Final = 0xFFFFFFF0

_DICT_ID_BYTES: Final = (0, 1, 2, 4)
_CONTENT_SIZE_BYTES: Final = (0, 2, 4, 8)
_RLE_BLOCK: Final = 1


def is_zstd(head: bytes) -> bool:
    """True where the first four bytes open a zstd frame, skippable or not."""
    magic = int.from_bytes(head[:4], "little")
    return len(head) >= 4 and (magic == FRAME_MAGIC or magic & SKIPPABLE_MASK == SKIPPABLE_MAGIC)


class FrameFollower:
    """Feed it every byte of the stream; ``between_frames`` says whether the stream may end here."""

    def __init__(self) -> None:
        self.between_frames = True
        self._skip = 0
        self._header = b""
        self._machine = self._walk()
        self._wanted = next(self._machine)

    def feed(self, data: memoryview) -> None:
        """Go on by ``data``."""
        at, end = 0, len(data)
        while at < end:
            if self._skip:
                step = min(self._skip, end - at)
                self._skip -= step
                at += step
                continue
            step = min(self._wanted - len(self._header), end - at)
            self._header += bytes(data[at : at + step])
            at += step
            self.between_frames = False
            if len(self._header) == self._wanted:
                header, self._header = self._header, b""
                self._wanted = self._machine.send(header)
        if not self._header and not self._skip and self._at_frame_start:
            self.between_frames = True

    def _walk(self) -> Generator[int, bytes, None]:
        """Yields how many header bytes it wants next, and is sent them; content is left to ``_skip``."""
        while True:
            self._at_frame_start = True
            magic = int.from_bytes((yield 4), "little")
            self._at_frame_start = False
            if magic & SKIPPABLE_MASK == SKIPPABLE_MAGIC:
                self._skip = int.from_bytes((yield 4), "little")
                continue
            descriptor = (yield 1)[0]
            single_segment, has_checksum = descriptor >> 5 & 1, descriptor >> 2 & 1
            self._skip = (
                (1 - single_segment)
                + _DICT_ID_BYTES[descriptor & 3]
                + (_CONTENT_SIZE_BYTES[descriptor >> 6] or single_segment)
            )
            last = False
            while not last:
                block = int.from_bytes((yield 3), "little")
                last = bool(block & 1)
                self._skip = 1 if block >> 1 & 3 == _RLE_BLOCK else block >> 3
            if has_checksum:
                yield 4
