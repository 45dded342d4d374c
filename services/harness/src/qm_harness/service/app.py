"""The API process of the harness: the ASGI application, and the tasks beside it."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections import Counter
from typing import get_args

from fastapi import FastAPI

from qm_harness.service import jobs_api, runs_api
from qm_harness.service.dispatch import Dispatcher
from qm_harness.service.experiment_files import ExperimentFiles
from qm_harness.service.job_files import JobFiles
from qm_harness.service.progress_stream import ProgressStreams
from qm_harness.service.reports import Reports
from qm_harness.service.runs import Runs
from qm_harness.service.served_runs import ServedRuns
from qm_harness.service.services import HarnessServices
from qm_harness.service.settings import HarnessSettings
from qmcore.bus import Bus
from qmcore.contracts.jobs import JobState
from qmcore.lake import Lake
from qmcore.service import (
    HttpServer,
    Readiness,
    ServiceMetrics,
    health_routes,
    install_access,
    install_problem_answers,
    make_server,
)

log = logging.getLogger(__name__)

SERVICE = "harness"


def create_app(services: HarnessServices) -> FastAPI:
    """The application around running services."""
    app = FastAPI(
        title="qMachina harness",
        summary="Experiments, the jobs that run them, and what came out of them.",
    )
    app.state.services = services
    app.include_router(jobs_api.router)
    app.include_router(runs_api.router)
    app.include_router(health_routes(SERVICE, services.readiness, services.metrics))
    install_problem_answers(app)
    install_access(app, services.settings, services.metrics)
    return app


def _by_state(files: JobFiles) -> dict[str, float]:
    """How many jobs are in each state."""
    states = Counter(job.state for job in files.jobs())
    return {state: float(states[state]) for state in get_args(JobState)}


class HarnessService:
    """One API process; any number share a lake."""

    def __init__(self, settings: HarnessSettings) -> None:
        self._settings = settings
        self._bus = Bus(settings.nats_url, f"{SERVICE}-{socket.gethostname()}-{os.getpid()}")
        lake = Lake(settings.lake)
        jobs = JobFiles(lake)
        files = ExperimentFiles(lake, jobs)
        self._stopping = asyncio.Event()
        self._dispatcher = Dispatcher(self._bus, jobs)
        progress = ProgressStreams(jobs, self._stopping, settings.harness_progress_clients)
        metrics = ServiceMetrics(SERVICE)
        metrics.gauge("progress_clients", "Clients that follow jobs", lambda: float(progress.following))
        metrics.readings("jobs", "Jobs of the lake", lambda: _by_state(jobs), label="state")
        metrics.gauge("jobs_wanted", "Jobs that wait or run", lambda: float(len(jobs.active())))
        readiness = Readiness()
        readiness.require("nats", lambda: self._bus.problem)
        readiness.require("lake", lambda: "" if lake.root.is_dir() else f"{lake.root} is not there")
        self._services = HarnessServices(
            settings=settings,
            lake=lake,
            jobs=jobs,
            dispatcher=self._dispatcher,
            progress=progress,
            files=files,
            runs=Runs(lake, files),
            served=ServedRuns(settings.registry_endpoint, token=settings.own_token),
            reports=Reports(lake),
            readiness=readiness,
            metrics=metrics,
        )
        self.server: HttpServer = make_server(
            create_app(self._services), settings.harness_host, settings.harness_port
        )

    async def run(self, stopping: asyncio.Event) -> None:
        """Serve until ``stopping``."""
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._connect()),
                group.create_task(self._dispatcher.run()),
                group.create_task(self._hang_up(stopping)),
            ]
            log.info("http://%s:%d", self._settings.harness_host, self._settings.harness_port)
            await self.server.run_until(stopping)
            for task in tasks:
                task.cancel()
        await self._bus.close()
        await self._services.served.close()

    async def _connect(self) -> None:
        await self._bus.connect()
        await self._bus.watch()

    async def _hang_up(self, stopping: asyncio.Event) -> None:
        await stopping.wait()
        self._stopping.set()
