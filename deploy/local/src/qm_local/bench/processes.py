"""Commands of ours in processes of their own: how long they take and how much memory, children included."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qmcore.errors import QmError

_LOOK_EVERY_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Watched:
    """A command that ended well."""

    seconds: float
    cpu_seconds: float
    """User and system time of all its processes: what other work on the machine changes less."""
    peak_mb: float
    """Of all its processes at one time; pages that they share are counted once."""
    output: str


def watched(arguments: Sequence[str]) -> Watched:
    """Run ``qm`` with ``arguments``. Raises QmError with what it said where it fails."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        began, cpu_before = time.perf_counter(), _cpu_of_children()
        command = [sys.executable, "-m", "qmcore", *arguments]
        process = subprocess.Popen(command, stdout=output, stderr=errors)
        peak_kb = 0
        try:
            while process.poll() is None:
                peak_kb = max(peak_kb, sum(map(_resident_kb, _family(process.pid))))
                time.sleep(_LOOK_EVERY_S)
        finally:
            process.kill()
        seconds = time.perf_counter() - began
        for file in (output, errors):
            file.seek(0)
        if process.returncode != 0:
            raise QmError(f"qm {arguments[0]} failed: {errors.read()[-2000:]}")
        return Watched(seconds, _cpu_of_children() - cpu_before, peak_kb / 1024, output.read())


def _cpu_of_children() -> float:
    """Of all that have ended, with theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    found = [pid]
    for each in found:
        for children in Path(f"/proc/{each}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:  # it has ended meanwhile
                continue
    return found


def _resident_kb(pid: int) -> int:
    """Its share of what is in memory (PSS)."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
