"""Runs the parts of the bench and prints what they measure."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from qm_local.bench import dataset, first_passage, kernels, soak, stream, sweep
from qm_local.bench.figures import Figure
from qm_local.bench.soak import SoakPlan

_PARTS: dict[str, Callable[[Path, int], Iterator[Figure]]] = {
    "kernels": kernels.run,
    "dataset": dataset.run,
    "first-passage": first_passage.run,
    "sweep": sweep.run,
    "stream": stream.run,
    "latency": stream.run_latency,
    "viewers": stream.run_viewers,
}


WIDE = 200
"""Columns of the table where it goes into a file or a pipe."""


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _table(figures: Sequence[Figure]) -> Table:
    table = Table(title=f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    table.add_column("what")
    table.add_column("measured", justify="right")
    table.add_column("reach", justify="right")
    table.add_column("compared to")
    table.add_column("detail")
    for f in figures:
        reach = "" if f.reach is None else f"{'>=' if f.at_least else '<='} {_number(f.reach)} {f.unit}"
        mark = {True: "[green]", False: "[red]", None: ""}[f.reached]
        table.add_row(f.what, f"{mark}{_number(f.value)} {f.unit}", reach, f.baseline, f.detail)
    return table


def report(
    parts: Sequence[str], *, runs: int, as_json: bool, folder: Path, plan: SoakPlan | None = None
) -> None:
    """Measure and print; progress goes to standard error. ``plan`` is that of the part ``soak``."""
    folder.mkdir(parents=True, exist_ok=True)
    progress = Console(stderr=True)
    figures: list[Figure] = []
    for part in parts:
        with progress.status(f"measuring {part}"):
            if part == "soak":
                figures += soak.run(folder, plan or SoakPlan(), progress.print)
            else:
                figures += _PARTS[part](folder, runs)
    if as_json:
        json.dump([f.model_dump() | {"reached": f.reached} for f in figures], sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        terminal = Console()
        (terminal if terminal.is_terminal else Console(width=WIDE)).print(_table(figures))
