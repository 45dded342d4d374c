"""``qm harness`` and ``qm harness-worker``: run the harness's API, and its workers."""

from __future__ import annotations

from pathlib import Path

import click

_LAKE = click.option(
    "--lake-root",
    type=click.Path(path_type=Path, file_okay=False),
    help="The data folder (QM_LAKE; default ./lake).",
)


@click.command()
@click.option("--host", help="Address to listen on (QM_HARNESS_HOST; default 127.0.0.1).")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port (QM_HARNESS_PORT; default 8004; 0: a free one)."
)
@_LAKE
@click.pass_context
def harness(ctx: click.Context, host: str | None, port: int | None, lake_root: Path | None) -> None:
    """Serve experiments, jobs and runs over REST. Other settings come from QM_ variables."""
    from qm_harness.service.app import SERVICE, HarnessService
    from qm_harness.service.settings import HarnessSettings
    from qmcore.service import run_command

    chosen = {"harness_host": host, "harness_port": port, "lake": lake_root}
    ctx.exit(run_command(SERVICE, HarnessSettings, chosen, lambda settings: HarnessService(settings).run))


@click.command("harness-worker")
@click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    help="Most processes for one job (QM_HARNESS_WORKERS; default: what its experiment says).",
)
@_LAKE
@click.pass_context
def harness_worker(ctx: click.Context, workers: int | None, lake_root: Path | None) -> None:
    """Run the jobs that were submitted to the harness, one at a time. Other settings come from QM_ variables."""
    from qm_harness.service.settings import HarnessSettings
    from qm_harness.service.worker.app import HarnessWorker
    from qmcore.service import run_command

    chosen = {"harness_workers": workers, "lake": lake_root}
    ctx.exit(
        run_command("harness-worker", HarnessSettings, chosen, lambda settings: HarnessWorker(settings).run)
    )
