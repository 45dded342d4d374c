"""Options of commands that use a registry: which one, and who uses it."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any, TypeVar

import click

from qmcore.cli import lake_root_option

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def registry_options(command: CommandT) -> CommandT:
    """``--registry`` and ``--lake-root``, passed as ``registry_url: str | None`` and ``lake_root: Path``.

    What they name is opened by ``qmcore.registry_access.open_registry``.
    """
    option = click.option(
        "--registry",
        "registry_url",
        envvar="QM_REGISTRY_ENDPOINT",
        show_envvar=True,
        metavar="URL",
        help="A registry service; left out, the lake's own registry is opened directly.",
    )
    return lake_root_option(option(command))


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "unknown"


def who_option(command: CommandT) -> CommandT:
    """``--who``, for the audit trail."""
    return click.option(
        "--who",
        envvar="QM_WHO",
        show_envvar=True,
        default=_login,
        show_default="login name",
        help="Who does it.",
    )(command)
