"""``qm engine``: run the engine service."""

from __future__ import annotations

import sys

import click

from qm_engine.app import EngineService
from qm_engine.settings import EngineSettings
from qmcore.errors import ConfigError
from qmcore.service import load_settings, run_service


@click.command()
def engine() -> None:
    """Run sessions: records from the bus in, grids out. Settings come from QM_ variables."""
    try:
        settings = load_settings(EngineSettings)
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    sys.exit(run_service("engine", settings, lambda stopping: EngineService(settings).run(stopping)))
