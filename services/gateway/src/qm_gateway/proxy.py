"""Other services' REST under the gateway's origin, passed through as it is (SPEC sections 9 to 11).

Answers are passed on whole; server-sent events as they come. What is passed through is described in OpenAPI with the
models that the service itself answers with.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Final

import httpx
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel

from qmcore.contracts.problems import Problem
from qmcore.errors import BadInput, Unavailable
from qmcore.tokens import bearer_headers

PING_S: Final = 2.0
PING_TIMEOUT_S: Final = 2.0
EVENTS: Final = "text/event-stream"
JSON: Final = "application/json"

_ASKED_WITH: Final = ("authorization", "content-type")
_PASSED_ON: Final = (
    "cache-control",
    "content-security-policy",
    "content-type",
    "location",
    "retry-after",
    "www-authenticate",
    "x-accel-buffering",
)
_PLAIN: Final = str.maketrans("", "", "{}")


class Upstream:
    """A service whose REST is passed through, and whether it answers."""

    def __init__(self, name: str, endpoint: str, *, timeout_s: float, token: str | None = None) -> None:
        """``token`` is the gateway's own: for what it asks by itself, never for what a client asks."""
        self.name = name
        self._own = bearer_headers(token)
        self.problem = f"{name}: not asked yet"
        """What is wrong with it, empty while it answers."""
        # Each follower of events keeps a connection; how many there may be is the service's to say.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        self.http = httpx.AsyncClient(
            base_url=endpoint, timeout=httpx.Timeout(timeout_s, connect=3.0), limits=limits
        )

    async def close(self) -> None:
        """Give the connections back."""
        await self.http.aclose()

    async def watch(self) -> None:
        """Know whether it can work, for ``/ready``. Runs for the life of the gateway."""
        while True:
            try:
                answer = await self.http.get("/ready", headers=self._own, timeout=PING_TIMEOUT_S)
                self.problem = "" if answer.is_success else f"{self.name} is not ready: {answer.text[:300]}"
            except httpx.RequestError as error:
                self.problem = f"{self.name} is unavailable: {error or type(error).__name__}"
            await asyncio.sleep(PING_S)

    async def pass_through(self, request: Request) -> Response:
        """Ask it the same, and answer the same. Raises Unavailable or BadInput."""
        _check_names(request)
        body = await request.body()
        # The path as it came: a decoded %2F would name another resource.
        url = httpx.URL(path=request.scope["raw_path"].decode("latin-1"), query=request.scope["query_string"])
        headers = {"accept-encoding": "identity"}
        headers |= {name: value for name in _ASKED_WITH if (value := request.headers.get(name)) is not None}
        if request.client is not None:
            headers["x-forwarded-for"] = request.client.host
        asked = self.http.build_request(request.method, url, content=body or None, headers=headers)
        try:
            answer = await self.http.send(asked, stream=True)
            said = {name: value for name in _PASSED_ON if (value := answer.headers.get(name)) is not None}
            if said.get("content-type", "").startswith(EVENTS):
                return StreamingResponse(_as_it_comes(answer), answer.status_code, headers=said)
            try:
                return Response(await answer.aread(), answer.status_code, headers=said)
            finally:
                await answer.aclose()
        except httpx.RequestError as error:
            raise Unavailable(what=self.name, problem=str(error) or type(error).__name__) from error


def _check_names(request: Request) -> None:
    """No name in a path may lead anywhere else, whatever lies behind. Raises BadInput."""
    for name, value in request.path_params.items():
        text = str(value)
        if text in (".", "..") or not text.isprintable() or any(c in text for c in "/\\"):
            raise BadInput(f"path: {text[:80]!r} is no {name.replace('_', ' ')}")


async def _as_it_comes(answer: httpx.Response) -> AsyncIterator[bytes]:
    """Ends with the service, with the viewer, or with what is between: the client of events then asks again."""
    try:
        async for piece in answer.aiter_raw():
            yield piece
    except httpx.RequestError:
        return
    finally:
        await answer.aclose()


@dataclass(frozen=True, slots=True)
class Route:
    """One route that is passed through, with the models that describe it."""

    method: str
    path: str
    summary: str
    answer: type[BaseModel] | None
    """None where the answer is no JSON."""
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    media_type: str = JSON
    status: int = 200
    also: int | None = None
    """Another status of success, with the same answer."""
    problems: tuple[int, ...] = (422,)


def proxy_router(
    name: str, tag: str, routes: tuple[Route, ...], upstream: Callable[[FastAPI], Upstream]
) -> APIRouter:
    """The ``routes`` of the service ``name``."""
    router = APIRouter(tags=[tag])

    async def pass_through(request: Request) -> Response:
        app = request.app
        assert isinstance(app, FastAPI)
        return await upstream(app).pass_through(request)

    for route in routes:
        responses: dict[int | str, dict[str, Any]] = {status: {"model": Problem} for status in route.problems}
        responses[503] = {"model": Problem, "description": f"the {name} is down"}
        if route.also is not None:
            responses[route.also] = {"model": route.answer}
        if route.answer is None:
            responses[route.status] = {"content": {route.media_type: {"schema": {"type": "string"}}}}
        plain = route.path.removeprefix("/v1/").replace("/", "_").translate(_PLAIN)
        router.add_api_route(
            route.path,
            pass_through,
            methods=[route.method],
            summary=route.summary,
            status_code=route.status,
            response_class=JSONResponse if route.answer else Response,
            response_model=route.answer,
            responses=responses,
            openapi_extra=_described(route),
            operation_id=f"{name}_{route.method.lower()}_{plain}",
        )
    return router


def _described(route: Route) -> dict[str, Any]:
    """What OpenAPI says of the request: the route itself reads it raw."""
    parameters: list[dict[str, Any]] = [
        {"name": part[1:-1], "in": "path", "required": True, "schema": {"type": "string"}}
        for part in route.path.split("/")
        if part.startswith("{")
    ]
    if route.query is not None:
        schema = route.query.model_json_schema()
        required = schema.get("required", ())
        for name, field in schema["properties"].items():
            parameters.append({"name": name, "in": "query", "required": name in required, "schema": field})
    extra: dict[str, Any] = {"parameters": parameters}
    if route.body is not None:
        body = route.body.model_json_schema(ref_template="#/components/schemas/{model}")
        body.pop("$defs", None)
        extra["requestBody"] = {"required": True, "content": {JSON: {"schema": body}}}
    return extra
