"""The frame follower knows where a zstd stream may end."""

from __future__ import annotations

import random

import pytest
import zstandard

from qmcore.dbn.zstd_frames import FrameFollower, is_zstd

SKIPPABLE = (0x184D2A53).to_bytes(4, "little") + (5).to_bytes(4, "little") + b"hello"
NOISE = random.Random(1).randbytes(300_000)


def compressed(data: bytes, *, size_known: bool, **knobs: bool) -> bytes:
    """One frame, made at once or as a stream of unknown length."""
    compressor = zstandard.ZstdCompressor(level=1, **knobs)
    if size_known:
        return compressor.compress(data)
    stream = compressor.compressobj()
    return stream.compress(data) + stream.flush()


FRAMES = [
    compressed(data, size_known=size_known, write_checksum=checksum, write_content_size=content_size)
    for data in (b"", b"a", b"a" * 200_000, b"abc" * 100, NOISE)
    for size_known in (True, False)
    for checksum in (True, False)
    for content_size in (True, False)
]


def followed(*pieces: bytes) -> bool:
    """Whether the stream may end after ``pieces``."""
    follower = FrameFollower()
    for piece in pieces:
        follower.feed(memoryview(piece))
    return follower.between_frames


@pytest.mark.parametrize("frame", FRAMES)
def test_only_the_end_of_a_frame_is_an_end(frame):
    assert is_zstd(frame)
    assert followed(frame)
    cuts = {1, 3, 4, 5, 6, 9, len(frame) - 4, len(frame) - 1, len(frame) // 2}
    assert not any(followed(frame[:cut]) for cut in cuts if 0 < cut < len(frame))


@pytest.mark.parametrize("step", [1, 2, 3, 7, 40])
def test_frames_may_come_in_pieces(step):
    stream = FRAMES[0] + SKIPPABLE + FRAMES[8] + FRAMES[12]
    pieces = [stream[i : i + step] for i in range(0, len(stream), step)]
    assert followed(*pieces)
    assert not followed(*pieces[:-1], pieces[-1][:-1])


def test_a_skippable_frame_is_followed():
    assert is_zstd(SKIPPABLE)
    assert followed(SKIPPABLE, FRAMES[0])
    assert not followed(SKIPPABLE[:-1])


def test_an_empty_stream_may_end():
    assert followed()


@pytest.mark.parametrize("head", [b"", b"DBN\x03", b"\x28\xb5\x2f"])
def test_other_beginnings_are_not_zstd(head):
    assert not is_zstd(head)
