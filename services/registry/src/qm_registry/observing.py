"""What the registry counts: requests by route, attempted changes, and servings refused as damaged."""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qmcore.contracts.registry import Action, Outcome
from qmcore.service import ServiceMetrics


class RegistryMetrics:
    """The metrics ``qm_registry_*`` of one process."""

    def __init__(self) -> None:
        self.service = ServiceMetrics("registry")
        self._changes = self.service.counter(
            "changes_total", "Attempted changes of the registry", ("action", "outcome")
        )
        self._damaged = self.service.counter(
            "hash_mismatches_total", "Requests refused because a stored serving was tampered with"
        )
        self._requests = self.service.counter(
            "requests_total", "HTTP requests", ("method", "route", "status")
        )
        self._latency = self.service.histogram("request_seconds", "From a request to the end of its answer")

    def changed(self, action: Action, outcome: Outcome) -> None:
        """Somebody tried to change something."""
        self._changes.labels(action, outcome).inc()

    def damaged(self) -> None:
        """A serving was refused."""
        self._damaged.inc()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._requests.labels(method, route, str(status)).inc()
        self._latency.observe(seconds)


class RequestObserver:
    """ASGI middleware that counts requests by the route's template, never by the path that was asked for."""

    def __init__(self, app: ASGIApp, metrics: RegistryMetrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        started = time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "unknown")
            self._metrics.answered(scope["method"], route, status, time.perf_counter() - started)
