"""``qm registry``: run the registry service."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("registry")
@click.option("--host", help="Address to listen on (QM_REGISTRY_HOST; default 127.0.0.1).")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port (QM_REGISTRY_PORT; default 8003; 0: a free one)."
)
@click.option(
    "--database", metavar="URL", help="SQLAlchemy URL (QM_REGISTRY_URL; default SQLite in the lake)."
)
@click.option(
    "--lake-root",
    type=click.Path(path_type=Path, file_okay=False),
    help="The data folder (QM_LAKE; default ./lake, or none when a database is named).",
)
@click.pass_context
def registry(
    ctx: click.Context, host: str | None, port: int | None, database: str | None, lake_root: Path | None
) -> None:
    """Serve the registry over REST until stopped."""
    from qm_registry.service import run
    from qm_registry.settings import RegistrySettings
    from qmcore.service import load_settings

    chosen = {"registry_host": host, "registry_port": port, "registry_url": database, "lake": lake_root}
    settings = load_settings(RegistrySettings).model_copy(
        update={name: value for name, value in chosen.items() if value is not None}
    )
    ctx.exit(run(settings))
