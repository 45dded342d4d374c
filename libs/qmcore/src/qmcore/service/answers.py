"""Every error of the service as a ``Problem``: in words, with the field and what is allowed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from qmcore.config.base import parse_spec
from qmcore.contracts.problems import Problem, problem_of, status_of
from qmcore.errors import ConfigError, CorruptData, QmError
from qmcore.redaction import redacted

log = logging.getLogger(__name__)


def _json(problem: Problem, status: int) -> Response:
    body = redacted(problem.model_dump_json(exclude_none=True))
    return Response(body, status_code=status, media_type="application/json")


def _answer(error: QmError) -> Response:
    status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("%s", error)
    return _json(problem_of(error), status)


def _model(route: object, source: str) -> type[BaseModel] | None:
    """The model that the route reads its body or query with."""
    if not isinstance(route, APIRoute):
        return None
    fields = (
        [route.body_field] if source == "body" else route.dependant.query_params if source == "query" else []
    )
    for field in fields:
        kind = None if field is None else field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def config_error_of(request: Request, error: RequestValidationError) -> ConfigError:
    """What is wrong with the request, as the same error that a wrong file gives."""
    first = error.errors()[0]
    source, *path = [str(part) for part in first["loc"]]
    if first["type"] == "json_invalid":
        problem = f"is not JSON: {first.get('ctx', {}).get('error', first['msg'])}"
        return ConfigError(source=source, field="", problem=problem, allowed="a JSON object")
    if isinstance(error.body, bytes):
        problem = "is not JSON, or does not say so"
        return ConfigError(
            source=source, field="", problem=problem, allowed="a JSON object, as application/json"
        )
    model = _model(request.scope.get("route"), source)
    document = error.body if source == "body" else dict(request.query_params)
    if model is not None and isinstance(document, dict):
        try:
            parse_spec(model, document, source)
        except ConfigError as described:
            return described
    got = str(first["input"])[:100]
    return ConfigError(source=source, field=".".join(path), problem=f"{first['msg']} (got {got!r})")


def install_problem_answers(app: FastAPI, *, on_damage: Callable[[], None] | None = None) -> None:
    """Answer all errors of ``app`` as Problems; ``on_damage`` is told of every refused serving."""

    @app.exception_handler(QmError)
    def _known(_: Request, error: QmError) -> Response:
        if isinstance(error, CorruptData) and on_damage is not None:
            on_damage()
        return _answer(error)

    @app.exception_handler(RequestValidationError)
    def _wrong_request(request: Request, error: RequestValidationError) -> Response:
        return _answer(config_error_of(request, error))

    @app.exception_handler(HTTPException)
    def _not_a_request(request: Request, error: HTTPException) -> Response:
        said = f"{request.method} {request.url.path}: {error.detail}"
        return _json(Problem(error=said, type="BadInput"), error.status_code)

    @app.exception_handler(Exception)
    def _bug(request: Request, error: Exception) -> Response:
        log.exception("%s %s failed", request.method, request.url.path, exc_info=error)
        return _json(Problem(error="internal error; see the service's log", type="QmError"), 500)
