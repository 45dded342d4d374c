"""What the processes of the tests do; importable by the processes themselves."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def square(job: int) -> tuple[int, int]:
    return job * job, os.getpid()


def fatal_at_three(job: int) -> int:
    if job == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    if job == 5:
        raise ValueError("five")
    return job


def sleep(job: float) -> float:
    time.sleep(job)
    return job


def unready(job: float) -> str | None:
    """What keeps this process from working on ``job``."""
    return f"has nothing to do with {job}" if job < 0 else None


def leave_mark(folder: Path, job: int) -> int:
    (folder / str(job)).touch()
    time.sleep(0.5)
    return job
