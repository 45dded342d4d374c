"""The progress of a simulation as a bar on standard error: bins, bins a second, p99 so far, time left."""

from __future__ import annotations

from rich.console import Console
from rich.progress import MofNCompleteColumn

from qm_harness.online_sim.simulate import Simulated
from qm_harness.rate_bar import RateBar


class SimulationProgress(RateBar):
    """Shows what ``simulate`` reports."""

    def __init__(self, n_bins: int, console: Console | None = None) -> None:
        super().__init__("bins", MofNCompleteColumn(), total=n_bins, console=console)

    def __call__(self, seen: Simulated) -> None:
        """Show how far it has come."""
        p99 = seen.total.percentile(0.99)
        rates = f"{seen.bins / max(seen.seconds, 1e-9):,.0f} bins/s"
        if p99 is not None:
            rates += f"  p99 {p99 / 1e3:,.1f} us"
        self.bar.update(self.task, completed=seen.bins, rates=rates)
