"""Typed client of the registry, for the gateway, the harness and the command line.

Errors come back as the exceptions that the registry raised (qmcore.errors). While the registry is
down, calls wait and try again with growing pauses, and raise Unavailable after ``patience_s``. A call
whose repetition could do something twice (promote, rollback) is tried again only when the registry
surely did not get it.
"""

from __future__ import annotations

import asyncio
import datetime as dt_
import random
import time
from types import TracebackType
from typing import Final, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from qmcore.config.base import parse_spec
from qmcore.config.serving import PublishedServingSpec
from qmcore.contracts.problems import Problem, error_of
from qmcore.contracts.promotion import PromotionEvidence
from qmcore.contracts.registry import (
    AliasState,
    AuditEvent,
    Outcome,
    Page,
    PromoteRequest,
    Published,
    PublishRequest,
    Resolved,
    RollbackRequest,
    ServingDiff,
    ServingSummary,
    check_alias,
    check_alias_or_id,
)
from qmcore.errors import OptionError, QmError, TooMany, Unavailable
from qmcore.redaction import redacted
from qmcore.tokens import bearer_headers

FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 3.0
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
AnswerT = TypeVar("AnswerT", bound=BaseModel)


class RegistryClient:
    """``async with RegistryClient(url) as registry: await registry.resolve("demo")``."""

    def __init__(
        self,
        url: str,
        *,
        patience_s: float = 10.0,
        timeout_s: float = 5.0,
        token: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """``url`` as ``http://host:port``; ``token`` where the registry wants one. Raises OptionError."""
        allowed = "http://HOST:PORT or https://HOST[:PORT]"
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL:
            raise OptionError(option="registry URL", value=redacted(url), allowed=allowed) from None
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise OptionError(option="registry URL", value=redacted(url), allowed=allowed)
        self.url = url.rstrip("/")
        self._patience_s = patience_s
        self._what = redacted(f"registry {self.url}")
        self._http = httpx.AsyncClient(
            base_url=self.url, timeout=timeout_s, transport=transport, headers=bearer_headers(token)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def publish(
        self,
        spec: PublishedServingSpec,
        *,
        who: str,
        why: str,
        evidence: PromotionEvidence | None = None,
        override: str | None = None,
    ) -> Published:
        """Publish ``spec``; the same content again gives the first one back. Raises PromotionRefused."""
        request = parse_spec(
            PublishRequest, dict(spec) | {"evidence": evidence, "override": override}, "publication"
        )
        unsaid = {name for name, value in request if value is None}
        body = request.model_dump_json(exclude=unsaid).encode()
        answer = await self._call("POST", "/v1/servings", query={"who": who, "why": why}, body=body)
        return _parse(Published, answer)

    async def promote(self, alias: str, request: PromoteRequest) -> AliasState:
        """Point ``alias`` at a serving. Raises NotFound, AliasConflict or CorruptData."""
        path = f"/v1/aliases/{_segment(check_alias(alias))}"
        body = request.model_dump_json(exclude_none=True).encode()
        return _parse(AliasState, await self._call("PUT", path, body=body, repeatable=False))

    async def rollback(self, alias: str, request: RollbackRequest) -> AliasState:
        """Point ``alias`` back. Raises NotFound, Conflict or CorruptData."""
        path = f"/v1/aliases/{_segment(check_alias(alias))}/rollback"
        body = request.model_dump_json(exclude_none=True).encode()
        return _parse(AliasState, await self._call("POST", path, body=body, repeatable=False))

    async def resolve(self, alias_or_id: str) -> Resolved:
        """What an alias or id means now. Raises NotFound or CorruptData."""
        path = f"/v1/resolve/{_segment(check_alias_or_id(alias_or_id))}"
        return _parse(Resolved, await self._call("GET", path))

    async def serving(self, serving_id: str) -> PublishedServingSpec:
        """One serving by id. Raises NotFound or CorruptData."""
        path = f"/v1/servings/{_segment(check_alias_or_id(serving_id, 'serving_id'))}"
        return _parse(PublishedServingSpec, await self._call("GET", path))

    async def servings(
        self, *, name: str | None = None, limit: int = 50, offset: int = 0
    ) -> Page[ServingSummary]:
        """Servings, newest first."""
        query = _query(name=name, limit=limit, offset=offset)
        return _parse(Page[ServingSummary], await self._call("GET", "/v1/servings", query=query))

    async def alias(self, alias: str, at: dt_.datetime | None = None) -> AliasState:
        """Where ``alias`` points, now or at the instant ``at``. Raises NotFound."""
        query = _query(at=None if at is None else at.isoformat())
        answer = await self._call("GET", f"/v1/aliases/{_segment(check_alias(alias))}", query=query)
        return _parse(AliasState, answer)

    async def aliases(self, *, limit: int = 50, offset: int = 0) -> Page[AliasState]:
        """Where every alias points now, by name."""
        query = _query(limit=limit, offset=offset)
        return _parse(Page[AliasState], await self._call("GET", "/v1/aliases", query=query))

    async def history(
        self, alias: str, *, outcome: Outcome | None = None, limit: int = 50, offset: int = 0
    ) -> Page[AuditEvent]:
        """Every attempt to move ``alias``, newest first. Raises NotFound."""
        query = _query(outcome=outcome, limit=limit, offset=offset)
        answer = await self._call("GET", f"/v1/aliases/{_segment(check_alias(alias))}/history", query=query)
        return _parse(Page[AuditEvent], answer)

    async def events(
        self, *, outcome: Outcome | None = None, limit: int = 50, offset: int = 0
    ) -> Page[AuditEvent]:
        """Every attempted change of the registry, newest first."""
        query = _query(outcome=outcome, limit=limit, offset=offset)
        return _parse(Page[AuditEvent], await self._call("GET", "/v1/events", query=query))

    async def diff(self, a: str, b: str) -> ServingDiff:
        """What changes from ``a`` to ``b``, aliases or ids."""
        query = _query(a=check_alias_or_id(a, "a"), b=check_alias_or_id(b, "b"))
        return _parse(ServingDiff, await self._call("GET", "/v1/diff", query=query))

    async def ready(self) -> None:
        """Raise Unavailable unless the registry answers and has its database; does not wait."""
        try:
            response = await self._http.get("/ready")
        except httpx.RequestError as error:
            raise self._down(error) from error
        if response.status_code != httpx.codes.OK:
            raise Unavailable(what=self._what, problem=response.text[:300])

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: bytes | None = None,
        repeatable: bool = True,
    ) -> bytes:
        deadline = time.monotonic() + self._patience_s
        pause = FIRST_PAUSE_S
        while True:
            try:
                return await self._call_once(method, path, query, body)
            except Unavailable as error:
                again = repeatable or isinstance(error, TooMany) or isinstance(error.__cause__, _NOT_SENT)
                wait = pause * random.uniform(0.5, 1.0)
                if not again or time.monotonic() + wait > deadline:
                    raise
            await asyncio.sleep(wait)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _call_once(
        self, method: str, path: str, query: dict[str, str] | None, body: bytes | None
    ) -> bytes:
        headers = {"content-type": "application/json"} if body is not None else None
        try:
            response = await self._http.request(method, path, params=query, content=body, headers=headers)
        except httpx.RequestError as error:
            raise self._down(error) from error
        if response.is_success:
            return response.content
        raise self._error(response)

    def _error(self, response: httpx.Response) -> QmError:
        try:
            return error_of(Problem.model_validate_json(response.content))
        except ValidationError:  # not the registry's own words: a proxy, or another program on that port
            problem = f"HTTP {response.status_code} that is no answer of a registry: {response.text[:200]!r}"
            return Unavailable(what=self._what, problem=problem)

    def _down(self, error: httpx.RequestError) -> Unavailable:
        return Unavailable(what=self._what, problem=str(error) or type(error).__name__)


def _segment(text: str) -> str:
    return quote(text, safe="")


def _query(**values: str | int | None) -> dict[str, str]:
    return {name: str(value) for name, value in values.items() if value is not None}


def _parse(model: type[AnswerT], content: bytes) -> AnswerT:
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise Unavailable(what="registry", problem=f"its answer is no {model.__name__}: {error}") from error
