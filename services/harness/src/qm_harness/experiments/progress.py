"""The progress of a sweep as a bar on standard error: points, failures, points per second, time left.

A search that learns needs datasets in the middle of the sweep; the time that they take is not the points'.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console
from rich.progress import MofNCompleteColumn

from qm_harness.experiments.runner import Standing, Watchers
from qm_harness.generate import Progress
from qm_harness.progress import GenerateProgress
from qm_harness.rate_bar import RateBar


@contextlib.contextmanager
def watchers(console: Console | None = None) -> Iterator[Watchers]:
    """Bars for the datasets of an experiment and for its points, one at a time."""
    console = console or Console(stderr=True)
    sweep = SweepProgress(console)

    @contextlib.contextmanager
    def dataset(label: str) -> Iterator[Progress]:
        sweep.pause()
        if label and console.is_terminal:
            console.print(f"dataset with {label}", markup=False, highlight=False)
        with GenerateProgress(console) as progress:
            yield progress

    try:
        yield Watchers(
            dataset,
            sweep,
            lambda problem: console.print(
                f"warning: {problem}", markup=False, highlight=False, soft_wrap=True
            ),
        )
    finally:
        sweep.bar.stop()


class SweepProgress(RateBar):
    """Shows what ``run_experiment`` reports, from the first time on."""

    def __init__(self, console: Console) -> None:
        super().__init__("points", MofNCompleteColumn(), console=console)
        self._begun: float | None = None
        self._seconds = 0.0

    def __call__(self, standing: Standing) -> None:
        """Show how far it has come."""
        now = time.monotonic()
        if self._begun is None:
            # Only now, so that no other bar is on the terminal at the same time.
            self._begun = now
            self.bar.start()
        done = standing.finished + standing.failed
        seconds = self._seconds + now - self._begun
        rates = f"{done / max(seconds, 1e-9):,.1f} points/s"
        if standing.failed:
            rates += f"  {standing.failed} failed"
        self.bar.update(self.task, total=standing.total - standing.reused, completed=done, rates=rates)

    def pause(self) -> None:
        """Give the terminal to somebody else, until points are reported again."""
        self.bar.stop()
        if self._begun is not None:
            self._seconds += time.monotonic() - self._begun
            self._begun = None
