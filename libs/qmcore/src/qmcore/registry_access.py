"""One way to use a registry, whether it is the lake's own or a service: what commands are written for.

``RemoteRegistry`` asks a service over REST. The lake's own registry works on its database with the service's own code;
who brings that code says so by an entry point of group ``qm.local_registry``, so that nothing here, and no other
service, imports it. Both raise the same errors, and one contract test suite covers both.
"""

from __future__ import annotations

import asyncio
import datetime as dt_
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final, Protocol, TypeVar

import httpx

from qmcore.config.serving import PublishedServingSpec
from qmcore.contracts.promotion import PromotionEvidence
from qmcore.contracts.registry import (
    AliasState,
    AuditEvent,
    Outcome,
    Page,
    PromoteRequest,
    Published,
    Resolved,
    RollbackRequest,
    ServingDiff,
    ServingSummary,
)
from qmcore.errors import NotFound, Unavailable
from qmcore.registry import RegistryClient
from qmcore.tokens import own_token

LOCAL_REGISTRY: Final = "qm.local_registry"
"""Entry points of a ``LakeRegistry``; there is to be one."""

AnswerT = TypeVar("AnswerT")


class Registry(Protocol):
    """What can be done with a registry. Raises the errors of qmcore.errors."""

    def publish(
        self,
        spec: PublishedServingSpec,
        *,
        who: str,
        why: str,
        evidence: PromotionEvidence | None = None,
        override: str | None = None,
    ) -> Published:
        """Publish; idempotent by content. What comes from a run passes the promotion gate."""

    def promote(self, alias: str, request: PromoteRequest) -> AliasState:
        """Point an alias at a serving."""

    def rollback(self, alias: str, request: RollbackRequest) -> AliasState:
        """Point an alias back."""

    def resolve(self, alias_or_id: str) -> Resolved:
        """What an alias or id means now."""

    def serving(self, serving_id: str) -> PublishedServingSpec:
        """One serving by id."""

    def servings(self, *, name: str | None = None, limit: int = 50, offset: int = 0) -> Page[ServingSummary]:
        """Servings, newest first."""

    def alias(self, alias: str, at: dt_.datetime | None = None) -> AliasState:
        """Where an alias points, now or at an instant."""

    def aliases(self, *, limit: int = 50, offset: int = 0) -> Page[AliasState]:
        """Where every alias points now."""

    def history(
        self, alias: str, *, outcome: Outcome | None = None, limit: int = 50, offset: int = 0
    ) -> Page[AuditEvent]:
        """Every attempt to move an alias, newest first."""

    def events(self, *, outcome: Outcome | None = None, limit: int = 50, offset: int = 0) -> Page[AuditEvent]:
        """Every attempted change, newest first."""

    def diff(self, a: str, b: str) -> ServingDiff:
        """Field by field."""


class RemoteRegistry:
    """A registry service at a URL. Every call is one connection: commands make one or two."""

    def __init__(
        self,
        url: str,
        *,
        patience_s: float = 10.0,
        transport: httpx.AsyncBaseTransport | None = None,
        token: str | None = None,
    ) -> None:
        self._url, self._patience_s, self._transport, self._token = url, patience_s, transport, token

    def _ask(self, call: Callable[[RegistryClient], Awaitable[AnswerT]]) -> AnswerT:
        async def once() -> AnswerT:
            async with RegistryClient(
                self._url, patience_s=self._patience_s, transport=self._transport, token=self._token
            ) as client:
                return await call(client)

        return asyncio.run(once())

    def publish(
        self,
        spec: PublishedServingSpec,
        *,
        who: str,
        why: str,
        evidence: PromotionEvidence | None = None,
        override: str | None = None,
    ) -> Published:
        """Publish; idempotent by content. What comes from a run passes the promotion gate."""
        return self._ask(
            lambda client: client.publish(spec, who=who, why=why, evidence=evidence, override=override)
        )

    def promote(self, alias: str, request: PromoteRequest) -> AliasState:
        """Point an alias at a serving."""
        return self._ask(lambda client: client.promote(alias, request))

    def rollback(self, alias: str, request: RollbackRequest) -> AliasState:
        """Point an alias back."""
        return self._ask(lambda client: client.rollback(alias, request))

    def resolve(self, alias_or_id: str) -> Resolved:
        """What an alias or id means now."""
        return self._ask(lambda client: client.resolve(alias_or_id))

    def serving(self, serving_id: str) -> PublishedServingSpec:
        """One serving by id."""
        return self._ask(lambda client: client.serving(serving_id))

    def servings(self, *, name: str | None = None, limit: int = 50, offset: int = 0) -> Page[ServingSummary]:
        """Servings, newest first."""
        return self._ask(lambda client: client.servings(name=name, limit=limit, offset=offset))

    def alias(self, alias: str, at: dt_.datetime | None = None) -> AliasState:
        """Where an alias points, now or at an instant."""
        return self._ask(lambda client: client.alias(alias, at))

    def aliases(self, *, limit: int = 50, offset: int = 0) -> Page[AliasState]:
        """Where every alias points now."""
        return self._ask(lambda client: client.aliases(limit=limit, offset=offset))

    def history(
        self, alias: str, *, outcome: Outcome | None = None, limit: int = 50, offset: int = 0
    ) -> Page[AuditEvent]:
        """Every attempt to move an alias, newest first."""
        return self._ask(lambda client: client.history(alias, outcome=outcome, limit=limit, offset=offset))

    def events(self, *, outcome: Outcome | None = None, limit: int = 50, offset: int = 0) -> Page[AuditEvent]:
        """Every attempted change, newest first."""
        return self._ask(lambda client: client.events(outcome=outcome, limit=limit, offset=offset))

    def diff(self, a: str, b: str) -> ServingDiff:
        """Field by field."""
        return self._ask(lambda client: client.diff(a, b))


LakeRegistry = Callable[[Path], AbstractContextManager[Registry]]
"""Opens the registry of the lake in a folder, for as long as the context lasts."""


def open_registry(registry_url: str | None, lake_root: Path) -> AbstractContextManager[Registry]:
    """The registry service at ``registry_url``, else the registry of the lake.

    The service is shown the token of QM_TOKEN or QM_TOKENS.
    Raises NotFound where there is no lake, Unavailable where no installed package can open its registry.
    """
    if registry_url:
        return nullcontext(RemoteRegistry(registry_url, token=own_token()))
    if not lake_root.is_dir():
        raise NotFound(kind="lake", name=str(lake_root))
    return _lake_registry()(lake_root)


def _lake_registry() -> LakeRegistry:
    points = {point.value: point for point in entry_points(group=LOCAL_REGISTRY)}
    if len(points) != 1:
        claimed = (
            f"claimed by {' and by '.join(sorted(points))}" if points else "no installed package opens it"
        )
        raise Unavailable(
            what="the lake's own registry", problem=f"{claimed}; name a registry service instead (--registry)"
        )
    (point,) = points.values()
    found: LakeRegistry = point.load()
    return found
