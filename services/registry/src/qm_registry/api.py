"""The routes of SPEC section 10: each reads its request, asks the store and says the answer.

Routes are plain functions, so FastAPI runs them in its thread pool and a waiting database blocks no
other request. Every failure leaves as a ``Problem``.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from qm_registry.door import StoreDoor
from qm_registry.local import LocalRegistry
from qm_registry.publications import publish_request
from qmcore.config.pipeline import SpecName
from qmcore.config.serving import PublishedServingSpec
from qmcore.contracts.problems import Problem
from qmcore.contracts.registry import (
    Alias,
    AliasOrId,
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
    ServingId,
    ServingSummary,
    Who,
    Why,
)

_MEANINGS = {
    403: "the promotion gate refuses the run; `reasons` names every condition that it does not meet",
    404: "what was named does not exist; `available` lists what does",
    413: "the body is larger than 1 MiB",
    409: "the alias points elsewhere than expected, or has nothing to roll back to; nothing was changed",
    422: "the request is wrong; `field` and `allowed` say where and how",
    500: "a stored serving was tampered with (hash mismatch) and is refused; others are unaffected",
    503: "the database cannot be reached now; try again",
}


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": Problem, "description": _MEANINGS[status]} for status in statuses}


class NoQuery(BaseModel):
    """A route without query parameters: any is refused."""

    model_config = ConfigDict(extra="forbid")


class PageQuery(NoQuery):
    """Which part of a list."""

    limit: int = Field(default=50, ge=1, le=500)
    offset: int = Field(default=0, ge=0, le=1_000_000_000)


class ServingsQuery(PageQuery):
    """Which servings."""

    name: SpecName | None = Field(default=None, description="only those published under this name")


class EventsQuery(PageQuery):
    """Which events."""

    outcome: Outcome | None = None


class AtQuery(NoQuery):
    """An alias now, or at an instant."""

    at: AwareDatetime | None = Field(
        default=None, description="ISO 8601 with offset, e.g. 2025-11-24T14:30:00Z"
    )


class DiffQuery(NoQuery):
    """Two servings to compare."""

    a: AliasOrId
    b: AliasOrId


class ActorQuery(NoQuery):
    """Who publishes, and why: beside the body, because the body is the content."""

    who: Who = "unknown"
    why: Why = "published over REST"


def _store(request: Request) -> LocalRegistry:
    door = request.app.state.door
    assert isinstance(door, StoreDoor)
    return door.store()


Store = Annotated[LocalRegistry, Depends(_store)]
AliasPath = Annotated[Alias, Path()]
ServingPath = Annotated[ServingId, Path()]
Nothing = Annotated[NoQuery, Query()]

router = APIRouter(prefix="/v1", tags=["registry"])


@router.post(
    "/servings",
    response_model=Published,
    status_code=201,
    summary="Publish a serving",
    responses={
        200: {"model": Published, "description": "published before"},
        **_problems(403, 413, 422, 500, 503),
    },
)
def publish_serving(
    store: Store, body: PublishRequest, actor: Annotated[ActorQuery, Query()], response: Response
) -> Published:
    """Idempotent by content: 201 for a new serving, 200 with the existing one for the same content.

    One whose source names a run passes the promotion gate, by its evidence or by an override, or is refused.
    """
    published = publish_request(store, body, who=actor.who, why=actor.why)
    response.status_code = 201 if published.created else 200
    return published


@router.get("/servings", responses=_problems(422, 503), summary="List servings")
def list_servings(store: Store, query: Annotated[ServingsQuery, Query()]) -> Page[ServingSummary]:
    """Newest first; a damaged serving is listed with its error."""
    return store.servings(name=query.name, limit=query.limit, offset=query.offset)


@router.get("/servings/{serving_id}", responses=_problems(404, 422, 500, 503), summary="One serving")
def get_serving(store: Store, serving_id: ServingPath, _: Nothing) -> PublishedServingSpec:
    """Its hash is verified before it leaves."""
    return store.serving(serving_id)


@router.get(
    "/resolve/{alias_or_id}",
    response_model=Resolved,
    responses=_problems(404, 422, 500, 503),
    summary="What an alias or id means now",
)
def resolve(store: Store, alias_or_id: Annotated[AliasOrId, Path()], _: Nothing) -> Response:
    """``alias``, ``promoted_at`` and ``version`` are null when an id was asked for."""
    resolved = store.resolve(alias_or_id)
    return Response(
        resolved.model_dump_json(), media_type="application/json"
    )  # validated already: the hot path


@router.get("/aliases", responses=_problems(422, 503), summary="List aliases")
def list_aliases(store: Store, query: Annotated[PageQuery, Query()]) -> Page[AliasState]:
    """Where every alias points now, by name."""
    return store.aliases(limit=query.limit, offset=query.offset)


@router.get("/aliases/{alias}", responses=_problems(404, 422, 503), summary="An alias, now or at an instant")
def get_alias(store: Store, alias: AliasPath, query: Annotated[AtQuery, Query()]) -> AliasState:
    """With ``at``, where the alias pointed at that instant."""
    return store.alias(alias, query.at)


@router.put("/aliases/{alias}", responses=_problems(404, 409, 413, 422, 500, 503), summary="Promote")
def promote(store: Store, alias: AliasPath, body: PromoteRequest, _: Nothing) -> AliasState:
    """Point the alias at a serving; with ``expected_serving_id`` only if it points there now."""
    return store.promote(alias, body)


@router.post(
    "/aliases/{alias}/rollback", responses=_problems(404, 409, 413, 422, 500, 503), summary="Roll back"
)
def rollback(store: Store, alias: AliasPath, body: RollbackRequest, _: Nothing) -> AliasState:
    """Point the alias back; repeated, it goes further back."""
    return store.rollback(alias, body)


@router.get("/aliases/{alias}/history", responses=_problems(404, 422, 503), summary="History of an alias")
def alias_history(store: Store, alias: AliasPath, query: Annotated[EventsQuery, Query()]) -> Page[AuditEvent]:
    """Every attempt to move it, newest first, the refused ones too."""
    return store.history(alias, outcome=query.outcome, limit=query.limit, offset=query.offset)


@router.get("/events", responses=_problems(422, 503), summary="Audit trail")
def audit_trail(store: Store, query: Annotated[EventsQuery, Query()]) -> Page[AuditEvent]:
    """Every attempted change, publications included, newest first."""
    return store.events(outcome=query.outcome, limit=query.limit, offset=query.offset)


@router.get("/diff", responses=_problems(404, 422, 500, 503), summary="Compare two servings")
def diff(store: Store, query: Annotated[DiffQuery, Query()]) -> ServingDiff:
    """Field by field, from ``a`` to ``b``; aliases or ids."""
    return store.diff(query.a, query.b)
