"""Options that the registry's commands share, and the registry that they lead to."""

from __future__ import annotations

import datetime as dt_
import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from qmcore.cli import lake_root_option
from qmcore.errors import NotFound, OptionError

if TYPE_CHECKING:
    from qm_registry.access import Registry

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def registry_options(command: CommandT) -> CommandT:
    """``--registry`` and ``--lake-root``, passed as ``registry_url: str | None`` and ``lake_root: Path``."""
    option = click.option(
        "--registry",
        "registry_url",
        envvar="QM_REGISTRY_ENDPOINT",
        show_envvar=True,
        metavar="URL",
        help="A registry service; left out, the lake's own registry is opened directly.",
    )
    return lake_root_option(option(command))


def page_options(command: CommandT) -> CommandT:
    """``--limit`` and ``--offset``."""
    limit = click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
    offset = click.option("--offset", type=click.IntRange(0, 1_000_000_000), default=0, show_default=True)
    return limit(offset(command))


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


@contextmanager
def open_registry(registry_url: str | None, lake_root: Path) -> Iterator[Registry]:
    """The registry service at ``registry_url``, else the registry of the lake (or of QM_REGISTRY_URL)."""
    from qm_registry.access import RemoteRegistry

    if registry_url:
        yield RemoteRegistry(registry_url)
        return
    from qm_registry.opening import open_store
    from qm_registry.settings import RegistrySettings
    from qmcore.service import load_settings

    if not lake_root.is_dir():
        raise NotFound(kind="lake", name=str(lake_root))
    store = open_store(lake_root, load_settings(RegistrySettings).registry_url)
    try:
        yield store
    finally:
        store.database.close()


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
