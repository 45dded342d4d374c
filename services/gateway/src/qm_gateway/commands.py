"""``qm gateway``: run the gateway."""

from __future__ import annotations

import click


@click.command()
@click.option("--host", help="Address to listen on (QM_GATEWAY_HOST; default 127.0.0.1).")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port (QM_GATEWAY_PORT; default 8002; 0: a free one)."
)
@click.pass_context
def gateway(ctx: click.Context, host: str | None, port: int | None) -> None:
    """Stream sessions to viewers, and serve pages and REST. Other settings come from QM_ variables."""
    from qm_gateway.app import GatewayService
    from qm_gateway.settings import GatewaySettings
    from qmcore.service import run_command

    chosen = {"gateway_host": host, "gateway_port": port}
    ctx.exit(run_command("gateway", GatewaySettings, chosen, lambda settings: GatewayService(settings).run))
