"""The progress of a simulation as a bar on standard error: bins, bins a second, p99 so far, time left."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from qm_harness.online_sim.simulate import Simulated


class SimulationProgress:
    """Shows what ``simulate`` reports. A context manager; silent where standard error is not a terminal."""

    def __init__(self, n_bins: int, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        self._bar = Progress(
            TextColumn("bins"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rates]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("bins", total=n_bins, rates="")

    def __call__(self, seen: Simulated) -> None:
        """Show how far it has come."""
        p99 = seen.total.percentile(0.99)
        rates = f"{seen.bins / max(seen.seconds, 1e-9):,.0f} bins/s"
        if p99 is not None:
            rates += f"  p99 {p99 / 1e3:,.1f} us"
        self._bar.update(self._task, completed=seen.bins, rates=rates)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._bar.stop()
