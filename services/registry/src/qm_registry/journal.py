"""The rows of the registry, read and appended inside a caller's transaction. There is no other verb."""

from __future__ import annotations

import datetime as dt_
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select

from qm_registry.documents import SealedServing, name_of
from qm_registry.moves import Decision, Move
from qm_registry.tables import EVENTS, SERVINGS
from qmcore.config.runtime import canonical_json
from qmcore.contracts.promotion import Passage, PromotionEvidence
from qmcore.contracts.registry import Action, AuditEvent, Outcome

_EPOCH = dt_.datetime(1970, 1, 1, tzinfo=dt_.UTC)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something, and why."""

    who: str
    why: str


def to_us(instant: dt_.datetime) -> int:
    """UTC microseconds since the epoch of an aware datetime."""
    return (instant - _EPOCH) // dt_.timedelta(microseconds=1)


def from_us(us: int) -> dt_.datetime:
    """The aware UTC datetime of ``us`` microseconds since the epoch."""
    return _EPOCH + dt_.timedelta(microseconds=us)


def now_us() -> int:
    """The wall clock, UTC microseconds."""
    return time.time_ns() // 1000


def _move(row: Row[Any]) -> Move:
    return Move(row.alias, row.version, row.parent, row.to_id, row.at_us, row.who, row.why, row.action)


def _moves_of(alias: str) -> Select[Any]:
    return select(EVENTS).where(EVENTS.c.alias == alias, EVENTS.c.version.is_not(None))


def newest_move(connection: Connection, alias: str, *, until_us: int | None = None) -> Move | None:
    """Where ``alias`` points: its newest move, or the newest at or before ``until_us``."""
    query = _moves_of(alias).order_by(EVENTS.c.version.desc()).limit(1)
    if until_us is not None:
        query = query.where(EVENTS.c.at_us <= until_us)
    row = connection.execute(query).first()
    return None if row is None else _move(row)


def move_of_version(connection: Connection, alias: str, version: int) -> Move:
    """One past move; the caller knows that it exists."""
    return _move(connection.execute(_moves_of(alias).where(EVENTS.c.version == version)).one())


def newest_moves(connection: Connection) -> list[Move]:
    """Where every alias points, by name."""
    newest = (
        select(EVENTS.c.alias, func.max(EVENTS.c.version).label("version"))
        .where(EVENTS.c.version.is_not(None))
        .group_by(EVENTS.c.alias)
        .subquery()
    )
    query = (
        select(EVENTS)
        .join(newest, (EVENTS.c.alias == newest.c.alias) & (EVENTS.c.version == newest.c.version))
        .order_by(EVENTS.c.alias)
    )
    return [_move(row) for row in connection.execute(query)]


def append_move(
    connection: Connection, alias: str, action: Action, actor: Actor, decision: Decision, *, after_us: int
) -> None:
    """Record an attempted change of an alias, never earlier than ``after_us`` (clocks may go back)."""
    connection.execute(
        insert(EVENTS).values(
            at_us=max(now_us(), after_us),
            action=action,
            outcome=decision.outcome,
            who=actor.who,
            why=actor.why,
            alias=alias,
            version=decision.version,
            parent=decision.parent,
            from_id=decision.from_id,
            to_id=decision.to_id,
            detail="" if decision.error is None else str(decision.error),
        )
    )


def append_publication(
    connection: Connection, serving_id: str, actor: Actor, outcome: Outcome, passage: Passage, *, detail: str
) -> None:
    """Record an attempted publication, and what was said for it."""
    connection.execute(
        insert(EVENTS).values(
            at_us=now_us(),
            action="publish",
            outcome=outcome,
            who=actor.who,
            why=actor.why,
            to_id=serving_id,
            detail=detail,
            evidence=None if passage.evidence is None else canonical_json(passage.evidence),
            override=passage.override,
        )
    )


def append_serving(connection: Connection, sealed: SealedServing) -> None:
    """Store a new serving. IntegrityError when its id is taken."""
    connection.execute(
        insert(SERVINGS).values(
            serving_id=sealed.serving_id,
            name=name_of(sealed.serving_id),
            document=sealed.document,
            document_sha256=sealed.document_sha256,
            registered_at_us=now_us(),
        )
    )


def find_serving(connection: Connection, serving_id: str) -> SealedServing | None:
    """The stored text of a serving, not yet verified."""
    columns = SERVINGS.c.serving_id, SERVINGS.c.document, SERVINGS.c.document_sha256
    row = connection.execute(select(*columns).where(SERVINGS.c.serving_id == serving_id)).first()
    return None if row is None else SealedServing(row.serving_id, row.document, row.document_sha256)


def count(connection: Connection, query: Select[Any]) -> int:
    """How many rows ``query`` has."""
    return connection.execute(select(func.count()).select_from(query.order_by(None).subquery())).scalar_one()


def audit_event(row: Row[Any]) -> AuditEvent:
    """A row of ``events`` as clients see it."""
    return AuditEvent(
        seq=row.seq,
        at=from_us(row.at_us),
        action=row.action,
        outcome=row.outcome,
        who=row.who,
        why=row.why,
        alias=row.alias,
        version=row.version,
        from_id=row.from_id,
        to_id=row.to_id,
        detail=row.detail,
        evidence=None if row.evidence is None else PromotionEvidence.model_validate_json(row.evidence),
        override=row.override,
    )
