"""Damaged grid messages through everything that reads them, in a process that may die.

``python -m tests.fuzz.grid_message_driver FIRST END`` names each seed on standard error, and prints how many messages
were refused and how many were read.
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import Final

import numpy as np

from qm_gateway.frames import PreparedBin
from qm_gateway.past_bins import BinStreamWriter
from qmcore.contracts.frames import read_message
from qmcore.errors import CorruptData, QmError
from qmcore.pipeline import GridPipeline, grid_message
from tests.streams.configs import small_config
from tests.streams.walked import walk

CONFIG: Final = small_config()


def whole_message() -> bytes:
    """A bin in the middle of a session."""
    pipeline = GridPipeline(CONFIG)
    frames = pipeline.feed(walk(3, 2000, mean_step_ns=2_000_000))
    return [grid_message(frame, CONFIG) for frame in frames][10]


def mutated(message: bytes, draw: np.random.Generator) -> bytes:
    """A few bytes changed, in the JSON, in Arrow's metadata or anywhere; sometimes the end is missing."""
    damaged = bytearray(message)
    begin = 4 + int.from_bytes(message[:4], "big")
    low, high = [(0, len(message)), (0, 4), (4, begin), (begin, begin + 2800)][draw.integers(4)]
    for at in draw.integers(low, high, draw.integers(1, 6)):
        damaged[at] = draw.integers(256)
    if draw.random() < 0.1:
        del damaged[draw.integers(len(damaged)) :]
    return bytes(damaged)


def through_the_gateway(message: bytes) -> bool:
    """What viewers get is made, and past bins are read; false where the message is refused."""
    try:
        prepared = PreparedBin(10, message)
        assert len(prepared.text(backfill=True, dropped=3)) + len(prepared.binary) >= len(message) - 4
    except QmError:
        return False
    try:
        _, batch = read_message(message, CONFIG.stream_schema.resolve(), CONFIG.rows, "fuzz")
        assert batch.num_rows == CONFIG.rows
        BinStreamWriter(CONFIG).write([message])
    except CorruptData:
        return False
    return True


def main(first: str, end: str) -> None:
    """See the module."""
    whole = whole_message()
    assert through_the_gateway(whole)
    outcomes: Counter[bool] = Counter()
    for seed in range(int(first), int(end)):
        print(f"seed {seed}", file=sys.stderr, flush=True)
        outcomes[through_the_gateway(mutated(whole, np.random.default_rng(seed)))] += 1
    print(outcomes[False], outcomes[True])


if __name__ == "__main__":
    main(*sys.argv[1:])
