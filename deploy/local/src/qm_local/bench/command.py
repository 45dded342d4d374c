"""``qm bench``: the table of figures."""

from __future__ import annotations

from pathlib import Path

import click

PARTS = ("kernels", "dataset", "first-passage", "sweep", "stream", "latency", "viewers")


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option(
    "--runs",
    type=click.IntRange(1, 50),
    default=5,
    show_default=True,
    help="Counted runs of each; the median is shown.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of the table.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".run/bench"),
    show_default=True,
    help="Where the synthetic files are kept.",
)
def bench(parts: tuple[str, ...], runs: int, as_json: bool, folder: Path) -> None:
    """Measure against the baselines: all PARTS, or those that are named.

    Figures are medians on this machine; the reach is what the project promises on 2 cores.
    """
    from qm_local.bench.report import report

    report(parts or PARTS, runs=runs, as_json=as_json, folder=folder)
