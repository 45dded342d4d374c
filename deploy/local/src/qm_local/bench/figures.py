"""One measured figure, and several runs of something as one figure."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable

from qmcore.contracts.messages import Message


class Figure(Message):
    """One row of the bench table."""

    what: str
    value: float
    unit: str
    reach: float | None = None
    """What it should reach, in the same unit; at most, unless ``at_least``."""
    at_least: bool = False
    baseline: str = ""
    """What it is compared to: measured in the same run, or known from elsewhere."""
    detail: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the reach is met; None without one."""
        if self.reach is None:
            return None
        return self.value >= self.reach if self.at_least else self.value <= self.reach


def median_seconds(run: Callable[[], object], runs: int) -> float:
    """Median wall-clock time of ``runs`` calls, after one that is not counted."""
    run()
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def peak_memory_mb() -> float:
    """Peak resident memory of this process and its ended children, MB."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1024
