"""All processes of the stack: started in order, restarted when they die, ended in reverse order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from qm_local.process import ProcessSpec, RunningProcess

READY_PATIENCE_S = 60.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 15.0
STEADY_S = 30.0
"""A process that ran this long starts again without a pause."""

Say = Callable[[str], None]


class Supervisor:
    """Use as an async context manager: leaving it ends every process that it started."""

    def __init__(self, logs: Path, say: Say) -> None:
        self._logs, self._say = logs, say
        self._running: dict[str, RunningProcess] = {}
        self._keepers: dict[str, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Supervisor:
        return self

    async def __aexit__(self, *error: object) -> None:
        for keeper in self._keepers.values():
            keeper.cancel()
        await asyncio.gather(*self._keepers.values(), return_exceptions=True)
        for name in reversed(list(self._running)):
            await self._running[name].stop()

    async def start(self, specs: Iterable[ProcessSpec]) -> None:
        """Start processes that do not need each other, and wait until all are ready. Raises Unavailable."""
        async with asyncio.TaskGroup() as group:
            for spec in specs:
                group.create_task(self._start(spec))

    async def _start(self, spec: ProcessSpec) -> None:
        self._running[spec.name] = await RunningProcess.start(spec, self._logs / f"{spec.name}.log")
        await self._running[spec.name].wait_ready(READY_PATIENCE_S)
        self._keepers[spec.name] = asyncio.create_task(self._keep(spec))

    async def _keep(self, spec: ProcessSpec) -> None:
        """Start the process again whenever it ends."""
        pause = FIRST_PAUSE_S
        while True:
            began = time.monotonic()
            code = await self._running[spec.name].ended()
            if time.monotonic() - began > STEADY_S:
                pause = FIRST_PAUSE_S
            self._say(f"{spec.name} ended with code {code}; starting it again in {pause:g} s")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
            self._running[spec.name] = await RunningProcess.start(spec, self._logs / f"{spec.name}.log")

    async def restart(self, spec: ProcessSpec) -> None:
        """End a running process and start it again, as after a change of its source."""
        keeper = self._keepers.pop(spec.name)
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
        await self._running[spec.name].stop()
        await self._start(spec)

    def pids(self) -> dict[str, int]:
        """Process ids by name."""
        return {name: process.pid for name, process in self._running.items()}
