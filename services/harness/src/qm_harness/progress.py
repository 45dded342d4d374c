"""The progress of a generation as a bar on standard error: bins, events per second, bins per second, time left."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import TaskProgressColumn

from qm_harness.generate import Advance
from qm_harness.rate_bar import RateBar


class GenerateProgress(RateBar):
    """Shows what ``generate`` reports."""

    def __init__(self, console: Console | None = None) -> None:
        super().__init__("building the book", TaskProgressColumn(), console=console)
        self._begun = time.monotonic()
        self._first_bins: tuple[float, int] | None = None

    def __call__(self, advance: Advance) -> None:
        """Show how far it has come."""
        now = time.monotonic()
        rates = f"{advance.events / max(now - self._begun, 1e-9) / 1e6:.1f} M events/s"
        if advance.bins and self._first_bins is None:
            self._first_bins = now, advance.bins
            self.bar.reset(self.task, total=advance.bins_expected, description="bins")
        elif self._first_bins is not None:
            then, bins = self._first_bins
            rates += f"  {(advance.bins - bins) / max(now - then, 1e-9):,.0f} bins/s"
        self.bar.update(self.task, completed=advance.bins, rates=rates)
