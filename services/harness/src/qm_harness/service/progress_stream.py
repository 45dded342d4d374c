"""The changes of one job as server-sent events, until it is over.

Each event is the whole ``Job``, so a client that missed some has missed nothing. Comments keep quiet connections alive.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Final

from qm_harness.service.job_files import JobFiles
from qmcore.contracts.jobs import FINAL_JOB_STATES, Job
from qmcore.errors import NotFound, Unavailable

LOOK_S: Final = 0.2
HEARTBEAT_S: Final = 5.0
RETRY_MS: Final = 1000


class ProgressStreams:
    """The clients that follow jobs, at most ``most`` at once; all end with ``stopping``."""

    def __init__(self, files: JobFiles, stopping: asyncio.Event, most: int) -> None:
        self._files, self._stopping, self._most = files, stopping, most
        self.following = 0
        """Clients now."""

    def follow(self, job: Job) -> AsyncIterator[bytes]:
        """``job`` and its changes. Raises Unavailable where there are too many clients already."""
        if self.following >= self._most:
            raise Unavailable(
                what="the progress of jobs",
                problem=f"{self._most} clients follow it already; ask for the job itself instead",
            )
        return self._events(job)

    async def _events(self, job: Job) -> AsyncIterator[bytes]:
        self.following += 1
        try:
            yield f"retry: {RETRY_MS}\n".encode() + event_of(job)
            spoke = time.monotonic()
            while job.state not in FINAL_JOB_STATES and not self._stopping.is_set():
                await asyncio.sleep(LOOK_S)
                try:
                    newer = await asyncio.to_thread(self._files.job, job.job_id)
                except NotFound:
                    return
                if newer != job:
                    job = newer
                    yield event_of(job)
                elif time.monotonic() - spoke < HEARTBEAT_S:
                    continue
                else:
                    yield b": still here\n\n"
                spoke = time.monotonic()
        finally:
            self.following -= 1


def event_of(job: Job) -> bytes:
    """One event; its id is the job's revision."""
    return f"event: job\nid: {job.revision}\ndata: {job.model_dump_json()}\n\n".encode()
