"""Rows as a table, as JSON, as CSV."""

from __future__ import annotations

import csv
import io
import json

import click
import pytest
from click.testing import CliRunner
from pydantic import BaseModel

from qmcore.cli_output import OutputFormat, columns_option, format_option, print_rows
from qmcore.errors import OptionError


class Row(BaseModel):
    """Something of every kind."""

    name: str
    count: int
    share: float | None
    is_new: bool


ROWS = [
    Row(name="a, b", count=12, share=0.123456789, is_new=True),
    Row(name="c", count=3, share=None, is_new=False),
]


def printed(output_format: str, rows: list[Row], *options: str) -> str:
    """What a command prints into a pipe."""

    @click.command()
    @format_option
    @columns_option
    def command(output_format: OutputFormat, columns: str | None) -> None:
        print_rows(rows, Row, output_format, columns)

    result = CliRunner().invoke(command, ["--format", output_format, *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_json_is_the_rows():
    assert json.loads(printed("json", ROWS)) == [row.model_dump() for row in ROWS]
    assert json.loads(printed("json", [])) == []


def test_csv_has_a_header_and_quotes_what_it_must():
    lines = list(csv.reader(io.StringIO(printed("csv", ROWS))))
    assert lines == [
        ["name", "count", "share", "is_new"],
        ["a, b", "12", "0.123456789", "True"],
        ["c", "3", "", "False"],
    ]
    assert printed("csv", []) == "name,count,share,is_new\n"


def test_columns_are_chosen_and_ordered_by_name():
    assert printed("csv", ROWS, "--columns", "count,name") == 'count,name\n12,"a, b"\n3,c\n'
    assert json.loads(printed("json", ROWS, "--columns", "share")) == [
        {"share": 0.123456789},
        {"share": None},
    ]
    assert printed("table", ROWS, "--columns", "count").split() == ["count", "12", "3"]
    with pytest.raises(
        OptionError, match=r"--columns: 'nmae' is not allowed; allowed: name, count, share, is_new"
    ):
        printed("table", ROWS, "--columns", "name,nmae")


def test_a_table_has_one_line_a_row():
    lines = printed("table", ROWS).splitlines()
    assert [line.split() for line in lines] == [
        ["name", "count", "share", "is_new"],
        ["a,", "b", "12", "0.123457", "yes"],
        ["c", "3", "-", "no"],
    ]


def test_a_table_in_a_pipe_is_never_folded():
    long = Row(name="x" * 300, count=1, share=None, is_new=False)
    lines = printed("table", [long]).splitlines()
    assert len(lines) == 2
    assert "x" * 300 in lines[1]


def test_an_empty_table_says_none():
    assert printed("table", []).splitlines()[-1] == "none"


def test_another_format_is_refused():
    @click.command()
    @format_option
    def command(output_format: OutputFormat) -> None:
        raise AssertionError(output_format)

    result = CliRunner().invoke(command, ["--format", "xml"])
    assert result.exit_code == 2
    assert "'xml' is not one of 'table', 'json', 'csv'" in result.stderr


@pytest.mark.parametrize("text", ["[red]markup[/red]", "[x"])
def test_markup_in_values_is_plain_text(text):
    assert text in printed("table", [Row(name=text, count=1, share=None, is_new=False)])
