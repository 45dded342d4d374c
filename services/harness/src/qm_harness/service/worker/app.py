"""The worker process: takes jobs from the work queue, one at a time, and runs each in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator
from typing import Final

from qm_harness.service.job_files import JobFiles
from qm_harness.service.settings import HarnessSettings
from qm_harness.service.worker.job_run import JobRunner, Later
from qmcore.bus import JOB_QUEUE, Bus, WorkItem, WorkQueue
from qmcore.contracts.bus_messages import JobStart
from qmcore.errors import Unavailable
from qmcore.lake import Lake
from qmcore.service import Readiness, ServiceMetrics, health_app, make_server

log = logging.getLogger(__name__)

KEEP_S: Final = 1.0


class HarnessWorker:
    """One worker; any number share the queue."""

    def __init__(self, settings: HarnessSettings) -> None:
        self._settings = settings
        worker = f"harness-{socket.gethostname()}-{os.getpid()}"
        self._bus = Bus(settings.nats_url, worker)
        self._runner = JobRunner(settings, JobFiles(Lake(settings.lake)), worker)
        self._readiness = Readiness()
        self._readiness.require("nats", lambda: self._bus.problem)
        self._metrics = ServiceMetrics("harness_worker")
        self._busy = self._metrics.gauge("busy", "1 while a job is run")
        self._taken = self._metrics.counter("jobs_total", "Jobs that were taken from the queue", ("outcome",))

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until ``stopping``; the job at hand goes back into the queue."""
        async with asyncio.TaskGroup() as group:
            if self._settings.health_port:
                app = health_app("harness-worker", self._readiness, self._metrics, self._settings)
                server = make_server(app, self._settings.health_host, self._settings.health_port)
                group.create_task(server.run_until(stopping))
            connecting = group.create_task(self._bus.connect())
            stopped = group.create_task(stopping.wait())
            await asyncio.wait([connecting, stopped], return_when=asyncio.FIRST_COMPLETED)
            if connecting.done():
                watching = group.create_task(self._bus.watch())
                await self._work(stopping, stopped)
                watching.cancel()
            connecting.cancel()
        await self._bus.close()

    async def _work(self, stopping: asyncio.Event, stopped: asyncio.Task[bool]) -> None:
        log.info("ready, lake %s", self._settings.lake)
        async with WorkQueue(self._bus, JOB_QUEUE) as queue:
            while not stopping.is_set():
                taking = asyncio.ensure_future(queue.take())
                await asyncio.wait([taking, stopped], return_when=asyncio.FIRST_COMPLETED)
                if not taking.done():
                    taking.cancel()
                    return
                await self._job(taking.result(), stopping)

    async def _job(self, item: WorkItem[JobStart], stopping: asyncio.Event) -> None:
        self._busy.set(1)
        async with _kept(item):
            later = await self._runner.run(item.start.job_id, stopping)
        self._busy.set(0)
        self._taken.labels("given_back" if isinstance(later, Later) else "over").inc()
        # The job's files are the truth: where the broker does not hear this, somebody takes the item and sees.
        with contextlib.suppress(Unavailable):
            if later is None:
                await item.done()
            else:
                await item.give_back(later.delay_s)


@contextlib.asynccontextmanager
async def _kept(item: WorkItem[JobStart]) -> AsyncIterator[None]:
    """Say that the item is worked on, again and again."""

    async def keep() -> None:
        while True:
            with contextlib.suppress(Unavailable):
                await item.keep()
            await asyncio.sleep(KEEP_S)

    keeping = asyncio.create_task(keep())
    try:
        yield
    finally:
        keeping.cancel()
