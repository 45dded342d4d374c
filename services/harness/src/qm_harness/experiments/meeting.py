"""How a worker elsewhere knows that it works on the same lake with the same code as the process that plans a sweep."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qm_harness.experiments.tasks import Batch, experiment_code_version
from qmcore.errors import QmError
from qmcore.lake import Lake
from qmcore.signals.catalogue import kind_of


@dataclass(frozen=True, slots=True)
class Meeting:
    """A lake, a file in it, and what that says."""

    lake_root: Path
    file: Path
    says: str

    def not_ready(self, batch: Batch) -> str | None:
        """Why this process must not work on ``batch``; None where it may."""
        try:
            says: str | None = self.file.read_text()
        except OSError:
            says = None
        if says != self.says:
            return f"does not see the lake; it must be there under the same path: {self.lake_root}"
        for task in batch.tasks:
            try:
                version = experiment_code_version(kind_of(task.signal.name))
            except QmError as error:
                return f"cannot use signal {task.signal.name}: {error}"
            if version != task.lineage.code_version:
                return (
                    f"runs other code: {version}, but the sweep was planned with {task.lineage.code_version}"
                )
        return None


@contextlib.contextmanager
def called(lake: Lake) -> Iterator[Meeting]:
    """A meeting for as long as this is entered."""
    token = uuid.uuid4().hex
    file = lake.results_dir / ".running" / f"{token}.meeting"
    meeting = Meeting(lake.root.resolve(), file.resolve(), token)
    meeting.file.parent.mkdir(parents=True, exist_ok=True)
    meeting.file.write_text(token)
    try:
        yield meeting
    finally:
        meeting.file.unlink(missing_ok=True)
