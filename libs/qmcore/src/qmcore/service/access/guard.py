"""``AccessGuard``: the ASGI layer in front of a service's routes.

It only touches the beginning of a request or handshake: what streams afterwards is not slowed. A refusal is a Problem
(401, 403, 408, 413, 429), or for a WebSocket a close with 1008 (or 1013 where asking again later helps) and the words.
No refusal reads more than it must, or touches what others have.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from typing import Final

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qmcore.contracts.close_codes import POLICY, TRY_AGAIN, fit_reason
from qmcore.contracts.problems import problem_of, status_of
from qmcore.errors import NotAuthorised, QmError, TooMany
from qmcore.service.access.addresses import client_address, counted_as, networks_of
from qmcore.service.access.described import describe_refusals
from qmcore.service.access.limits import OpenSockets, RequestRate
from qmcore.service.access.rules import AccessRules, Asked
from qmcore.service.access.settings import AccessSettings
from qmcore.service.metrics import ServiceMetrics
from qmcore.tokens import PROTOCOL_PREFIX

log = logging.getLogger(__name__)

MAX_BODY_BYTES: Final = 1 << 20
BODY_S: Final = 30.0
"""A request has to be whole after this time."""

_HEALTH: Final = "/health"


class AccessGuard:
    """Use ``install_access``."""

    def __init__(
        self, app: ASGIApp, *, settings: AccessSettings, metrics: ServiceMetrics, pages: bool
    ) -> None:
        self._app = app
        self._rules = AccessRules(settings, pages=pages)
        self._trusted = networks_of(settings.trusted_proxies)
        self._rate = RequestRate(settings.address_requests_per_second, settings.address_request_burst)
        self._sockets = OpenSockets(settings.address_sockets)
        self._refused = metrics.counter(
            "access_refused_total", "Requests and handshakes that were refused before any route", ("why",)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass, with ``client`` as whom it really comes from."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = _Headers(scope)
        peer = scope.get("client")
        address = client_address(peer[0] if peer else None, headers.all(b"x-forwarded-for"), self._trusted)
        scope["client"] = (address, peer[1] if peer else 0)
        if scope["type"] == "http":
            await self._request(scope, receive, send, headers, counted_as(address))
        else:
            await self._socket(scope, receive, send, headers, counted_as(address))

    async def _request(
        self, scope: Scope, receive: Receive, send: Send, headers: _Headers, counted: str
    ) -> None:
        error: QmError | None = None
        if scope["path"] != _HEALTH:
            wait_s = self._rate.take(counted, time.monotonic())
            if wait_s > 0:
                after_s = math.ceil(wait_s)
                problem = f"try again in {after_s} s"
                error = TooMany(what="requests of this address", problem=problem, retry_after_s=after_s)
        error = error or self._rules.refusal(_asked(scope, headers))
        if error is not None:
            self._refused.labels(type(error).__name__).inc()
            await _answer(error)(scope, receive, send)
            return
        await self._app(scope, _bounded(receive, headers.number(b"content-length")), send)

    async def _socket(
        self, scope: Scope, receive: Receive, send: Send, headers: _Headers, counted: str
    ) -> None:
        error: QmError | None = self._rules.refusal(_asked(scope, headers))
        with self._sockets.one_more(counted) as may:
            if error is None and not may:
                error = TooMany(what="WebSockets of this address", problem="close some, or try again later")
            offered = [p for p in scope["subprotocols"] if not p.startswith(PROTOCOL_PREFIX)]
            if error is None:
                # The token has done its work: nothing behind needs to see it.
                scope["subprotocols"] = offered
                await self._app(scope, receive, send)
                return
        self._refused.labels(type(error).__name__).inc()
        await _refuse_socket(receive, send, error, offered[0] if offered else None)


class _Headers:
    """Headers of a scope, as text."""

    def __init__(self, scope: Scope) -> None:
        self._raw: list[tuple[bytes, bytes]] = list(scope["headers"])

    def all(self, name: bytes) -> list[str]:
        """Every value of ``name``, in order."""
        return [value.decode("latin-1") for key, value in self._raw if key == name]

    def number(self, name: bytes) -> int:
        """The value as a number; 0 where it is none."""
        values = self.all(name)
        return int(values[0]) if values and values[0].isascii() and values[0].isdigit() else 0


def _asked(scope: Scope, headers: _Headers) -> Asked:
    hosts = headers.all(b"host")
    return Asked(
        kind=scope["type"],
        method=scope.get("method", "GET"),
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        origins=headers.all(b"origin"),
        host=hosts[0] if len(hosts) == 1 else "",
        authorizations=headers.all(b"authorization"),
        subprotocols=scope.get("subprotocols", ()),
    )


def _answer(error: QmError) -> JSONResponse:
    said: dict[str, str] = {"cache-control": "no-store"}
    if isinstance(error, NotAuthorised):
        said["www-authenticate"] = 'Bearer realm="qMachina"'
    if isinstance(error, TooMany):
        said["retry-after"] = str(error.retry_after_s)
    body = problem_of(error).model_dump(mode="json", exclude_none=True)
    return JSONResponse(body, status_of(error), headers=said)


def _bounded(receive: Receive, announced: int) -> Receive:
    """The request's body, of bounded size and within bounded time."""
    seen, whole = 0, False
    deadline = asyncio.get_running_loop().time() + BODY_S

    async def bounded() -> Message:
        nonlocal seen, whole
        if whole:  # what is waited for now is the end of the connection
            return await receive()
        if announced > MAX_BODY_BYTES:
            raise HTTPException(413, f"body: larger than {MAX_BODY_BYTES} bytes")
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, f"body: not whole after {BODY_S:g} s") from None
        seen += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if seen > MAX_BODY_BYTES:
            raise HTTPException(413, f"body: larger than {MAX_BODY_BYTES} bytes")
        return message

    return bounded


async def _refuse_socket(receive: Receive, send: Send, error: QmError, subprotocol: str | None) -> None:
    await receive()
    # Accept first: a page's script cannot read why a handshake was rejected, but it can read a close reason. A browser
    # refuses an answer without one of the subprotocols that it offered.
    await send({"type": "websocket.accept", "subprotocol": subprotocol})
    code = TRY_AGAIN if isinstance(error, TooMany) else POLICY
    await send({"type": "websocket.close", "code": code, "reason": fit_reason(str(error))})


def install_access(
    app: FastAPI, settings: AccessSettings, metrics: ServiceMetrics, *, pages: bool = False
) -> None:
    """Put the guard in front of ``app``. Install it last: it is to be the outermost layer. Raises ConfigError."""
    AccessRules(settings, pages=pages)  # a wrong setting is said at once, not at the first request
    networks_of(settings.trusted_proxies)
    describe_refusals(app)
    app.add_middleware(AccessGuard, settings=settings, metrics=metrics, pages=pages)
