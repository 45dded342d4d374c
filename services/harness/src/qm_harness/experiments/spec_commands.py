"""Commands about specs: ``qm validate``, ``qm schema`` and ``qm list-signals``. Heavy imports are inside."""

from __future__ import annotations

from pathlib import Path

import click

from qmcore.cli import EXIT_BAD_INPUT, lake_root_option
from qmcore.cli_output import OutputFormat, format_option, print_rows
from qmcore.lake import Lake

_KINDS = click.Choice(["instrument", "pipeline", "serving", "experiment", "published"])


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--kind", type=_KINDS, help="What the files are; else their place or their keys say so.")
@lake_root_option
@format_option
def validate(files: tuple[Path, ...], kind: str | None, lake_root: Path, output_format: OutputFormat) -> None:
    """Check spec files and what they name; every mistake with its field and what is allowed."""
    from typing import cast

    from qm_harness.experiments.specs import CheckedFile, SpecKind, check_file

    rows = []
    for file in files:
        found, problems = check_file(file, Lake(lake_root), cast("SpecKind | None", kind))
        for problem in problems:
            click.echo(f"error: {problem}", err=True)
        rows.append(CheckedFile(file=str(file), kind=found, problems=len(problems)))
    print_rows(rows, CheckedFile, output_format)
    if any(row.problems for row in rows):
        raise click.exceptions.Exit(EXIT_BAD_INPUT)


@click.command()
@click.option(
    "--output",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("schemas"),
    show_default=True,
    help="Where to write them.",
)
@format_option
def schema(folder: Path, output_format: OutputFormat) -> None:
    """Write JSON Schemas of all spec files, for editors that complete and check YAML."""
    from qm_harness.experiments.specs import SchemaFile, write_schemas

    print_rows(write_schemas(folder), SchemaFile, output_format)


@click.command("list-signals")
@format_option
def list_signals(output_format: OutputFormat) -> None:
    """List the signals with their parameters, defaults and ranges."""
    from qm_harness.experiments.signal_rows import SignalRow, signal_rows

    print_rows(signal_rows(), SignalRow, output_format)
