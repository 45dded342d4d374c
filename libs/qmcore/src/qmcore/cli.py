"""``qm``: one door to the commands that the services bring along as entry points of group ``qm.commands``.

Guarantees: exit code 0 done, 1 failed, 2 bad input; an error is one message on standard error, with a
traceback only under ``--debug`` or QM_DEBUG. A command's module is imported only when the command is run:
``qm --help`` reads its docstring from the source.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import click

from qmcore import __version__
from qmcore.errors import BadInput, QmError
from qmcore.lake import LAKE_ENV, default_lake_root

COMMANDS: Final = "qm.commands"
EXIT_FAILED: Final = 1
EXIT_BAD_INPUT: Final = 2
EXIT_INTERRUPTED: Final = 130

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def lake_root_option(command: CommandT) -> CommandT:
    """``--lake-root`` or QM_LAKE, passed as ``lake_root: Path``."""
    return click.option(
        "--lake-root",
        type=click.Path(path_type=Path, file_okay=False),
        default=default_lake_root,
        show_default=f"{LAKE_ENV} or ./lake",
        help="The data folder.",
    )(command)


class Commands(click.Group):
    """A group whose commands are the installed entry points, and which turns errors into exit codes."""

    @cached_property
    def _entries(self) -> dict[str, EntryPoint]:
        return {entry.name: entry for entry in entry_points(group=COMMANDS)}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, those registered by hand among them."""
        return sorted({*super().list_commands(ctx), *self._entries})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now; one that cannot be imported says so when it is run."""
        entry = self._entries.get(cmd_name)
        if entry is None:
            return super().get_command(ctx, cmd_name)
        try:
            command = entry.load()
        except ImportError as error:
            return _broken(cmd_name, entry, error)
        if not isinstance(command, click.Command):
            raise TypeError(f"entry point {cmd_name} = {entry.value} is not a click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        names = self.list_commands(ctx)
        limit = formatter.width - 6 - max(map(len, names), default=0)
        rows = [(name, self._listed(ctx, name).get_short_help_str(limit)) for name in names]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def _listed(self, ctx: click.Context, name: str) -> click.Command:
        """Something that has the help of the command ``name``, if possible without importing it."""
        entry = self._entries.get(name)
        docstring = None if entry is None else _docstring(entry)
        if docstring is not None:
            return click.Command(name, help=docstring)
        return self.get_command(ctx, name) or click.Command(name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run; errors become one message and an exit code."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:
            # The reader of our output has left, as in ``qm ... | head``.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(EXIT_FAILED)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(EXIT_INTERRUPTED)
        except Exception as error:
            _fail(ctx, error)


def _docstring(entry: EntryPoint) -> str | None:
    """The docstring of the function behind ``entry``, read from its source; None where there is no such thing."""
    package, *inner = entry.module.split(".")
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    module = Path(spec.submodule_search_locations[0], *inner)
    file = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError):
        return None
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == entry.attr)
    return next((ast.get_docstring(node) for node in functions), None)


def _fail(ctx: click.Context, error: Exception) -> NoReturn:
    if ctx.params.get("debug"):
        traceback.print_exception(error)
    if isinstance(error, QmError):
        click.echo(f"error: {error}", err=True)
    else:
        hint = "" if ctx.params.get("debug") else " (qm --debug shows where)"
        click.echo(f"error: {type(error).__name__}: {error}{hint}", err=True)
    ctx.exit(EXIT_BAD_INPUT if isinstance(error, BadInput) else EXIT_FAILED)


def _broken(name: str, entry: EntryPoint, error: ImportError) -> click.Command:
    problem = f"command {name} ({entry.value}) cannot be loaded: {error}"

    @click.command(name, help=problem, context_settings={"ignore_unknown_options": True})
    @click.argument("arguments", nargs=-1)
    def broken(arguments: tuple[str, ...]) -> None:
        raise QmError(problem) from error

    return broken


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="qm")
@click.option("--debug", is_flag=True, envvar="QM_DEBUG", help="Show tracebacks.")
def main(debug: bool) -> None:
    """QMachina: order-book pressure and vacuum, from a DBN file to a live heatmap.

    Exit codes: 0 done, 1 failed, 2 bad input.
    """
