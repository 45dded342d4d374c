"""The registry as a process: its settings, its tasks, its end."""

from __future__ import annotations

import asyncio
import logging

from qm_registry.app import SERVICE, create_app
from qm_registry.door import StoreDoor
from qm_registry.local import LocalRegistry
from qm_registry.observing import RegistryMetrics
from qm_registry.opening import open_store
from qm_registry.settings import RegistrySettings
from qmcore.service import make_server, run_service

log = logging.getLogger(__name__)


async def serve(settings: RegistrySettings, stopping: asyncio.Event) -> None:
    """Serve until ``stopping`` is set. Raises OptionError or CorruptData where it never can."""
    metrics = RegistryMetrics()

    def opener() -> LocalRegistry:
        return open_store(settings.lake_root, settings.registry_url, on_change=metrics.changed)

    door = StoreDoor(opener)
    app = create_app(door, metrics, settings)
    server = make_server(app, settings.registry_host, settings.registry_port)
    async with asyncio.TaskGroup() as group:
        keeper = group.create_task(door.keep())
        log.info("starting on %s port %d", settings.registry_host, settings.registry_port)
        await server.run_until(stopping)
        keeper.cancel()


def run(settings: RegistrySettings) -> int:
    """Run the service until a signal; the answer is the exit code."""
    return run_service(SERVICE, settings, lambda stopping: serve(settings, stopping))
