"""Training once: the artifact of a signal on a dataset, made by one process while the others wait.

Guarantees: the same dataset, parameters, seed and code are trained once in a lake, however many processes ask, as long
as ``<lake>/cache/training`` is kept; a note there whose artifact is gone or damaged is not believed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from qmcore.artifacts import ArtifactStore
from qmcore.contracts.experiments import Lineage
from qmcore.lake import Lake, publish_file


class TrainedOnce:
    """Artifacts of ``lake`` by what they were trained on."""

    def __init__(self, lake: Lake, artifacts: ArtifactStore) -> None:
        self._folder = lake.root / "cache" / "training"
        self._artifacts = artifacts

    def artifact(self, lineage: Lineage, make: Callable[[], bytes]) -> str:
        """Name of the artifact of ``lineage``; what ``make`` raises is raised, and nothing is kept."""
        note = self._folder / f"{_key(lineage)}.txt"
        with _alone(note.with_suffix(".lock")):
            if note.exists():
                found = note.read_text(encoding="ascii", errors="replace")
                if self._artifacts.holds(found):
                    return found
            made = self._artifacts.save(make())
            publish_file(note, made.encode())
            return made


def _key(lineage: Lineage) -> str:
    """A hash of all that the artifact depends on."""
    trained = [lineage.dataset_hash, lineage.signal, lineage.params, lineage.seed, lineage.code_version]
    return hashlib.sha256(json.dumps(trained).encode()).hexdigest()[:32]


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold ``path``; waits for others, whose hold ends with their process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
