"""Commands of the harness: ``qm generate`` and ``qm list-datasets``. Heavy imports are inside the functions."""

from __future__ import annotations

from pathlib import Path

import click

from qmcore.cli import EXIT_FAILED, lake_root_option
from qmcore.cli_output import OutputFormat, format_option, print_rows
from qmcore.errors import NotFound
from qmcore.lake import Lake


@click.command()
@click.argument("pipeline", metavar="PIPELINE.YAML")
@lake_root_option
@format_option
def generate(pipeline: str, lake_root: Path, output_format: OutputFormat) -> None:
    """Make the dataset of a PipelineSpec, unless it is there.

    PIPELINE.YAML is a file, or the name of one in the lake's configs/pipelines.
    """
    from qm_harness.generate import generate as make
    from qm_harness.listing import GeneratedRow
    from qm_harness.progress import GenerateProgress
    from qmcore.config.base import load_spec
    from qmcore.config.pipeline import PipelineSpec

    lake = Lake(lake_root)
    path = pipeline_file(lake, pipeline)
    spec = load_spec(PipelineSpec, path)
    with GenerateProgress() as progress:
        result = make(lake, spec, source=str(path), progress=progress)
    name = result.dataset.manifest.dataset_id
    click.echo(f"made dataset {name}" if result.is_new else f"dataset {name} is there and intact", err=True)
    print_rows([GeneratedRow.of(result)], GeneratedRow, output_format)


@click.command("list-datasets")
@lake_root_option
@format_option
@click.option(
    "--verify", is_flag=True, help="Read every file and compare its checksum; exit code 1 on a mismatch."
)
def list_datasets(lake_root: Path, output_format: OutputFormat, verify: bool) -> None:
    """List the datasets of the lake."""
    from qm_harness.listing import DatasetRow, dataset_rows

    rows = dataset_rows(Lake(lake_root), verify=verify)
    print_rows(rows, DatasetRow, output_format)
    damaged = [row for row in rows if row.state == "damaged"]
    for row in damaged:
        click.echo(f"error: {row.problem}", err=True)
    if damaged:
        raise click.exceptions.Exit(EXIT_FAILED)


def pipeline_file(lake: Lake, pipeline: str) -> Path:
    """The file itself; for a bare name the lake's file. Raises NotFound listing the lake's."""
    path = Path(pipeline)
    if path.exists() or path.parent != Path():
        return path
    folder = lake.config_dir("pipelines")
    named = folder / f"{path.name.removesuffix('.yaml')}.yaml"
    if not named.exists():
        raise NotFound(
            kind="pipeline file", name=pipeline, available=sorted(p.stem for p in folder.glob("*.yaml"))
        )
    return named
