"""Bins as frames, and the ring that holds them."""

from __future__ import annotations

import json

import pytest
from websockets.frames import Frame, Opcode

from qm_gateway.frames import PreparedBin, text_frame
from qm_gateway.ring import BinRing
from qmcore.contracts.close_codes import fit_reason
from qmcore.contracts.frames import join_message
from qmcore.errors import QmError


def prepared(bin_seq: int, arrow: bytes = b"arrow") -> PreparedBin:
    return PreparedBin(bin_seq, join_message(b'{"type":"grid_update","bin_seq":"%d"}' % bin_seq, arrow))


def frames_of(data: bytes) -> list[tuple[Opcode, bytes]]:
    """What a client makes of it."""
    found = []
    position = 0

    def read_exact(count: int):  # type: ignore[no-untyped-def]
        nonlocal position
        piece = data[position : position + count]
        position += count
        return piece
        yield

    while position < len(data):
        parsing = Frame.parse(read_exact, mask=False)
        try:
            next(parsing)
        except StopIteration as done:
            found.append((done.value.opcode, bytes(done.value.data)))
    return found


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_a_live_bin_is_its_text_and_its_arrow_stream(size: int) -> None:
    made = prepared(7, b"x" * size)
    (text, json_text), (binary, arrow) = frames_of(made.live)
    assert (text, binary) == (Opcode.TEXT, Opcode.BINARY)
    assert json.loads(json_text) == {"type": "grid_update", "bin_seq": "7"}
    assert arrow == b"x" * size
    assert frames_of(bytes(made.binary)) == [(Opcode.BINARY, arrow)]


@pytest.mark.parametrize(
    ("backfill", "dropped", "extra"),
    [
        (False, 0, {}),
        (True, 0, {"backfill": True}),
        (False, 3, {"dropped": 3}),
        (True, 2, {"backfill": True, "dropped": 2}),
    ],
)
def test_a_viewers_own_words_stand_in_its_text(
    backfill: bool, dropped: int, extra: dict[str, object]
) -> None:
    ((_, text),) = frames_of(prepared(7).text(backfill=backfill, dropped=dropped))
    assert json.loads(text) == {"type": "grid_update", "bin_seq": "7"} | extra


def test_text_frames_are_utf8() -> None:
    assert frames_of(text_frame("Kurs: 5 €".encode())) == [(Opcode.TEXT, "Kurs: 5 €".encode())]


def test_a_message_that_is_none_is_refused() -> None:
    with pytest.raises(QmError, match="grid message"):
        PreparedBin(0, b"\x00\x00")


def test_the_ring_keeps_the_newest() -> None:
    ring = BinRing(3)
    assert ring.empty
    assert (ring.tail, ring.head) == (0, -1)
    for seq in range(5):
        assert ring.append(prepared(seq))
    assert (ring.tail, ring.head) == (2, 4)
    assert [ring[s].bin_seq for s in range(2, 5)] == [2, 3, 4]


def test_a_bin_that_comes_twice_is_there_once() -> None:
    ring = BinRing(10)
    ring.append(prepared(0))
    ring.append(prepared(1))
    assert not ring.append(prepared(0))
    assert not ring.append(prepared(1))
    assert (ring.tail, ring.head) == (0, 1)


def test_after_a_hole_only_the_newer_bins_stay() -> None:
    ring = BinRing(10)
    ring.append(prepared(0))
    ring.append(prepared(5))
    assert (ring.tail, ring.head) == (5, 5)


def test_a_close_reason_fits_its_frame() -> None:
    assert fit_reason("short") == "short"
    long = fit_reason("ä" * 200)
    assert len(long.encode()) <= 123
    assert long.endswith("...")
