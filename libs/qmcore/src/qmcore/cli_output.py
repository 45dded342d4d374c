"""How commands print results: one table of rows, as ``--format table``, ``json`` or ``csv``."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import click

from qmcore.errors import OptionError

if TYPE_CHECKING:
    from pydantic import BaseModel

OutputFormat = Literal["table", "json", "csv"]
_UNLIMITED: Final = 100_000
"""Columns; wider than any table."""

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def format_option(command: CommandT) -> CommandT:
    """``--format table|json|csv``, passed as ``output_format``."""
    choice = click.Choice(["table", "json", "csv"])
    return click.option("--format", "output_format", type=choice, default="table", show_default=True)(command)


def columns_option(command: CommandT) -> CommandT:
    """``--columns a,b,c``, passed as ``columns: str | None``, which ``print_rows`` takes."""
    return click.option("--columns", metavar="A,B,...", help="Only these columns, in this order.")(command)


def print_rows(
    rows: Sequence[BaseModel],
    model: type[BaseModel],
    output_format: OutputFormat,
    columns: str | None = None,
) -> None:
    """Print rows of ``model``, whose fields are the columns, to standard output; or some, ``columns`` naming them.

    Raises OptionError on a column that is none.
    """
    names = list(model.model_fields) if columns is None else columns.split(",")
    for name in names:
        if name not in model.model_fields:
            raise OptionError(option="--columns", value=name, allowed=", ".join(model.model_fields))
    dumped = (row.model_dump(mode="json") for row in rows)
    documents = [{name: document[name] for name in names} for document in dumped]
    if output_format == "json":
        click.echo(json.dumps(documents, indent=2))
    elif output_format == "csv":
        text = io.StringIO()
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(documents)
        click.echo(text.getvalue(), nl=False)
    else:
        _print_table(documents, names)


def _print_table(documents: list[dict[str, object]], names: list[str]) -> None:
    """Rows as lines; on a terminal that is too narrow for them, one field a line."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in names:
        numeric = bool(documents) and all(isinstance(d[name], int | float) for d in documents)
        table.add_column(name, justify="right" if numeric else "left", no_wrap=True)
    for document in documents:
        table.add_row(*(_cell(document[name]) for name in names))
    console = Console(markup=False, highlight=False)
    width = console.measure(table, options=console.options.update(max_width=_UNLIMITED)).maximum
    if console.is_terminal and width > console.width:
        label = max(map(len, names))
        for document in documents:
            for name in names:
                click.echo(f"{name:<{label}}  {_cell(document[name])}")
            click.echo()
    else:
        console.width = max(console.width, width)
        console.print(table)
    if not documents:
        click.echo("none")


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)
