"""Command ``qm report``. Heavy imports are inside the function."""

from __future__ import annotations

from pathlib import Path

import click

from qmcore.cli import lake_root_option
from qmcore.lake import Lake


@click.command()
@click.argument("experiment")
@lake_root_option
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file; else <lake>/research/harness/reports/EXPERIMENT.html.",
)
def report(experiment: str, lake_root: Path, output: Path | None) -> None:
    """Write the report of EXPERIMENT, one HTML file with everything in it, and print where it is."""
    from qm_harness.report.write import write_report

    click.echo(write_report(Lake(lake_root), experiment, output=output))
