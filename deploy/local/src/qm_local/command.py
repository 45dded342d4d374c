"""``qm up``: start the whole stack on this machine and print the URL."""

from __future__ import annotations

from pathlib import Path

import click

from qmcore.cli import lake_root_option


@click.command()
@lake_root_option
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Port of page and gateway; default 8002, or a free one.",
)
@click.option("--engines", type=click.IntRange(1, 64), default=1, show_default=True, help="Engine workers.")
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".run"),
    show_default=True,
    help="Folder for logs and the brokers' files.",
)
@click.option("--dev", is_flag=True, help="Hot reload: Vite on 5174 in front, services restart on a change.")
def up(lake_root: Path, port: int | None, engines: int, state: Path, dev: bool) -> None:
    """Start brokers, services and the page, with sample data on the first start. Ctrl-C ends everything."""
    import asyncio

    from qm_local.running import Options, run

    asyncio.run(run(Options(lake_root.resolve(), state.resolve(), port, engines, dev)))


@click.command()
@lake_root_option
@click.option(
    "--registry",
    "registry_url",
    envvar="QM_REGISTRY_ENDPOINT",
    show_envvar=True,
    metavar="URL",
    help="Only publish the sample's serving there, and promote it to the alias demo where that does not exist.",
)
def sample(lake_root: Path, registry_url: str | None) -> None:
    """Fill a new lake with the sample configuration and a simulated market day; what is there stays as it is."""
    import asyncio

    from rich.console import Console

    from qm_local.sample import prepare, promote_demo
    from qmcore.config.instrument import load_instrument
    from qmcore.lake import Lake

    lake = Lake(lake_root.resolve())
    if registry_url is None:
        prepare(lake, Console(stderr=True))
    else:
        asyncio.run(promote_demo(lake, load_instrument(lake.root), registry_url))
