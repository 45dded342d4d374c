"""``qm replay``: run the replay service."""

from __future__ import annotations

import sys

import click

from qm_replay.app import ReplayService
from qm_replay.settings import ReplaySettings
from qmcore.errors import ConfigError
from qmcore.service import load_settings, run_service


@click.command()
def replay() -> None:
    """Play market records from the lake onto the bus. Settings come from QM_ variables."""
    try:
        settings = load_settings(ReplaySettings)
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    sys.exit(run_service("replay", settings, lambda stopping: ReplayService(settings).run(stopping)))
