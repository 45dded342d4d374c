"""Command ``qm compare``. Heavy imports are inside the function."""

from __future__ import annotations

from pathlib import Path

import click

from qmcore.cli import lake_root_option
from qmcore.cli_output import OutputFormat, columns_option, format_option, print_rows
from qmcore.errors import NotFound, OptionError
from qmcore.lake import Lake


@click.command()
@lake_root_option
@format_option
@columns_option
@click.option("--experiment", help="Only runs of this experiment.")
@click.option("--signal", help="Only runs of this signal.")
@click.option("--dataset-id", help="Only runs on this dataset.")
@click.option("--sort", default="mean_pnl_ticks", show_default=True, help="Any number among the columns.")
@click.option(
    "--min-signals",
    type=click.IntRange(1),
    default=5,
    show_default=True,
    help="Fewer signals are not ranked.",
)
@click.option(
    "--top-n", type=click.IntRange(1), default=50, show_default=True, help="How many runs to print."
)
def compare(
    lake_root: Path,
    output_format: OutputFormat,
    columns: str | None,
    experiment: str | None,
    signal: str | None,
    dataset_id: str | None,
    sort: str,
    min_signals: int,
    top_n: int,
) -> None:
    """Rank runs by net expectancy, each at its best threshold; p-values count every trial of the experiment."""
    from qm_harness.results.comparison import SORTS, CompareRow, ranked
    from qm_harness.results.judged import judged_trials
    from qm_harness.results.store import ResultStore

    if sort not in SORTS:
        raise OptionError(option="--sort", value=sort, allowed=", ".join(SORTS))
    store = ResultStore(Lake(lake_root))
    metas = store.metas()
    options = {"experiment": experiment, "signal": signal, "dataset_id": dataset_id}
    asked = {name: value for name, value in options.items() if value is not None}
    for name, value in asked.items():
        there = sorted({str(getattr(meta, name)) for meta in metas})
        if value not in there:
            raise NotFound(kind=f"{name.replace('_', ' ')} among the results", name=value, available=there)
    trials = judged_trials(store, lambda meta: all(getattr(meta, k) == v for k, v in asked.items()))
    rows = ranked(trials, sort=sort, min_signals=min_signals, top_n=top_n)
    print_rows(rows, CompareRow, output_format, columns)
