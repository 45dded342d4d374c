"""Every job that is not over is in the broker's queue, whatever the broker or the processes have been through.

Each instance of the API sees to it every few seconds, and at once when a job is submitted. The queue takes a job only
once, so nothing runs twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Final

from qm_harness.service.job_files import JobFiles
from qmcore.bus import Bus, enqueue_job, ensure_jobs_stream, set_up_streams
from qmcore.contracts.bus_messages import JobStart
from qmcore.errors import Unavailable

log = logging.getLogger(__name__)

EVERY_S: Final = 2.0


class Dispatcher:
    """Keeps the queue as the files say."""

    def __init__(self, bus: Bus, files: JobFiles) -> None:
        self._bus, self._files = bus, files
        self._nudge = asyncio.Event()
        self._has_stream = False

    def nudge(self) -> None:
        """There is a new job."""
        self._nudge.set()

    async def run(self) -> None:
        """Run for the life of the service."""
        while True:
            self._nudge.clear()
            await self._bus.wait_connected()
            try:
                await self._round()
            except Unavailable as error:
                log.warning("jobs cannot be queued yet: %s", error)
                self._has_stream = False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._nudge.wait()

    async def _round(self) -> None:
        if not self._has_stream:
            await set_up_streams(self._bus, ensure_jobs_stream)
            self._has_stream = True
        for job in reversed(await asyncio.to_thread(self._files.active)):
            await enqueue_job(self._bus, JobStart(job_id=job.job_id))
