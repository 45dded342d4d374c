"""``qm gateway``: run the gateway."""

from __future__ import annotations

import sys

import click

from qm_gateway.app import GatewayService
from qm_gateway.settings import GatewaySettings
from qmcore.errors import ConfigError
from qmcore.service import load_settings, run_service


@click.command()
def gateway() -> None:
    """Stream sessions to viewers, and serve pages and REST. Settings come from QM_ variables."""
    try:
        settings = load_settings(GatewaySettings)
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    sys.exit(run_service("gateway", settings, lambda stopping: GatewayService(settings).run(stopping)))
