"""How commands print results: one table of rows, as ``--format table``, ``json`` or ``csv``."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

if TYPE_CHECKING:
    from pydantic import BaseModel

OutputFormat = Literal["table", "json", "csv"]
CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def format_option(command: CommandT) -> CommandT:
    """``--format table|json|csv``, passed as ``output_format``."""
    choice = click.Choice(["table", "json", "csv"])
    return click.option("--format", "output_format", type=choice, default="table", show_default=True)(command)


def print_rows(rows: Sequence[BaseModel], model: type[BaseModel], output_format: OutputFormat) -> None:
    """Print rows of ``model``, whose fields are the columns, to standard output."""
    documents = [row.model_dump(mode="json") for row in rows]
    names = list(model.model_fields)
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
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in names:
        numeric = bool(documents) and all(isinstance(d[name], int | float) for d in documents)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for document in documents:
        table.add_row(*(_cell(document[name]) for name in names))
    console = Console(soft_wrap=False)
    if not console.is_terminal:
        # Into a pipe or a file: as wide as it needs to be, so that no line is folded.
        console = Console(width=max(console.width, console.measure(table).maximum))
    console.print(table)
    if not documents:
        console.print("none")


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)
