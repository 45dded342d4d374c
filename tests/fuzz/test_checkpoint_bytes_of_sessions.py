"""Checkpoints of real sessions: damaged by storage, or written wrong. Each is refused or read, none ends the process.

``QM_FUZZ_CHECKPOINTS`` says how many wrong ones of each signal (``make fuzz``: 5,000).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from qmcore.artifacts import ArtifactStore
from qmcore.errors import CorruptData
from qmcore.lake import Lake
from qmcore.pipeline import GridPipeline
from qmcore.signals.models import ModelSequence
from tests.fixtures.artifacts import TRAINED, trained
from tests.fixtures.signal_data import random_columns
from tests.fuzz.checkpoint_driver import config_of
from tests.streams.configs import small_config
from tests.streams.walked import walk

WRONG = int(os.environ.get("QM_FUZZ_CHECKPOINTS", "300"))
SIGNALS = ("derivative", "mlofi", "microprice", "iirc")
"""One that holds a state model, and three with windows, sums and counts of their own."""


def small_checkpoint() -> tuple[bytes, GridPipeline]:
    """Of a session that has seen forty records."""
    pipeline = GridPipeline(small_config())
    for _ in pipeline.feed(walk(5, 40)):
        pass
    return pipeline.export_state(), pipeline


@pytest.mark.timeout(240)
def test_every_byte_of_a_checkpoint_matters() -> None:
    state, pipeline = small_checkpoint()
    assert GridPipeline.from_state(state, pipeline.config).export_state() == state
    draw = np.random.default_rng(1)
    for at in range(len(state)):
        damaged = bytearray(state)
        damaged[at] ^= int(draw.integers(1, 256))
        with pytest.raises(CorruptData):
            GridPipeline.from_state(bytes(damaged), pipeline.config)


def test_a_checkpoint_cut_anywhere_is_refused() -> None:
    state, pipeline = small_checkpoint()
    for length in range(0, len(state), 37):
        with pytest.raises(CorruptData):
            GridPipeline.from_state(state[:length], pipeline.config)


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.timeout(120 + WRONG)
def test_wrong_content_under_a_sound_checksum_is_refused_or_read(signal: str) -> None:
    command = [sys.executable, "-m", "tests.fuzz.checkpoint_driver", signal, "0", str(WRONG)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=100 + WRONG, check=False)
    last = next((line for line in reversed(run.stderr.splitlines()) if line.startswith("seed ")), "")
    assert run.returncode == 0, f"{last}\n{run.stderr[-3000:]}"
    refused, read = map(int, run.stdout.split())
    assert refused + read == WRONG
    assert refused > 0 < read


@pytest.mark.parametrize("signal", TRAINED)
@pytest.mark.timeout(240)
def test_damaged_artifacts_are_refused(signal: str, tmp_path: Path) -> None:
    """By their own checksum, and by the store that knows them by their hash."""
    config = config_of(signal)
    data = trained(signal, random_columns(400, 21, config))
    assert ModelSequence.decode(data, "fuzz").encode() == data
    lake = Lake(tmp_path)
    store = ArtifactStore(lake)
    name = store.save(data)
    draw = np.random.default_rng(2)
    places = [[at] for at in range(0, len(data), max(1, len(data) // 4000))]
    places += [draw.integers(0, len(data), draw.integers(2, 3000)).tolist() for _ in range(200)]
    for chosen in places:
        damaged = bytearray(data)
        for at in set(chosen):
            damaged[at] ^= int(draw.integers(1, 256))
        with pytest.raises(CorruptData):
            ModelSequence.decode(bytes(damaged), "fuzz")
    path = lake.artifact_path(name)
    path.chmod(0o644)
    for other in (bytes(damaged), data[:-1], bytes(len(data)), b""):
        path.write_bytes(other)
        with pytest.raises(CorruptData):
            store.load(name)
