"""One job in the hands of a worker: from its place in the queue to its state on the disk.

Guarantees: a job is worked on by one worker at a time; whoever takes it after a worker was lost goes on with what is
missing; a job that is over is never begun again; a worker that stops puts the job back as it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt_
import logging
from dataclasses import dataclass
from typing import Final

from qm_harness.service.job_files import CANCELLED_BY_REQUEST, Hold, JobFiles
from qm_harness.service.settings import HarnessSettings
from qm_harness.service.worker.attempt import Attempt
from qm_harness.service.worker.attempt_messages import AttemptEnd
from qmcore.contracts.jobs import FINAL_JOB_STATES, Job, JobState
from qmcore.errors import NotFound

log = logging.getLogger(__name__)

BUSY_S: Final = 1.0
"""A job that cannot be begun now is tried again after this time."""

LOOK_S: Final = 0.2
"""Between two looks whether the job shall be cancelled."""

MOST_ATTEMPTS: Final = 5
"""A job that was lost with so many workers is what killed them."""


@dataclass(frozen=True, slots=True)
class Later:
    """The job goes back into the queue."""

    delay_s: float


class JobRunner:
    """Runs jobs of a lake, as ``worker``."""

    def __init__(self, settings: HarnessSettings, files: JobFiles, worker: str) -> None:
        self._settings, self._files, self._worker = settings, files, worker

    async def run(self, job_id: str, stopping: asyncio.Event) -> Later | None:
        """Run the job to its end; None where it is over, and needs no place in the queue any more."""
        try:
            with self._files.hold(job_id) as held:
                if held is None:
                    return Later(BUSY_S)
                return await self._run(held, stopping)
        except NotFound:
            log.warning("job %s is not in the lake; dropped", job_id)
            return None

    async def _run(self, held: Hold, stopping: asyncio.Event) -> Later | None:
        before = held.job
        if before.state in FINAL_JOB_STATES:
            return None
        if held.cancel_requested:
            _finish(held, "cancelled", CANCELLED_BY_REQUEST)
            return None
        if before.attempt >= MOST_ATTEMPTS:
            _finish(held, "failed", f"given up: {MOST_ATTEMPTS} workers were lost while they ran it")
            return None
        held.write(
            state="running",
            reason="",
            attempt=before.attempt + 1,
            worker=self._worker,
            started_at=dt_.datetime.now(dt_.UTC),
            progress=None,
        )
        log.info("job %s: experiment %s, attempt %d", before.job_id, before.experiment, held.job.attempt)
        async with Attempt.started(self._settings, before.job_id) as attempt:
            # Settled before the process is gone, which takes a moment that nobody has to wait for.
            return self._settle(held, before, await _heard(held, attempt, stopping))

    def _settle(self, held: Hold, before: Job, end: AttemptEnd) -> Later | None:
        match end.kind:
            case "done":
                _finish(held, "done", "", end)
            case "failed":
                _finish(held, "failed", end.reason, end)
            case "interrupted" if held.cancel_requested:
                _finish(held, "cancelled", CANCELLED_BY_REQUEST)
            case "interrupted":
                held.write(state="queued", reason="its worker was stopped", attempt=before.attempt)
                return Later(0.0)
            case "busy":
                held.write(state="queued", reason=end.reason, attempt=before.attempt, progress=None)
                return Later(BUSY_S)
        return None


async def _heard(held: Hold, attempt: Attempt, stopping: asyncio.Event) -> AttemptEnd:
    """How ``attempt`` ended; its progress is written down meanwhile.

    It is interrupted once somebody wants the job cancelled, or the worker is ``stopping``.
    """
    watching = asyncio.create_task(_interrupt_when(held, stopping, attempt))
    try:
        end = AttemptEnd(kind="failed", reason="its process said nothing")
        async for said in attempt.said():
            if said.progress is not None:
                await asyncio.to_thread(held.write, progress=said.progress)
            end = said.end or end
        return end
    finally:
        watching.cancel()


async def _interrupt_when(held: Hold, stopping: asyncio.Event, attempt: Attempt) -> None:
    while not (stopping.is_set() or held.cancel_requested):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await stopping.wait()
    await attempt.interrupt()


def _finish(held: Hold, state: JobState, reason: str, end: AttemptEnd | None = None) -> None:
    held.write(
        state=state,
        reason=reason,
        errors=end.errors if end else (),
        cancel_requested=held.cancel_requested,
        ended_at=dt_.datetime.now(dt_.UTC),
    )
    log.info("job %s: %s%s", held.job.job_id, state, f" ({reason})" if reason else "")
