"""One door, one kind of error message, three exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import EntryPoint

import click
import pytest
from click.testing import CliRunner, Result

from qmcore import cli, lake
from qmcore.errors import BadInput, Unavailable

HEAVY = ("numpy", "pyarrow", "databento", "pandas", "fastapi", "sqlalchemy", "nats", "rich")


@click.command()
@click.option("--how", default="well")
@cli.lake_root_option
def act(how: str, lake_root: object) -> None:
    """Act in some way."""
    match how:
        case "bad input":
            raise BadInput("the input is bad: mend it")
        case "unavailable":
            raise Unavailable(what="redis", problem="connection refused")
        case "bug":
            raise ZeroDivisionError("division by zero")
        case "interrupted":
            raise KeyboardInterrupt
    click.echo(f"done in {lake_root}")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch):
    """Run ``qm`` with one good and one broken entry point."""
    entries = [
        EntryPoint("act", f"{__name__}:act", cli.COMMANDS),
        EntryPoint("broken", "no_such_package.commands:broken", cli.COMMANDS),
    ]
    monkeypatch.setattr(cli, "entry_points", lambda group: entries)
    monkeypatch.setattr(
        EntryPoint, "load", lambda self: act if self.name == "act" else __import__("no_such_package")
    )
    cli.main.__dict__.pop("_entries", None)

    def invoke(*arguments: str, **env: str) -> Result:
        return CliRunner().invoke(cli.main, arguments, env=env)

    yield invoke
    cli.main.__dict__.pop("_entries", None)


def test_done_is_zero(run):
    result = run("act", QM_LAKE="")
    assert (result.exit_code, result.stdout) == (0, "done in lake\n")


def test_the_lake_is_named_by_option_or_environment(run):
    assert run("act", QM_LAKE="/data/lake").stdout == "done in /data/lake\n"
    assert run("act", "--lake-root", "/other", QM_LAKE="/data/lake").stdout == "done in /other\n"
    assert "QM_LAKE or ./lake" in run("act", "--help").stdout


@pytest.mark.parametrize(
    ("how", "code", "message"),
    [
        ("bad input", 2, "error: the input is bad: mend it\n"),
        ("unavailable", 1, "error: redis is unavailable: connection refused\n"),
        ("bug", 1, "error: ZeroDivisionError: division by zero (qm --debug shows where)\n"),
        ("interrupted", 130, "interrupted\n"),
    ],
)
def test_an_error_is_one_message_and_an_exit_code(run, how, code, message):
    result = run("act", "--how", how)
    assert (result.exit_code, result.stdout, result.stderr) == (code, "", message)


@pytest.mark.parametrize(("arguments", "env"), [(("--debug",), {}), ((), {"QM_DEBUG": "1"})])
def test_debug_shows_the_traceback(run, arguments, env):
    result = run(*arguments, "act", "--how", "bug", **env)
    assert result.exit_code == 1
    assert "Traceback (most recent call last):" in result.stderr
    assert result.stderr.endswith("error: ZeroDivisionError: division by zero\n")


def test_a_wrong_option_or_command_is_bad_input(run):
    assert run("act", "--nonsense").exit_code == 2
    assert run("nonsense").exit_code == 2


def test_a_broken_command_does_not_hide_the_others(run):
    assert "Act in some way." in run("--help").stdout
    result = run("broken", "any", "--thing")
    assert result.exit_code == 1
    assert result.stderr == (
        "error: command broken (no_such_package.commands:broken) cannot be loaded: "
        "No module named 'no_such_package'\n"
    )


def test_help_of_all_installed_commands_imports_nothing_heavy():
    code = (
        "import sys, json\n"
        "from click.testing import CliRunner\n"
        "from qmcore.cli import main\n"
        "result = CliRunner().invoke(main, ['--help'])\n"
        "print(json.dumps([result.exit_code, 'cannot be loaded' in result.output, sorted(sys.modules)]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    exit_code, has_broken, modules = json.loads(done.stdout)
    assert exit_code == 0
    assert not has_broken
    assert [m for m in modules if m in HEAVY] == []


def test_a_reader_that_leaves_is_no_error():
    code = (
        "import click\n"
        "from qmcore.cli import main\n"
        "@main.command()\n"
        "def much():\n"
        "    while True: click.echo('x' * 999)\n"
        "main(['much'])\n"
    )
    done = subprocess.run(
        f'"{sys.executable}" -c "$CODE" much | head -c 5',
        shell=True,
        capture_output=True,
        text=True,
        env={"CODE": code},
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("xxxxx", "")


def test_the_default_lake_is_stated_once():
    assert lake.LAKE_ENV == "QM_LAKE"
