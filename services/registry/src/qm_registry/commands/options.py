"""Options that only the registry's own commands have."""

from __future__ import annotations

import datetime as dt_
from collections.abc import Callable
from typing import Any, TypeVar

import click

from qmcore.errors import OptionError

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def page_options(command: CommandT) -> CommandT:
    """``--limit`` and ``--offset``."""
    limit = click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
    offset = click.option("--offset", type=click.IntRange(0, 1_000_000_000), default=0, show_default=True)
    return limit(offset(command))


def outcome_option(command: CommandT) -> CommandT:
    """``--outcome``."""
    choice = click.Choice(["done", "unchanged", "refused"])
    return click.option("--outcome", type=choice, help="Only these attempts.")(command)


def instant(option: str, text: str) -> dt_.datetime:
    """An aware datetime from ISO 8601. Raises OptionError."""
    try:
        parsed = dt_.datetime.fromisoformat(text)
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        raise OptionError(
            option=option, value=text, allowed="ISO 8601 with offset, e.g. 2025-11-24T14:30:00Z"
        )
    return parsed
