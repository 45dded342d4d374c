"""Lists of the registry, a page at a time: servings, aliases, history, audit trail.

A damaged serving stands in its list with the reason and without its content; it hides no other.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from qm_registry import journal
from qm_registry.documents import name_of
from qm_registry.store import RegistryStore, alias_state
from qm_registry.tables import EVENTS, SERVINGS
from qmcore.contracts.registry import (
    AliasState,
    AuditEvent,
    Outcome,
    Page,
    ServingSummary,
    check_alias,
)
from qmcore.errors import CorruptData, NotFound


def list_servings(store: RegistryStore, *, name: str | None, limit: int, offset: int) -> Page[ServingSummary]:
    """Servings, newest first; ``name`` selects those that were published under it."""
    query = select(SERVINGS.c.serving_id, SERVINGS.c.registered_at_us)
    if name is not None:
        query = query.where(SERVINGS.c.name == name)
    with store.database.reading() as connection:
        total = journal.count(connection, query)
        rows = connection.execute(query.order_by(SERVINGS.c.seq.desc()).limit(limit).offset(offset)).all()
        pointing: dict[str, list[str]] = {}
        for move in journal.newest_moves(connection):
            pointing.setdefault(move.serving_id, []).append(move.alias)
    items = tuple(
        _summary(store, row.serving_id, row.registered_at_us, tuple(pointing.get(row.serving_id, ())))
        for row in rows
    )
    return Page(items=items, total=total, limit=limit, offset=offset)


def _summary(
    store: RegistryStore, serving_id: str, registered_at_us: int, aliases: tuple[str, ...]
) -> ServingSummary:
    bare = ServingSummary(
        serving_id=serving_id,
        name=name_of(serving_id),
        registered_at=journal.from_us(registered_at_us),
        aliases=aliases,
    )
    try:
        spec = store.serving(serving_id)
    except CorruptData as error:
        return bare.model_copy(update={"error": str(error)})
    snapshot = spec.runtime_snapshot
    return bare.model_copy(
        update={
            "product_type": snapshot.product_type,
            "symbol": snapshot.symbol,
            "dt": snapshot.dt,
            "start_time": snapshot.start_time,
            "end_time": snapshot.end_time,
            "signal": snapshot.signal.name,
            "source": spec.source,
        }
    )


def list_aliases(store: RegistryStore, *, limit: int, offset: int) -> Page[AliasState]:
    """Where every alias points now, by name."""
    with store.database.reading() as connection:
        moves = journal.newest_moves(connection)
    page = tuple(alias_state(move) for move in moves[offset : offset + limit])
    return Page(items=page, total=len(moves), limit=limit, offset=offset)


def alias_history(
    store: RegistryStore, alias: str, *, outcome: Outcome | None, limit: int, offset: int
) -> Page[AuditEvent]:
    """Every attempt to move ``alias``, newest first. Raises NotFound where there was none."""
    query = select(EVENTS).where(EVENTS.c.alias == check_alias(alias))
    with store.database.reading() as connection:
        if journal.count(connection, query) == 0:
            names = [move.alias for move in journal.newest_moves(connection)]
            raise NotFound(kind="alias", name=alias, available=names)
    return _events(store, query, outcome=outcome, limit=limit, offset=offset)


def audit_trail(
    store: RegistryStore, *, outcome: Outcome | None, limit: int, offset: int
) -> Page[AuditEvent]:
    """Every attempted change of the registry, newest first."""
    return _events(store, select(EVENTS), outcome=outcome, limit=limit, offset=offset)


def _events(
    store: RegistryStore, query: Select[Any], *, outcome: Outcome | None, limit: int, offset: int
) -> Page[AuditEvent]:
    if outcome is not None:
        query = query.where(EVENTS.c.outcome == outcome)
    with store.database.reading() as connection:
        total = journal.count(connection, query)
        rows = connection.execute(query.order_by(EVENTS.c.seq.desc()).limit(limit).offset(offset)).all()
    return Page(
        items=tuple(journal.audit_event(row) for row in rows), total=total, limit=limit, offset=offset
    )
