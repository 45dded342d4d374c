"""From what ``run_experiment`` reports to ``JobProgress``, said at most a few times a second. No clock of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Final

from qm_harness.experiments.runner import Standing, Watchers
from qm_harness.generate import Advance, Progress
from qmcore.contracts.jobs import JobProgress

EVERY_S: Final = 0.3
"""Least time between two reports of one phase."""


class ProgressMeter:
    """Says what is new to ``say``; ``now`` is a clock in seconds."""

    def __init__(self, say: Callable[[JobProgress], None], now: Callable[[], float]) -> None:
        self._say, self._now = say, now
        self._newest = JobProgress(phase="starting")
        self._said: JobProgress | None = None
        self._said_at = 0.0
        self._sweep_began: float | None = None

    def watchers(self) -> Watchers:
        """For ``run_experiment``."""
        return Watchers(self._dataset, self._sweep)

    def flush(self) -> JobProgress:
        """Say the newest, if it was not said, and give it."""
        if self._newest != self._said:
            self._said, self._said_at = self._newest, self._now()
            self._say(self._newest)
        return self._newest

    @contextlib.contextmanager
    def _dataset(self, label: str) -> Iterator[Progress]:
        def advance(so_far: Advance) -> None:
            done = min(1.0, so_far.bins / so_far.bins_expected) if so_far.bins_expected else None
            self._report(JobProgress(phase="dataset", dataset=label, dataset_done=done))

        yield advance

    def _sweep(self, standing: Standing) -> None:
        now = self._now()
        if self._sweep_began is None:
            self._sweep_began = now
        tried = standing.finished + standing.failed
        spent = now - self._sweep_began
        rate = tried / spent if tried and spent > 0 else None
        left = standing.total - standing.reused - tried
        self._report(
            JobProgress(
                phase="points",
                points=standing.total,
                reused=standing.reused,
                finished=standing.finished,
                failed=standing.failed,
                points_per_second=rate,
                seconds_left=0.0 if not left else left / rate if rate else None,
            )
        )

    def _report(self, progress: JobProgress) -> None:
        self._newest = progress
        said = self._said
        is_new = said is None or (said.phase, said.dataset) != (progress.phase, progress.dataset)
        if is_new or self._now() - self._said_at >= EVERY_S:
            self.flush()
