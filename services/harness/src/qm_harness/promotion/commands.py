"""Command ``qm promote``. Heavy imports are inside the function."""

from __future__ import annotations

from pathlib import Path

import click

from qmcore.cli_output import OutputFormat, columns_option, format_option, print_rows
from qmcore.cli_registry import registry_options, who_option
from qmcore.lake import Lake


@click.command()
@click.argument("experiment", metavar="EXPERIMENT.YAML")
@click.option("--run-id", required=True, metavar="R", help="The run; `qm compare` lists them.")
@click.option("--alias", required=True, metavar="A", help="The name that is to stream it.")
@click.option(
    "--threshold",
    type=float,
    help="Threshold to judge it at; left out, the best net mean in sample among those with enough trades.",
)
@click.option("--override", metavar="REASON", help="Pass the gate all the same; the reason is kept.")
@click.option(
    "--expect",
    metavar="ID",
    help="Only if the alias points there; '' for: only if it does not exist.  [default: as it is now]",
)
@click.option("--why", help="Why, for the audit trail.  [default: the run]")
@who_option
@registry_options
@format_option
@columns_option
def promote(
    experiment: str,
    run_id: str,
    alias: str,
    threshold: float | None,
    override: str | None,
    expect: str | None,
    why: str | None,
    who: str,
    registry_url: str | None,
    lake_root: Path,
    output_format: OutputFormat,
    columns: str | None,
) -> None:
    """Publish a run as a serving and point an alias at it, if the evidence is good enough.

    EXPERIMENT.YAML is a file, or the name of one in the lake's configs/experiments. Refused, with exit code 1, unless
    the run earns out of sample, after real costs, and with every trial of the experiment counted (docs/evaluation.md).
    """
    from qm_harness.experiments.chain import experiment_file, load_experiment
    from qm_harness.promotion.promote import promote_run
    from qm_harness.promotion.rows import PromotedRow
    from qmcore.registry_access import open_registry

    lake = Lake(lake_root)
    chain = load_experiment(experiment_file(experiment, lake), lake)
    with open_registry(registry_url, lake_root) as registry:
        promoted = promote_run(
            lake,
            registry,
            chain,
            run_id,
            alias,
            who=who,
            why=why,
            threshold=threshold,
            override=override,
            expected=expect,
        )
    for condition in promoted.failed:
        click.echo(f"overridden: {condition}", err=True)
    if not promoted.same_code:
        click.echo(
            f"warning: the code has changed since run {run_id} was evaluated; what streams may differ from it. "
            "qm run evaluates it anew.",
            err=True,
        )
    print_rows([PromotedRow.of(promoted)], PromotedRow, output_format, columns)
