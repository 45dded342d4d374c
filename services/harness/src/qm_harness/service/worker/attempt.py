"""The worker's side of a job's process: start it, hear it, end it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from typing import Final

from pydantic import ValidationError

from qm_harness.service.settings import HarnessSettings
from qm_harness.service.worker.attempt_messages import AttemptEnd, Said

LEAVING_S: Final = 5.0
_LINE_BYTES: Final = 1 << 20


class Attempt:
    """One process of one job. Leaving ``started`` ends it and everything that it started."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._interrupted = False

    @classmethod
    @contextlib.asynccontextmanager
    async def started(cls, settings: HarnessSettings, job_id: str) -> AsyncIterator[Attempt]:
        """Start it, in a session of its own so that signals to the worker reach it only through the worker."""
        workers = [] if settings.harness_workers is None else [str(settings.harness_workers)]
        command = (sys.executable, "-m", "qm_harness.service.worker.attempt_process")
        process = await asyncio.create_subprocess_exec(
            *command,
            str(settings.lake),
            job_id,
            *workers,
            stdin=PIPE,
            stdout=PIPE,
            start_new_session=True,
            limit=_LINE_BYTES,
        )
        try:
            yield cls(process)
        finally:
            await _end(process)

    async def said(self) -> AsyncIterator[Said]:
        """Everything it says, with how it ended as the last; also where it died without a word."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            try:
                said = Said.model_validate_json(line)
            except ValidationError:  # cut short by its death
                break
            yield said
            if said.end is not None:
                return
        code = await self._process.wait()
        if self._interrupted:
            yield Said(end=AttemptEnd(kind="interrupted"))
        else:
            yield Said(end=AttemptEnd(kind="failed", reason=_died(code)))

    async def interrupt(self) -> None:
        """Ask it to end, which it does within about a second; where it does not, it is ended."""
        self._interrupted = True
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        await asyncio.sleep(LEAVING_S)
        _kill(self._process)


def _died(code: int) -> str:
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    hint = "; the machine may have too little memory" if code == -signal.SIGKILL else ""
    return f"its process died ({how}{hint}); the worker's log says more"


async def _end(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVING_S):
                await process.wait()
    _kill(process)
    await process.wait()


def _kill(process: Process) -> None:
    """End it, and everything that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
