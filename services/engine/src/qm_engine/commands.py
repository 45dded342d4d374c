"""``qm engine``: run the engine service."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--lake-root",
    type=click.Path(path_type=Path, file_okay=False),
    help="The data folder (QM_LAKE; default ./lake).",
)
@click.option(
    "--slots", type=click.IntRange(1, 256), help="Most sessions at once (QM_ENGINE_SLOTS; default 4)."
)
@click.pass_context
def engine(ctx: click.Context, lake_root: Path | None, slots: int | None) -> None:
    """Run sessions: records from the bus in, grids out. Other settings come from QM_ variables."""
    from qm_engine.app import EngineService
    from qm_engine.settings import EngineSettings
    from qmcore.service import run_command

    chosen = {"lake": lake_root, "engine_slots": slots}
    ctx.exit(run_command("engine", EngineSettings, chosen, lambda settings: EngineService(settings).run))
