"""``qm replay``: run the replay service."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--lake-root",
    type=click.Path(path_type=Path, file_okay=False),
    help="The data folder (QM_LAKE; default ./lake).",
)
@click.pass_context
def replay(ctx: click.Context, lake_root: Path | None) -> None:
    """Play market records from the lake onto the bus. Other settings come from QM_ variables."""
    from qm_replay.app import ReplayService
    from qm_replay.settings import ReplaySettings
    from qmcore.service import run_command

    chosen = {"lake": lake_root}
    ctx.exit(run_command("replay", ReplaySettings, chosen, lambda settings: ReplayService(settings).run))
