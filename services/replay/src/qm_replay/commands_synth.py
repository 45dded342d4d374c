"""``qm data synth``: write a simulated trading session as a DBN file.

The options are the fields of ``SynthSpec``: a field added there is an option here.
"""

from __future__ import annotations

import datetime as dt
import re
import types
import typing
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from qmcore.cli import lake_root_option
from qmcore.cli_output import OutputFormat, format_option, print_rows
from qmcore.errors import OptionError
from qmcore.lake import Lake
from qmcore.synth import SynthSpec, SynthSummary, write_dbn
from qmcore.units import NS_PER_SECOND, PRICE_SCALE, Ns

NEW_YORK = ZoneInfo("America/New_York")
DEFAULT_DAY = dt.date(2025, 2, 3)
DEFAULT_TIME = "09:30"


class _DecimalType(click.ParamType[Decimal]):
    """A number kept as it was written, so that prices stay exact."""

    name = "decimal"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            return Decimal(str(value))
        except InvalidOperation:
            self.fail(f"{value!r} is not a decimal number", param, ctx)


def _flag(field: str) -> str:
    return "--" + field.replace("_", "-")


def _click_type(annotation: object) -> click.ParamType[Any]:
    if typing.get_origin(annotation) is typing.Literal:
        return click.Choice(list(typing.get_args(annotation)))
    if isinstance(annotation, types.UnionType):
        return _click_type(next(a for a in typing.get_args(annotation) if a is not type(None)))
    if annotation is Decimal:
        return _DecimalType()
    if annotation is int:
        return click.INT
    if annotation is float:
        return click.FLOAT
    return click.STRING


def _option(name: str, field: FieldInfo) -> click.Option:
    """The command-line option of one field of SynthSpec."""
    if field.annotation is bool:
        return click.Option([_flag(name)], is_flag=True, default=field.default, help=field.description)
    return click.Option(
        [_flag(name)],
        type=_click_type(field.annotation),
        default=field.default,
        show_default=field.default is not None,
        help=field.description,
    )


SPEC_OPTIONS = [_option(name, field) for name, field in SynthSpec.model_fields.items() if name != "start_ns"]


def session_start(day: str | None, start: str) -> Ns:
    """UTC ns of ``start``: a time (on ``day``) or a date and time, New York unless it names UTC or an offset.

    Raises OptionError naming --dt or --start.
    """
    allowed = "09:30, 2025-02-03T09:30, either with a trailing ' ET', ' UTC', 'Z' or an offset like -05:00"
    text, zone = start.strip(), NEW_YORK
    for suffix, named in ((" UTC", ZoneInfo("UTC")), (" ET", NEW_YORK), ("Z", ZoneInfo("UTC"))):
        if text.upper().endswith(suffix):
            text, zone = text[: -len(suffix)].strip(), named
            break
    try:
        date = DEFAULT_DAY if day is None else dt.date.fromisoformat(day)
    except ValueError:
        raise OptionError(option="--dt", value=day, allowed="a date like 2025-02-03") from None
    if re.match(r"\d\d:", text):
        text = f"{date.isoformat()}T{text}"
    elif day is not None:
        raise OptionError(option="--start", value=start, allowed="a time alone, as --dt gives the date")
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise OptionError(option="--start", value=start, allowed=allowed) from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    since = moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return Ns((since.days * 86_400 + since.seconds) * NS_PER_SECOND + since.microseconds * 1000)


def _allowed(name: str) -> str:
    """The range of a field of SynthSpec, in words."""
    signs = {
        "gt": "more than",
        "ge": "at least",
        "lt": "less than",
        "le": "at most",
        "pattern": "text that matches",
    }
    signs["decimal_places"] = "digits after the point:"
    said = [
        f"{words} {getattr(limit, sign)}"
        for limit in SynthSpec.model_fields[name].metadata
        for sign, words in signs.items()
        if getattr(limit, sign, None) is not None
    ]
    return ", ".join(said)


def _checked(values: dict[str, object]) -> SynthSpec:
    """The spec of the given option values; OptionError names the first that is wrong."""
    try:
        return SynthSpec.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["loc"]:
            name = str(first["loc"][0])
            option = "--start" if name == "start_ns" else _flag(name)
            raise OptionError(option=option, value=first["input"], allowed=_allowed(name)) from None
        said = first["msg"].removeprefix("Value error, ")
        name = said.split()[0]
        raise OptionError(option=_flag(name), value=str(values.get(name)), allowed=said) from None


def default_output(lake_root: Path, spec: SynthSpec) -> Path:
    """Where the lake keeps the file of that UTC day, under a name like Databento's."""
    root = re.sub(r"(?<=.)[FGHJKMNQUVXZ]\d{1,2}$", "", spec.symbol)
    return Lake(lake_root).raw_dir("future_mbo", root) / f"glbx-mdp3-{spec.first_day:%Y%m%d}.mbo.dbn.zst"


class _EventRate(ProgressColumn):
    """Events written a second."""

    def render(self, task: Task) -> Text:
        taken = task.elapsed or 0.0
        written = int(task.fields["written"])
        rate = written / taken if taken > 0 else 0.0
        return Text(f"{written:,} events, {rate / 1e6:.2f} M/s")


def _summary_table(summary: SynthSummary) -> Table:
    table = Table("what", "value")
    for name, value in summary.model_dump(exclude={"path"}).items():
        if name.endswith("_price_int"):
            name, value = name.removesuffix("_int"), None if value is None else value / PRICE_SCALE
        elif name.endswith("_ns"):
            value = dt.datetime.fromtimestamp(value // NS_PER_SECOND, dt.UTC).isoformat()
        elif isinstance(value, int) and name not in ("seed", "instrument_id"):
            value = f"{value:,}"
        table.add_row(name, f"{value:.2f}" if isinstance(value, float) else str(value))
    return table


@click.command("synth", params=SPEC_OPTIONS)
@click.option("--dt", "day", metavar="YYYY-MM-DD", help=f"Date of the session.  [default: {DEFAULT_DAY}]")
@click.option(
    "--start", default=DEFAULT_TIME, show_default=True, help="Start: ISO time or date and time, ET or UTC."
)
@click.option(
    "--output", type=click.Path(path_type=Path), help="File to write; default: in the lake's raw folder."
)
@lake_root_option
@click.option("--level", default=3, show_default=True, help="zstd compression level, 1 to 22.")
@click.option("--overwrite", is_flag=True, help="Replace a file that is there already.")
@format_option
def synth(
    day: str | None,
    start: str,
    output: Path | None,
    lake_root: Path,
    level: int,
    overwrite: bool,
    output_format: OutputFormat,
    **values: object,
) -> None:
    """Simulate a trading session and write it as a DBN v3 MBO file.

    A queue-reactive order book with trending and reverting regimes; equal arguments give equal records.
    """
    spec = _checked({**values, "start_ns": session_start(day, start)})
    path = output if output is not None else default_output(lake_root, spec)
    columns = (TextColumn("{task.description}"), BarColumn(), _EventRate(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(spec.symbol, total=1.0, written=0)
        summary = write_dbn(
            path,
            spec,
            lambda written, done: bar.update(task, completed=done, written=written),
            level=level,
            overwrite=overwrite,
        )
    if output_format == "json":
        click.echo(summary.model_dump_json(indent=2))
    elif output_format == "csv":
        print_rows([summary], SynthSummary, "csv")
    else:
        click.echo(str(summary.path))
        Console().print(_summary_table(summary))
