"""``qm up --dev``: restart the services whenever a Python source changes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from watchfiles import PythonFilter, awatch

from qm_local.process import ProcessSpec
from qm_local.supervisor import Say, Supervisor
from qmcore.errors import Unavailable


async def restart_on_change(
    supervisor: Supervisor, specs: Iterable[ProcessSpec], roots: Iterable[Path], say: Say
) -> None:
    """Watch ``roots`` until cancelled; a service that does not come back is reported and tried again."""
    reloading = [spec for spec in specs if spec.reloads]
    async for changes in awatch(*roots, watch_filter=PythonFilter()):
        names = sorted({Path(path).name for _, path in changes})
        say(f"{', '.join(names[:4])}{' ...' if len(names) > 4 else ''} changed: restarting the services")
        for spec in reloading:
            try:
                await supervisor.restart(spec)
            except Unavailable as error:
                say(str(error))
