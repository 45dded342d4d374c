"""HTTP in a service: the endpoints that each has, and uvicorn as one task among the service's others."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from qmcore.redaction import redacted
from qmcore.service.access import AccessSettings, install_access
from qmcore.service.bounded_http import BoundedHttp
from qmcore.service.metrics import ServiceMetrics
from qmcore.service.readiness import Readiness

log = logging.getLogger(__name__)


class Health(BaseModel):
    """Answer of /health: the process runs."""

    status: str = "ok"
    service: str


class ReadyState(BaseModel):
    """Answer of /ready: 200 when the service can work, 503 with what it waits for."""

    ready: bool
    problems: dict[str, str]
    away: dict[str, str] = Field({}, description="what is missing though the service can work without it")


def health_routes(service: str, readiness: Readiness, metrics: ServiceMetrics) -> APIRouter:
    """``/health``, ``/ready`` and ``/metrics``, which say ``qm_<service>_ready`` by condition."""
    metrics.readings("ready", "1 while a condition of /ready holds", readiness.conditions, label="condition")
    router = APIRouter(tags=["health"])

    @router.get("/health")
    async def health() -> Health:
        """The process runs."""
        return Health(service=service)

    @router.get("/ready", response_model=ReadyState, responses={503: {"model": ReadyState}})
    async def ready() -> Response:
        """Whether the service can work now, and what it waits for."""
        problems = _without_secrets(readiness.problems())
        state = ReadyState(ready=not problems, problems=problems, away=_without_secrets(readiness.away()))
        return JSONResponse(
            state.model_dump(exclude=None if state.away else {"away"}), status_code=503 if problems else 200
        )

    @router.get("/metrics", response_class=Response)
    async def prometheus() -> Response:
        """Metrics in Prometheus' text format."""
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router


def _without_secrets(reasons: dict[str, str]) -> dict[str, str]:
    return {name: redacted(reason) for name, reason in reasons.items()}


def health_app(
    service: str, readiness: Readiness, metrics: ServiceMetrics, access: AccessSettings
) -> FastAPI:
    """An app with nothing but the health endpoints."""
    app = FastAPI(title=f"qMachina {service}", docs_url=None, redoc_url=None)
    app.include_router(health_routes(service, readiness, metrics))
    install_access(app, access, metrics)
    return app


class HttpServer(uvicorn.Server):
    """uvicorn that leaves signals to the service and says on which port it listens."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to ``run_service``."""
        yield

    @property
    def port(self) -> int:
        """The port that is listened on; 0 before the start."""
        sockets = [s for server in getattr(self, "servers", []) for s in server.sockets]
        return int(sockets[0].getsockname()[1]) if sockets else 0

    async def run_until(self, stopping: asyncio.Event) -> None:
        """Serve until ``stopping`` is set, then let the connections end."""

        async def stop() -> None:
            await stopping.wait()
            self.should_exit = True

        async with asyncio.TaskGroup() as group:
            stopper = group.create_task(stop())
            await self.serve()
            stopper.cancel()


def make_server(app: FastAPI, host: str, port: int, **options: Any) -> HttpServer:
    """A server for ``app``; port 0 takes a free one. It speaks WebSocket only where ``options`` say how."""
    bounds: dict[str, Any] = {
        "http": BoundedHttp,
        "ws": "none",
        "lifespan": "off",  # services own their tasks themselves
        "proxy_headers": False,  # whose X-Forwarded-For is believed is said by QM_TRUSTED_PROXIES
        "timeout_graceful_shutdown": 3,
    }
    config = uvicorn.Config(app, host=host, port=port, log_config=None, access_log=False, **bounds | options)
    return HttpServer(config)
