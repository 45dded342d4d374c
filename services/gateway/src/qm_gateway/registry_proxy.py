"""The registry's REST under the gateway's origin, passed through as it is (SPEC sections 9 and 10)."""

from __future__ import annotations

from typing import Any, Final

import httpx
from fastapi import APIRouter, FastAPI, Request, Response

from qm_gateway.services import services_of
from qmcore.config.serving import PublishedServingSpec
from qmcore.contracts.messages import Message
from qmcore.contracts.problems import Problem
from qmcore.contracts.registry import (
    AliasState,
    AuditEvent,
    Page,
    PromoteRequest,
    Published,
    PublishRequest,
    Resolved,
    RollbackRequest,
    ServingDiff,
    ServingSummary,
)
from qmcore.errors import BadInput, Unavailable

MAX_BODY_BYTES: Final = 1 << 20

Answer = type[Message] | type[PublishedServingSpec]
ROUTES: Final[tuple[tuple[str, str, str, Answer, type[Message] | None], ...]] = (
    ("POST", "/v1/servings", "Publish a serving", Published, PublishRequest),
    ("GET", "/v1/servings", "List servings", Page[ServingSummary], None),
    ("GET", "/v1/servings/{serving_id}", "One serving", PublishedServingSpec, None),
    ("GET", "/v1/resolve/{alias_or_id}", "What an alias or id means now", Resolved, None),
    ("GET", "/v1/aliases", "List aliases", Page[AliasState], None),
    ("GET", "/v1/aliases/{alias}", "An alias, now or at an instant", AliasState, None),
    ("PUT", "/v1/aliases/{alias}", "Promote", AliasState, PromoteRequest),
    ("POST", "/v1/aliases/{alias}/rollback", "Roll back", AliasState, RollbackRequest),
    ("GET", "/v1/aliases/{alias}/history", "History of an alias", Page[AuditEvent], None),
    ("GET", "/v1/events", "Audit trail", Page[AuditEvent], None),
    ("GET", "/v1/diff", "Compare two servings", ServingDiff, None),
)
"""Method, path, summary, answer and body of what is passed through."""

router = APIRouter(tags=["registry"])


async def pass_through(request: Request) -> Response:
    """Ask the registry the same, and answer the same. Raises Unavailable or BadInput."""
    app = request.app
    assert isinstance(app, FastAPI)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise BadInput(f"body: larger than {MAX_BODY_BYTES} bytes")
    # The path as it came: a decoded %2F would name another resource.
    url = httpx.URL(path=request.scope["raw_path"].decode("latin-1"), query=request.scope["query_string"])
    headers = {"content-type": kind} if (kind := request.headers.get("content-type")) else {}
    try:
        answer = await services_of(app).registry_http.request(
            request.method, url, content=bytes(body) or None, headers=headers
        )
    except httpx.RequestError as error:
        raise Unavailable(what="registry", problem=str(error) or type(error).__name__) from error
    return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))


def _add(method: str, path: str, summary: str, answer: Answer, body: type[Message] | None) -> None:
    extra: dict[str, Any] = {
        "parameters": [
            {"name": part[1:-1], "in": "path", "required": True, "schema": {"type": "string"}}
            for part in path.split("/")
            if part.startswith("{")
        ]
    }
    if body is not None:
        schema = body.model_json_schema(ref_template="#/components/schemas/{model}")
        schema.pop("$defs", None)
        extra["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    router.add_api_route(
        path,
        pass_through,
        methods=[method],
        summary=summary,
        response_model=answer,
        responses={422: {"model": Problem}, 503: {"model": Problem, "description": "the registry is down"}},
        openapi_extra=extra,
        operation_id=f"registry_{method.lower()}_{path.removeprefix('/v1/').replace('/', '_').translate(_PLAIN)}",
    )


_PLAIN: Final = str.maketrans("", "", "{}")

for _route in ROUTES:
    _add(*_route)
