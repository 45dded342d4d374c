"""One supervised process: how it is started, when it is ready, how it ends. Only ``supervisor`` uses this."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
from asyncio.subprocess import Process
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from qmcore.errors import Unavailable

_PR_SET_PDEATHSIG = 1
STOP_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """What to run, and where its readiness can be seen."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    ready_url: str | None = None
    """Answers 200 when the process can work."""
    ready_port: int | None = None
    """Accepts connections when the process can work; for brokers."""
    cwd: Path | None = None
    reloads: bool = False
    """Restarted by ``--dev`` when Python sources change."""


def _die_with_parent() -> None:
    """In the child: be ended when the supervisor is killed (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class RunningProcess:
    """A started process, in a session of its own so that Ctrl-C reaches only the supervisor."""

    def __init__(self, spec: ProcessSpec, process: Process, log: Path) -> None:
        self.spec, self._process, self.log = spec, process, log

    @classmethod
    async def start(cls, spec: ProcessSpec, log: Path) -> RunningProcess:
        """Start it; its output goes to ``log``."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as sink:
            process = await asyncio.create_subprocess_exec(
                *spec.command,
                env={**os.environ, **spec.env},
                cwd=spec.cwd,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=sink,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        return cls(spec, process, log)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    async def ended(self) -> int:
        """Wait for its end; the exit code."""
        return await self._process.wait()

    async def wait_ready(self, timeout_s: float) -> None:
        """Wait until it is ready. Raises Unavailable where it ends or takes too long, with its last lines."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._process.returncode is None:
                    if await self.is_ready():
                        return
                    await asyncio.sleep(0.05)
        state = (
            f"ended with code {self._process.returncode}"
            if self._process.returncode is not None
            else "is not ready"
        )
        raise Unavailable(
            what=self.spec.name, problem=f"{state}; last lines of {self.log}:\n{self.last_lines()}"
        )

    async def is_ready(self) -> bool:
        """Whether it can work now."""
        if self.spec.ready_port is not None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.spec.ready_port)
            except OSError:
                return False
            writer.close()
            return True
        if self.spec.ready_url is None:
            return True
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=2.0) as client:
                return (await client.get(self.spec.ready_url)).status_code < 400
        except httpx.HTTPError:
            return False

    def last_lines(self, count: int = 12) -> str:
        """The end of its log."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(f"  {line}" for line in text.splitlines()[-count:])

    async def stop(self) -> None:
        """End it: SIGTERM, and SIGKILL where it does not drain in time."""
        if self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(STOP_PATIENCE_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
