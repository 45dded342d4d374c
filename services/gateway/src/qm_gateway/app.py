"""The gateway process: the ASGI application, and the tasks beside it."""

from __future__ import annotations

import asyncio
import logging
import os
import socket

from fastapi import FastAPI

from qm_gateway import __version__, past_bins, proxied_routes, sessions_api, streaming
from qm_gateway.metrics import GatewayMetrics
from qm_gateway.pages import mount_pages
from qm_gateway.proxy import Upstream
from qm_gateway.resolver import ServingResolver
from qm_gateway.services import GatewayServices
from qm_gateway.session_counts import SessionCounts
from qm_gateway.session_starter import SessionStarter
from qm_gateway.settings import GatewaySettings
from qm_gateway.upstream import Hub
from qm_gateway.ws_protocol import frame_protocol
from qmcore.bus import Bus, set_up_streams
from qmcore.service import (
    HttpServer,
    Readiness,
    health_routes,
    install_access,
    install_problem_answers,
    make_server,
)
from qmcore.service.tracing import bin_traces
from qmcore.sessions import RedisWatch, SessionDirectory

log = logging.getLogger(__name__)

MAX_INBOUND_BYTES = 1 << 16
HARNESS_TIMEOUT_S = 60.0
"""Its reports and promotions count every trial of an experiment."""


def create_app(services: GatewayServices) -> FastAPI:
    """The application around running services."""
    app = FastAPI(
        title="qMachina gateway",
        version=__version__,
        summary="Streams sessions to viewers, controls them, and passes registry and harness through.",
    )
    app.state.services = services
    for router in (streaming.router, sessions_api.router, past_bins.router, *proxied_routes.ROUTERS):
        app.include_router(router)
    app.include_router(health_routes("gateway", services.readiness, services.metrics.service))
    install_problem_answers(app)
    mount_pages(app, services.settings.frontend_dist)
    install_access(app, services.settings, services.metrics.service, pages=True)
    return app


class GatewayService:
    """One gateway; any number share the sessions."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        worker = f"gateway-{socket.gethostname()}-{os.getpid()}"
        self._bus = Bus(settings.nats_url, worker)
        self._directory = SessionDirectory(settings.redis_url)
        self._redis = RedisWatch(self._directory)
        metrics = GatewayMetrics()
        token = settings.own_token
        starter = SessionStarter(
            self._bus, self._directory, speed=settings.session_speed, watched_s=settings.idle_seconds
        )
        self._traces = bin_traces("gateway", worker, settings)
        self._hub = Hub(self._bus, self._directory, starter, settings, metrics, self._traces)
        metrics.watch(lambda: float(self._hub.viewer_count), lambda: float(self._hub.upstream_count))
        self._counts = SessionCounts(self._directory)
        metrics.watch_sessions(self._counts.states, self._counts.wanted, self._counts.lag)
        self._resolver = ServingResolver(settings.registry_endpoint, token=token)
        self._harness = Upstream(
            "harness", settings.harness_endpoint, timeout_s=HARNESS_TIMEOUT_S, token=token
        )
        readiness = Readiness()
        readiness.require("nats", lambda: self._bus.problem)
        readiness.require("redis", lambda: self._redis.problem)
        readiness.require("registry", lambda: self._resolver.problem)
        readiness.mention("harness", lambda: self._harness.problem)
        self._services = GatewayServices(
            settings=settings,
            bus=self._bus,
            directory=self._directory,
            hub=self._hub,
            starter=starter,
            resolver=self._resolver,
            registry=Upstream("registry", settings.registry_endpoint, timeout_s=10, token=token),
            harness=self._harness,
            metrics=metrics,
            readiness=readiness,
        )
        self.server: HttpServer = make_server(
            create_app(self._services),
            settings.gateway_host,
            settings.gateway_port,
            ws=frame_protocol(settings.viewer_socket_bytes),
            ws_per_message_deflate=False,
            ws_max_size=MAX_INBOUND_BYTES,
        )

    async def run(self, stopping: asyncio.Event) -> None:
        """Serve until ``stopping``; viewers are then closed with 1012 and come back with a resume point."""
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._connect()),
                group.create_task(self._redis.run()),
                group.create_task(self._counts.run()),
                group.create_task(self._resolver.watch()),
                group.create_task(self._harness.watch()),
                group.create_task(self._hub.run()),
            ]
            log.info("http://%s:%d", self._settings.gateway_host, self._settings.gateway_port)
            await self.server.run_until(stopping)
            for task in tasks:
                task.cancel()
        await self._bus.close()
        await self._directory.close()
        if self._traces is not None:
            await self._traces.close()
        await self._resolver.close()
        await self._services.registry.close()
        await self._harness.close()

    async def _connect(self) -> None:
        await self._bus.connect()
        await set_up_streams(self._bus)
        await self._bus.watch()
