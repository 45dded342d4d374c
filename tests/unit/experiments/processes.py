"""What the processes of the tests do; importable by the processes themselves."""

from __future__ import annotations

import os
import signal
import time


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
