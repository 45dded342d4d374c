"""The uncompressed bytes of a DBN file, plain or zstd (told by magic, not by name), in bounded memory.

Guarantees: every fault of the file or of its compression is a DbnError that says where, in bytes of the
uncompressed stream; a compressed file that ends inside a frame is a fault, never a quiet end.
"""

from __future__ import annotations

import io
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import zstandard

from qmcore.dbn.zstd_frames import FrameFollower, is_zstd
from qmcore.errors import DbnError

_COMPRESSED_READ_BYTES: Final = 1 << 18


class _Reader(Protocol):
    def readinto(self, buffer: memoryview, /) -> int: ...


class _FollowedFile(io.FileIO):
    """A file whose ``read``, which is what the decompressor calls, follows the zstd frames that go by."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.frames = FrameFollower()
        self.bytes_read = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size) or b""
        self.bytes_read += len(data)
        self.frames.feed(memoryview(data))
        return data


class ByteSource:
    """Opens ``path`` and reads its uncompressed bytes from the start. A context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.position = 0
        """Uncompressed bytes read so far."""
        try:
            self._file = _FollowedFile(path)
            head = bytearray(4)
            self._is_zstd = is_zstd(bytes(head[: self._file.readinto(head)]))
            self._file.seek(0)
            self.file_bytes = path.stat().st_size
        except OSError as error:
            raise DbnError(path=path, problem=f"cannot be read: {error.strerror}") from error
        self._reader: _Reader = self._file
        if self._is_zstd:
            self._reader = zstandard.ZstdDecompressor().stream_reader(
                self._file, read_size=_COMPRESSED_READ_BYTES, read_across_frames=True, closefd=False
            )

    @property
    def file_bytes_read(self) -> int:
        """Bytes of the file itself that were read, compressed where it is compressed."""
        return self._file.bytes_read if self._is_zstd else self.position

    def fill(self, buffer: memoryview) -> int:
        """Read until ``buffer`` is full or the file ends; returns the bytes read. Raises DbnError."""
        filled = 0
        try:
            while filled < len(buffer):
                step = self._reader.readinto(buffer[filled:])
                if not step:
                    break
                filled += step
        except zstandard.ZstdError as error:
            raise self._error(f"corrupt zstd data ({error})", self.position + filled) from error
        except OSError as error:
            raise self._error(f"cannot be read: {error.strerror}", self.position + filled) from error
        self.position += filled
        if filled < len(buffer) and self._is_zstd and not self._file.frames.between_frames:
            raise self._error("truncated: the file ends inside a zstd frame", self.position)
        return filled

    def read_exactly(self, size: int, what: str) -> bytes:
        """``size`` bytes, or a DbnError that says ``what`` is truncated."""
        data = bytearray()
        while len(data) < size:
            piece = bytearray(min(size - len(data), 1 << 20))
            got = self.fill(memoryview(piece))
            data += memoryview(piece)[:got]
            if got < len(piece):
                raise self._error(
                    f"truncated: the {what} ends after {len(data)} of {size} bytes", self.position
                )
        return bytes(data)

    def _error(self, problem: str, offset: int) -> DbnError:
        return DbnError(path=self.path, problem=problem, offset=offset)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()
