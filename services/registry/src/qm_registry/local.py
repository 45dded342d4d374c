"""The registry with its lists, a page at a time: what REST serves and what the commands open directly.

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


class LocalRegistry(RegistryStore):
    """The registry in this process."""

    def servings(self, *, name: str | None = None, limit: int = 50, offset: int = 0) -> Page[ServingSummary]:
        """Servings, newest first; ``name`` selects those that were published under it."""
        query = select(SERVINGS.c.serving_id, SERVINGS.c.registered_at_us)
        if name is not None:
            query = query.where(SERVINGS.c.name == name)
        with self.database.reading() as connection:
            total = journal.count(connection, query)
            rows = connection.execute(query.order_by(SERVINGS.c.seq.desc()).limit(limit).offset(offset)).all()
            pointing: dict[str, list[str]] = {}
            for move in journal.newest_moves(connection):
                pointing.setdefault(move.serving_id, []).append(move.alias)
        items = tuple(
            self._summary(row.serving_id, row.registered_at_us, tuple(pointing.get(row.serving_id, ())))
            for row in rows
        )
        return Page(items=items, total=total, limit=limit, offset=offset)

    def aliases(self, *, limit: int = 50, offset: int = 0) -> Page[AliasState]:
        """Where every alias points now, by name."""
        with self.database.reading() as connection:
            moves = journal.newest_moves(connection)
        page = tuple(alias_state(move) for move in moves[offset : offset + limit])
        return Page(items=page, total=len(moves), limit=limit, offset=offset)

    def history(
        self, alias: str, *, outcome: Outcome | None = None, limit: int = 50, offset: int = 0
    ) -> Page[AuditEvent]:
        """Every attempt to move ``alias``, newest first. Raises NotFound where there was none."""
        query = select(EVENTS).where(EVENTS.c.alias == check_alias(alias))
        with self.database.reading() as connection:
            if journal.count(connection, query) == 0:
                names = [move.alias for move in journal.newest_moves(connection)]
                raise NotFound(kind="alias", name=alias, available=names)
        return self._events(query, outcome=outcome, limit=limit, offset=offset)

    def events(self, *, outcome: Outcome | None = None, limit: int = 50, offset: int = 0) -> Page[AuditEvent]:
        """Every attempted change of the registry, newest first."""
        return self._events(select(EVENTS), outcome=outcome, limit=limit, offset=offset)

    def _events(
        self, query: Select[Any], *, outcome: Outcome | None, limit: int, offset: int
    ) -> Page[AuditEvent]:
        if outcome is not None:
            query = query.where(EVENTS.c.outcome == outcome)
        with self.database.reading() as connection:
            total = journal.count(connection, query)
            rows = connection.execute(query.order_by(EVENTS.c.seq.desc()).limit(limit).offset(offset)).all()
        items = tuple(journal.audit_event(row) for row in rows)
        return Page(items=items, total=total, limit=limit, offset=offset)

    def _summary(self, serving_id: str, registered_at_us: int, aliases: tuple[str, ...]) -> ServingSummary:
        registered_at = journal.from_us(registered_at_us)
        name = name_of(serving_id)
        try:
            spec = self.serving(serving_id)
        except CorruptData as error:
            return ServingSummary(
                serving_id=serving_id,
                name=name,
                registered_at=registered_at,
                aliases=aliases,
                error=str(error),
            )
        snapshot = spec.runtime_snapshot
        return ServingSummary(
            serving_id=serving_id,
            name=name,
            registered_at=registered_at,
            aliases=aliases,
            product_type=snapshot.product_type,
            symbol=snapshot.symbol,
            dt=snapshot.dt,
            start_time=snapshot.start_time,
            end_time=snapshot.end_time,
            signal=snapshot.signal.name,
            source=spec.source,
        )
