"""Checkpoints whose checksum is sound but whose content is wrong, read and then fed: refused, or served to the end.

``python -m tests.fuzz.checkpoint_driver SIGNAL FIRST END`` makes one mutation for each seed in [FIRST, END), names it
on standard error before it is tried, and prints how many were refused and how many were read.
"""

from __future__ import annotations

import faulthandler
import sys
from collections import Counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qmcore.checkpoint import Section, pack, unpack
from qmcore.config.runtime import RuntimeConfig, SignalSpec
from qmcore.errors import ConfigError, CorruptData
from qmcore.pipeline import GridPipeline
from tests.fixtures.artifacts import ARTIFACTS, with_artifact
from tests.streams.configs import small_config
from tests.streams.walked import walk

LONGEST_S: Final = 30
EXTREMES: Final = (0, -1, 1, 255, 1000, 2**31 - 1, -(2**31), 2**31, 2**62, -(2**63), 2**63 - 1, 0x7FF8 << 48)
"""The last one is a NaN as a float64."""


def config_of(signal: str) -> RuntimeConfig:
    """A small session that serves ``signal``."""
    bare = small_config(end_time="09:30:10")
    return bare.model_copy(update={"signal": with_artifact(SignalSpec(name=signal), bare)})


def mutated(sections: dict[str, Section], seed: int) -> tuple[str, dict[str, Section]]:
    """One section missing, cut, doubled or with other numbers in it, and which one."""
    draw = np.random.default_rng(seed)
    name = str(draw.choice([name for name, value in sections.items() if not isinstance(value, bytes)]))
    array = np.array(sections[name])
    match draw.choice(["missing", "cut", "doubled", "bytes", "bytes", "numbers", "numbers"]):
        case "missing":
            return name, {key: value for key, value in sections.items() if key != name}
        case "cut":
            array = array[: draw.integers(0, max(1, len(array)))]
        case "doubled":
            array = np.concatenate([array, array])
        case "bytes" if array.size:
            raw = array.reshape(-1).view(np.uint8)
            raw[draw.integers(0, len(raw), draw.integers(1, 5))] = draw.integers(256)
        case _ if array.nbytes >= 8:
            raw = array.reshape(-1).view(np.uint8)
            at = 8 * draw.integers(len(raw) // 8)
            raw[at : at + 8] = np.frombuffer(np.int64(draw.choice(EXTREMES)).tobytes(), np.uint8)
    return name, sections | {name: array}


def tried(sections: dict[str, Section], config: RuntimeConfig, records: NDArray[np.void]) -> str:
    """Read a checkpoint and go on from it."""
    try:
        pipeline = GridPipeline.from_state(pack(sections), config, ARTIFACTS)
    except CorruptData:
        return "refused"
    try:
        for frame in pipeline.feed(records):
            frame.arrow()
        for frame in pipeline.finish(None):
            frame.arrow()
    except ConfigError:  # a signal's value was too large for a number, which ends the session in words
        return "refused"
    pipeline.export_state()
    return "read"


def main(signal: str, first: str, end: str) -> None:
    """See the module."""
    config = config_of(signal)
    records = walk(3, 6000, mean_step_ns=1_500_000)
    pipeline = GridPipeline(config, ARTIFACTS)
    for _ in pipeline.feed(records[:3000]):
        pass
    sections = unpack(pipeline.export_state(), "fuzz")
    assert tried(sections, config, records[3000:]) == "read"
    outcomes: Counter[str] = Counter()
    for seed in range(int(first), int(end)):
        name, changed = mutated(sections, seed)
        print(f"seed {seed}: {name}", file=sys.stderr, flush=True)
        faulthandler.dump_traceback_later(LONGEST_S, exit=True)
        outcomes[tried(changed, config, records[3000:])] += 1
        faulthandler.cancel_dump_traceback_later()
    print(outcomes["refused"], outcomes["read"])


if __name__ == "__main__":
    main(*sys.argv[1:])
