"""No bytes crash or hang the reader: it reads, or it says what is wrong."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest
import zstandard

from qmcore.dbn import DbnFile
from qmcore.errors import DbnError, UnknownSymbol
from tests.streams.dbn_files import mapping_message, metadata, order_records, other_record

ROUNDS = 400

BODIES = {
    "historical": metadata() + order_records([1, 2] * 20).tobytes(),
    "version 1": metadata(version=1) + order_records([1] * 20).tobytes(),
    "live": metadata({}, stype_in=None, schema=None)
    + mapping_message("TEST", 1)
    + other_record(0x17, 16)
    + order_records([1, 2] * 20).tobytes()
    + mapping_message("TEST", 2)
    + order_records([1, 2] * 20).tobytes(),
}


def mutated(data: bytes, draw: random.Random) -> bytes:
    """A few bytes changed, cut out, doubled or swapped; sometimes the end is missing."""
    out = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 6))):
        at = draw.randrange(len(out))
        match draw.choice(("set", "set", "set", "flip", "delete", "repeat")):
            case "set":
                out[at] = draw.choice((0, 1, 2, 3, 14, 22, 127, 128, 160, 255, draw.randrange(256)))
            case "flip":
                out[at] ^= 1 << draw.randrange(8)
            case "delete" if len(out) > 64:
                del out[at : at + draw.choice((1, 2, 7, 56))]
            case "repeat":
                out[at:at] = out[at : at + draw.choice((1, 8, 56))]
    return bytes(out[: draw.randrange(len(out))]) if draw.random() < 0.1 else bytes(out)


def read(path: Path) -> str:
    """``""`` where everything reads, else the message."""
    try:
        file = DbnFile.open(path)
        for symbol in [*file.symbols()[:3], "TEST"]:
            for batch in file.batches(symbol, batch_records=64):
                assert 0 < len(batch.records) <= 64
    except (DbnError, UnknownSymbol) as error:
        return str(error)
    return ""


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("is_compressed", [False, True])
@pytest.mark.timeout(60)
def test_mutated_files_are_read_or_refused(tmp_path, body, is_compressed):
    draw = random.Random(body)
    data = (
        zstandard.ZstdCompressor(write_checksum=True).compress(BODIES[body])
        if is_compressed
        else BODIES[body]
    )
    path = tmp_path / "f"
    path.write_bytes(data)
    assert read(path) == ""
    messages = set()
    for _ in range(ROUNDS):
        path.write_bytes(mutated(data, draw))
        message = read(path)
        assert message == "" or message.startswith(f"{path}: ")
        messages.add(message)
    assert len(messages) > 5


@pytest.mark.timeout(60)
def test_mutated_content_inside_sound_compression(tmp_path):
    draw = random.Random(7)
    path = tmp_path / "f.zst"
    for _ in range(ROUNDS):
        path.write_bytes(zstandard.compress(mutated(BODIES["live"], draw)))
        message = read(path)
        assert message == "" or message.startswith(f"{path}: ")


@pytest.mark.timeout(60)
def test_a_bomb_ends_at_its_first_record(tmp_path):
    """A gigabyte of zeros in a few kilobytes is not decompressed any further."""
    path = tmp_path / "bomb.zst"
    bomb = io.BytesIO()
    with zstandard.ZstdCompressor().stream_writer(bomb, closefd=False) as stream:
        stream.write(metadata())
        for _ in range(1024):
            stream.write(bytes(1 << 20))
    path.write_bytes(bomb.getvalue())
    assert read(path) == (
        f"{path}: a record whose length byte is shorter than its header "
        f"at byte {len(metadata())} of the uncompressed stream"
    )
