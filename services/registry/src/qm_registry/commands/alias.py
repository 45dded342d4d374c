"""``qm alias list | show | set | rollback | history``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from qm_registry.commands.options import instant, outcome_option, page_options
from qmcore.cli_output import OutputFormat, columns_option, format_option, print_rows
from qmcore.cli_registry import registry_options, who_option

if TYPE_CHECKING:
    from qmcore.contracts.registry import Outcome

WHY = click.option("--why", required=True, help="Why, for the audit trail.")


@click.group()
def alias() -> None:
    """Aliases: movable names for servings, with their whole history."""


@alias.command("list")
@page_options
@registry_options
@format_option
def list_(
    limit: int, offset: int, registry_url: str | None, lake_root: Path, output_format: OutputFormat
) -> None:
    """Where every alias points now."""
    from qmcore.contracts.registry import AliasState
    from qmcore.registry_access import open_registry

    with open_registry(registry_url, lake_root) as registry:
        page = registry.aliases(limit=limit, offset=offset)
    print_rows(page.items, AliasState, output_format)


@alias.command()
@click.argument("name")
@click.option("--at", "at_text", metavar="TIME", help="ISO 8601 with offset: where it pointed then.")
@registry_options
@format_option
def show(
    name: str, at_text: str | None, registry_url: str | None, lake_root: Path, output_format: OutputFormat
) -> None:
    """Where alias NAME points, now or at a past instant."""
    from qmcore.contracts.registry import AliasState
    from qmcore.registry_access import open_registry

    at = None if at_text is None else instant("--at", at_text)
    with open_registry(registry_url, lake_root) as registry:
        state = registry.alias(name, at)
    print_rows([state], AliasState, output_format)


@alias.command("set")
@click.argument("name")
@click.argument("serving")
@click.option(
    "--expect", metavar="ID", help="Only if it points there now; '' for: only if it does not exist yet."
)
@WHY
@who_option
@registry_options
@format_option
def set_(
    name: str,
    serving: str,
    expect: str | None,
    why: str,
    who: str,
    registry_url: str | None,
    lake_root: Path,
    output_format: OutputFormat,
) -> None:
    """Point alias NAME at SERVING, an id or another alias."""
    from qmcore.config.base import parse_spec
    from qmcore.contracts.registry import AliasState, PromoteRequest, check_alias
    from qmcore.registry_access import open_registry

    check_alias(name)
    with open_registry(registry_url, lake_root) as registry:
        serving_id = registry.resolve(serving).serving.serving_id
        fields = {"serving_id": serving_id, "expected_serving_id": expect, "who": who, "why": why}
        state = registry.promote(name, parse_spec(PromoteRequest, fields, "qm alias set"))
    print_rows([state], AliasState, output_format)


@alias.command()
@click.argument("name")
@click.option("--expect", metavar="ID", help="Only if it points there now.")
@WHY
@who_option
@registry_options
@format_option
def rollback(
    name: str,
    expect: str | None,
    why: str,
    who: str,
    registry_url: str | None,
    lake_root: Path,
    output_format: OutputFormat,
) -> None:
    """Point alias NAME back at what it pointed at before; repeated, it goes further back."""
    from qmcore.config.base import parse_spec
    from qmcore.contracts.registry import AliasState, RollbackRequest
    from qmcore.registry_access import open_registry

    fields = {"expected_serving_id": expect, "who": who, "why": why}
    request = parse_spec(RollbackRequest, fields, "qm alias rollback")
    with open_registry(registry_url, lake_root) as registry:
        state = registry.rollback(name, request)
    print_rows([state], AliasState, output_format)


@alias.command()
@click.argument("name")
@outcome_option
@page_options
@registry_options
@format_option
@columns_option
def history(
    name: str,
    outcome: Outcome | None,
    limit: int,
    offset: int,
    registry_url: str | None,
    lake_root: Path,
    output_format: OutputFormat,
    columns: str | None,
) -> None:
    """Every attempt to move alias NAME, newest first, the refused ones too."""
    from qm_registry.commands.rows import print_events
    from qmcore.registry_access import open_registry

    with open_registry(registry_url, lake_root) as registry:
        page = registry.history(name, outcome=outcome, limit=limit, offset=offset)
    print_events(page, output_format, columns)
