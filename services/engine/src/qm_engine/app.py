"""The engine process: takes sessions from the work queue while it has free slots, and runs each as a task."""

from __future__ import annotations

import asyncio
import logging
import os
import socket

from qm_engine.janitor import keep_tidy
from qm_engine.metrics import EngineMetrics
from qm_engine.session_keeper import EngineContext
from qm_engine.session_run import SessionRun
from qm_engine.settings import EngineSettings
from qmcore.artifacts import ArtifactStore
from qmcore.bus import SESSION_QUEUE, Bus, WorkItem, WorkQueue
from qmcore.config.runtime import StreamSchema
from qmcore.contracts.bus_messages import SessionStart
from qmcore.contracts.frames import FrameTemplate
from qmcore.lake import Lake
from qmcore.service import Readiness, health_app, make_server, session_log_context
from qmcore.service.tracing import bin_traces
from qmcore.sessions import RedisWatch, SessionDirectory

log = logging.getLogger(__name__)


def _warm_up() -> None:
    """Load now what pyarrow loads at its first use (a second and more): else a session would wait for it."""
    FrameTemplate(StreamSchema().resolve(), rows=1)


class EngineService:
    """One engine worker; any number share the queue."""

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        worker = f"engine-{socket.gethostname()}-{os.getpid()}"
        self._bus = Bus(settings.nats_url, worker)
        self._directory = SessionDirectory(settings.redis_url)
        self._redis = RedisWatch(self._directory)
        self._running: dict[str, SessionRun] = {}
        self._metrics = EngineMetrics(lambda: float(len(self._running)))
        self._traces = bin_traces("engine", worker, settings)
        artifacts = ArtifactStore(Lake(settings.lake))
        self._context = EngineContext(
            self._bus, self._directory, settings, self._metrics, artifacts, worker, self._traces
        )
        self._readiness = Readiness()
        self._readiness.require("nats", lambda: self._bus.problem)
        self._readiness.require("redis", lambda: self._redis.problem)

    async def run(self, stopping: asyncio.Event) -> None:
        """Serve until ``stopping``, then hand every session over."""
        await asyncio.to_thread(_warm_up)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._redis.run())]
            if self._settings.health_port:
                app = health_app("engine", self._readiness, self._metrics.service, self._settings)
                server = make_server(app, self._settings.health_host, self._settings.health_port)
                group.create_task(server.run_until(stopping))
            connecting = group.create_task(self._bus.connect())
            stopped = group.create_task(stopping.wait())
            await asyncio.wait([connecting, stopped], return_when=asyncio.FIRST_COMPLETED)
            if connecting.done():
                keep_s = self._settings.session_keep_seconds
                tasks.append(group.create_task(self._bus.watch()))
                tasks.append(group.create_task(keep_tidy(self._bus, self._directory, keep_s)))
                await self._serve(stopping, stopped)
            connecting.cancel()
            for task in tasks:
                task.cancel()
        await self._bus.close()
        await self._directory.close()
        if self._traces is not None:
            await self._traces.close()

    async def _serve(self, stopping: asyncio.Event, stopped: asyncio.Task[bool]) -> None:
        log.info("ready, %d slots", self._settings.engine_slots)
        slots = asyncio.Semaphore(self._settings.engine_slots)
        draining = asyncio.Event()
        async with WorkQueue(self._bus, SESSION_QUEUE) as work, asyncio.TaskGroup() as sessions:
            while not stopping.is_set():
                taking = asyncio.ensure_future(self._take(work, slots))
                await asyncio.wait([taking, stopped], return_when=asyncio.FIRST_COMPLETED)
                if not taking.done():
                    taking.cancel()
                    break
                sessions.create_task(self._session(taking.result(), slots, draining))
            # Only then the sessions: what they give back must not come to this worker's own requests.
            await work.close()
            draining.set()

    async def _take(self, work: WorkQueue[SessionStart], slots: asyncio.Semaphore) -> WorkItem[SessionStart]:
        await slots.acquire()
        return await work.take()

    async def _session(
        self, item: WorkItem[SessionStart], slots: asyncio.Semaphore, draining: asyncio.Event
    ) -> None:
        session_id = item.start.session_id
        try:
            if session_id in self._running:
                self._running[session_id].adopt(item)
                return
            with session_log_context(session_id):
                run = self._running[session_id] = SessionRun(self._context, item, draining)
                try:
                    await run.run()
                finally:
                    del self._running[session_id]
                    self._metrics.forget(session_id)
        finally:
            slots.release()
