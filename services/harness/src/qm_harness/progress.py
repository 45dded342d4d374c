"""The progress of a generation as a bar on standard error: bins, events per second, bins per second, time left."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from qm_harness.generate import Advance


class GenerateProgress:
    """Shows what ``generate`` reports. A context manager; silent where standard error is not a terminal."""

    def __init__(self, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rates]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("building the book", total=None, rates="")
        self._begun = time.monotonic()
        self._first_bins: tuple[float, int] | None = None

    def __call__(self, advance: Advance) -> None:
        """Show how far it has come."""
        now = time.monotonic()
        rates = f"{advance.events / max(now - self._begun, 1e-9) / 1e6:.1f} M events/s"
        if advance.bins and self._first_bins is None:
            self._first_bins = now, advance.bins
            self._bar.reset(self._task, total=advance.bins_expected, description="bins")
        elif self._first_bins is not None:
            then, bins = self._first_bins
            rates += f"  {(advance.bins - bins) / max(now - then, 1e-9):,.0f} bins/s"
        self._bar.update(self._task, completed=advance.bins, rates=rates)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._bar.stop()
