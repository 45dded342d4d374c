"""Command ``qm run``. Heavy imports are inside the function."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from qmcore.cli import EXIT_FAILED, lake_root_option
from qmcore.cli_output import OutputFormat, format_option, print_rows
from qmcore.errors import OptionError
from qmcore.lake import Lake

_MOST_ERRORS: Final = 10


@click.command()
@click.argument("experiment", metavar="EXPERIMENT.YAML")
@lake_root_option
@format_option
@click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    help="Processes on this machine; else what the experiment says, else one for each core.",
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="Use the workers of this Dask scheduler, such as tcp://10.0.0.5:8786. They need the same code, and the lake "
    "under the same path; start them with `dask worker ADDRESS --nworkers N --nthreads 1`.",
)
@click.option("--no-tracking", is_flag=True, help="Keep no copy in MLflow, whatever the experiment says.")
@click.option("--retry-failed", is_flag=True, help="Run points again that failed before.")
def run(
    experiment: str,
    lake_root: Path,
    output_format: OutputFormat,
    workers: int | None,
    dask: str | None,
    no_tracking: bool,
    retry_failed: bool,
) -> None:
    """Run an experiment: what is missing of its datasets and points; go on where it was interrupted.

    EXPERIMENT.YAML is a file, or the name of one in the lake's configs/experiments. Exit code 1 where a point failed.
    """
    from qm_harness.experiments.chain import experiment_file, load_experiment
    from qm_harness.experiments.progress import watchers
    from qm_harness.experiments.runner import run_experiment
    from qm_harness.experiments.summary import RunSummary

    _check_options(workers, dask)
    lake = Lake(lake_root)
    chain = load_experiment(experiment_file(experiment, lake), lake)
    with watchers() as watching:
        ended = run_experiment(
            chain,
            lake,
            watching,
            workers=workers,
            dask=dask,
            tracked=not no_tracking,
            retry_failed=retry_failed,
        )
    summary = RunSummary.of(chain, ended)
    for error, points in list(ended.errors.items())[:_MOST_ERRORS]:
        click.echo(f"error: {points} points failed: {error}", err=True)
    print_rows([summary], RunSummary, output_format)
    if ended.errors:
        raise click.exceptions.Exit(EXIT_FAILED)


def _check_options(workers: int | None, dask: str | None) -> None:
    from qmcore.config.experiment import dask_address

    if dask is None:
        return
    if workers is not None:
        allowed = "processes on this machine, so not together with --dask"
        raise OptionError(option="--workers", value=workers, allowed=allowed)
    try:
        dask_address(dask)
    except ValueError:
        allowed = "the address of a Dask scheduler, such as tcp://10.0.0.5:8786"
        raise OptionError(option="--dask", value=dask, allowed=allowed) from None
