"""Command ``qm online-sim``. Heavy imports are inside the function."""

from __future__ import annotations

from pathlib import Path

import click

from qmcore.cli import EXIT_FAILED, lake_root_option
from qmcore.cli_output import OutputFormat, format_option, print_rows
from qmcore.lake import Lake


@click.command("online-sim")
@lake_root_option
@format_option
@click.option("--signal", help="The signal; or --run-id.")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter of the signal.")
@click.option("--artifact", metavar="SHA256", help="The model of a trained signal.")
@click.option(
    "--run-id", help="Signal, parameters and model of this run; its dataset, unless another is given."
)
@click.option("--dataset-id", help="Bins of this dataset.")
@click.option(
    "--pipeline", metavar="PIPELINE.YAML", help="Records of this pipeline's day, book and physics included."
)
@click.option(
    "--bin-budget-ms",
    type=click.FloatRange(0, min_open=True),
    help="What a bin may take; else the width of a bin.",
)
@click.option("--bins", type=click.IntRange(1), help="Only so many bins.")
@click.option(
    "--check/--no-check",
    default=True,
    show_default=True,
    help="With --pipeline: hold values against the pipeline's dataset, making it if need be.",
)
def online_sim(
    lake_root: Path,
    output_format: OutputFormat,
    signal: str | None,
    params: tuple[str, ...],
    artifact: str | None,
    run_id: str | None,
    dataset_id: str | None,
    pipeline: str | None,
    bin_budget_ms: float | None,
    bins: int | None,
    check: bool,
) -> None:
    """Serve a signal bin by bin as the engine does: latencies, memory, retrains, and whether values are those offline.

    Exit code 1 where a value differs from the offline replay.
    """
    from qm_harness.commands import pipeline_file
    from qm_harness.online_sim.asked import run_of, signal_named, signal_of
    from qm_harness.online_sim.row import OnlineSimRow
    from qm_harness.online_sim.run import simulate_dataset, simulate_file

    lake = Lake(lake_root)
    if (signal is None) == (run_id is None):
        raise click.UsageError("say either --signal or --run-id")
    if run_id is not None:
        if params or artifact:
            raise click.UsageError("--param and --artifact belong to --signal; a run has its own")
        meta = run_of(lake, run_id)
        spec = signal_of(meta)
        if dataset_id is None and pipeline is None:
            dataset_id = meta.dataset_id
    else:
        spec = signal_named(lake, str(signal), params, artifact)
    if (dataset_id is None) == (pipeline is None):
        raise click.UsageError("say either --dataset-id or --pipeline")
    if dataset_id is not None:
        row = simulate_dataset(lake, dataset_id, spec, budget_ms=bin_budget_ms, n_bins=bins)
    else:
        path = pipeline_file(lake, str(pipeline))
        row = simulate_file(lake, path, spec, budget_ms=bin_budget_ms, n_bins=bins, is_checked=check)
    print_rows([row], OnlineSimRow, output_format)
    if row.values == "different":
        click.echo(
            f"error: {row.different_bins} of {row.bins} values differ from the offline replay", err=True
        )
        raise click.exceptions.Exit(EXIT_FAILED)
