"""No bytes crash the checkpoint reader, also where their checksum is sound."""

from __future__ import annotations

import hashlib
import random

import numpy as np
import pytest

from qmcore.checkpoint import pack, unpack
from qmcore.errors import CorruptData

WHOLE = pack({"levels": np.arange(40), "forces": np.ones((3, 5)), "name": b"session"})


def refusal(data: bytes) -> str | None:
    """The message of the refusal, if there is one."""
    try:
        unpack(data, "fuzz")
    except CorruptData as error:
        return str(error)
    return None


@pytest.mark.timeout(60)
def test_mutated_blocks_with_a_sound_checksum_are_read_or_refused():
    draw = random.Random(3)
    refused = 0
    for _ in range(3000):
        block = bytearray(WHOLE[:-32])
        for _ in range(draw.choice((1, 2, 8))):
            block[draw.randrange(8, len(block))] = draw.choice(
                (0, 34, 48, 57, 91, 93, 255, draw.randrange(256))
            )
        if draw.random() < 0.2:
            del block[draw.randrange(16, len(block)) :]
        message = refusal(bytes(block) + hashlib.blake2b(block, digest_size=32).digest())
        assert message is None or message.startswith("fuzz: ")
        refused += message is not None
    assert refused > 1000
