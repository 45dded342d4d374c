"""``qm bench``: the table of figures."""

from __future__ import annotations

from pathlib import Path

import click

QUICK = ("kernels", "dataset", "first-passage", "sweep", "stream", "latency", "viewers")
"""What is measured where no part is named."""

PARTS = (*QUICK, "soak")


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
@click.option(
    "--minutes", type=click.FloatRange(0.1, 600), default=2.0, show_default=True, help="soak: how long."
)
@click.option(
    "--viewers", type=click.IntRange(1, 5000), default=500, show_default=True, help="soak: that keep up."
)
@click.option("--sessions", type=click.IntRange(1, 64), default=4, show_default=True, help="soak: at once.")
@click.option(
    "--slow", type=click.IntRange(0, 500), default=10, show_default=True, help="soak: slow readers."
)
def bench(
    parts: tuple[str, ...],
    runs: int,
    as_json: bool,
    folder: Path,
    minutes: float,
    viewers: int,
    sessions: int,
    slow: int,
) -> None:
    """Measure against the baselines: those PARTS that are named, or all but the soak.

    Figures are medians on this machine; the reach is what the project promises on 2 cores.
    """
    from qm_local.bench.report import report
    from qm_local.bench.soak import SoakPlan

    plan = SoakPlan(minutes=minutes, viewers=viewers, sessions=sessions, slow=slow)
    report(parts or QUICK, runs=runs, as_json=as_json, folder=folder, plan=plan)
