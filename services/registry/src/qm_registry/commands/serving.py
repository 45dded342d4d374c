"""``qm serving publish | list | show | diff | audit``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from qm_registry.commands.options import outcome_option, page_options
from qmcore.cli_output import OutputFormat, columns_option, format_option, print_rows
from qmcore.cli_registry import registry_options, who_option

if TYPE_CHECKING:
    from qmcore.contracts.registry import Outcome


@click.group()
def serving() -> None:
    """Published servings: immutable, and named by their content."""


@serving.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--alias", help="Point this alias at it as well.")
@click.option("--why", help="Why, for the audit trail.  [default: published from FILE]")
@who_option
@registry_options
@format_option
def publish(
    file: Path,
    alias: str | None,
    why: str | None,
    who: str,
    registry_url: str | None,
    lake_root: Path,
    output_format: OutputFormat,
) -> None:
    """Resolve the serving in FILE (YAML) with its pipeline and instrument, and publish it.

    The same content again gives the serving that is there already.
    """
    import datetime as dt_

    from qm_registry.commands.rows import PublishedRow
    from qmcore.config.serving import ServingSource
    from qmcore.config.serving import publish as freeze
    from qmcore.contracts.registry import PromoteRequest, check_alias
    from qmcore.registry_access import open_registry
    from qmcore.serving_chain import load_serving_chain

    if alias is not None:
        check_alias(alias)
    chain = load_serving_chain(file, lake_root)
    source = ServingSource(
        serving=chain.serving.name,
        config_hash=chain.config_hash,
        published_at=dt_.datetime.now(dt_.UTC),
    )
    spec = freeze(chain.runtime, name=chain.serving.name, source=source)
    reason = why or f"published from {file}"
    version = None
    with open_registry(registry_url, lake_root) as registry:
        published = registry.publish(spec, who=who, why=reason)
        if alias is not None:
            request = PromoteRequest(serving_id=spec.serving_id, who=who, why=reason)
            version = registry.promote(alias, request).version
    row = PublishedRow(serving_id=spec.serving_id, created=published.created, alias=alias, version=version)
    print_rows([row], PublishedRow, output_format)


@serving.command("list")
@click.option("--name", help="Only servings that were published under this name.")
@page_options
@registry_options
@format_option
def list_(
    name: str | None,
    limit: int,
    offset: int,
    registry_url: str | None,
    lake_root: Path,
    output_format: OutputFormat,
) -> None:
    """Servings, newest first; a damaged one shows its error."""
    from qm_registry.commands.rows import ServingRow
    from qmcore.registry_access import open_registry

    with open_registry(registry_url, lake_root) as registry:
        page = registry.servings(name=name, limit=limit, offset=offset)
    print_rows([ServingRow.of(item) for item in page.items], ServingRow, output_format)


@serving.command()
@click.argument("alias_or_id")
@registry_options
@format_option
def show(alias_or_id: str, registry_url: str | None, lake_root: Path, output_format: OutputFormat) -> None:
    """Every resolved field of a serving. As json: the PublishedServingSpec itself."""
    from qm_registry.commands.rows import FieldRow
    from qm_registry.diff import leaves
    from qmcore.registry_access import open_registry

    with open_registry(registry_url, lake_root) as registry:
        spec = registry.resolve(alias_or_id).serving
    if output_format == "json":
        click.echo(spec.model_dump_json(indent=2))
        return
    rows = [FieldRow(field=field, value=value) for field, value in leaves(spec.model_dump(mode="json"))]
    print_rows(rows, FieldRow, output_format)


@serving.command()
@click.argument("a")
@click.argument("b")
@registry_options
@format_option
def diff(a: str, b: str, registry_url: str | None, lake_root: Path, output_format: OutputFormat) -> None:
    """Field by field, what changes from A to B (aliases or ids)."""
    from qmcore.contracts.registry import FieldDiff
    from qmcore.registry_access import open_registry

    with open_registry(registry_url, lake_root) as registry:
        found = registry.diff(a, b)
    print_rows(found.changes, FieldDiff, output_format)


@serving.command()
@outcome_option
@page_options
@registry_options
@format_option
@columns_option
def audit(
    outcome: Outcome | None,
    limit: int,
    offset: int,
    registry_url: str | None,
    lake_root: Path,
    output_format: OutputFormat,
    columns: str | None,
) -> None:
    """Every attempted change of the registry, newest first: who, why, on what evidence, and what was refused."""
    from qm_registry.commands.rows import print_events
    from qmcore.registry_access import open_registry

    with open_registry(registry_url, lake_root) as registry:
        page = registry.events(outcome=outcome, limit=limit, offset=offset)
    print_events(page, output_format, columns)
