"""The registry itself: publish, promote, roll back, resolve. REST and CLI are two thin doors to it.

Guarantees: servings never change; an alias moves only by an event; of two racing changes exactly one
comes first and a compare-and-set sees it; every attempt is recorded, the refused ones too; no
serving leaves without its hash verified. Threads and processes may share one database.
"""

from __future__ import annotations

import datetime as dt_
import logging
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from qm_registry import journal
from qm_registry.database import Database
from qm_registry.diff import diff_snapshots
from qm_registry.documents import SealedServing, Unsealer, seal
from qm_registry.journal import Actor
from qm_registry.moves import Decision, Move, decide_promotion, decide_rollback
from qm_registry.tables import SERVINGS
from qm_registry.version_files import VersionFiles
from qmcore.config.serving import PublishedServingSpec
from qmcore.contracts.promotion import UNQUESTIONED, Passage, PromotionEvidence, pass_gate
from qmcore.contracts.registry import (
    Action,
    AliasState,
    Outcome,
    PromoteRequest,
    Published,
    Resolved,
    RollbackRequest,
    ServingDiff,
    check_alias,
    check_alias_or_id,
    check_serving_id,
    looks_like_serving_id,
)
from qmcore.errors import CorruptData, NotFound, PromotionRefused, QmError, Unavailable

log = logging.getLogger(__name__)
ChangeObserver = Callable[[Action, Outcome], None]
"""Told of every attempted change, after it was recorded."""
ATTEMPTS = 20
"""Looks at a moving alias before giving up; only databases that let writers overlap need a second."""
OFFERED = 100
"""Names that an unknown one is answered with, at most."""


def alias_state(move: Move) -> AliasState:
    """A move as clients see it."""
    return AliasState(
        alias=move.alias,
        serving_id=move.serving_id,
        version=move.version,
        promoted_at=journal.from_us(move.at_us),
        who=move.who,
        why=move.why,
        action=move.action,
    )


class RegistryStore:
    """The registry over one database and, where a lake is configured, its folder of YAML copies."""

    def __init__(
        self,
        database: Database,
        files: VersionFiles | None = None,
        *,
        on_change: ChangeObserver | None = None,
    ) -> None:
        self.database = database
        self._on_change = on_change
        self._files = files
        self._unsealer = Unsealer()

    def restore_files(self) -> None:
        """Write the YAML copies that are missing; damaged servings are logged and left as they are."""
        if self._files is None:
            return
        with self.database.reading() as connection:
            ids = connection.execute(select(SERVINGS.c.serving_id)).scalars().all()
        for serving_id in ids:
            if not self._files.path(serving_id).exists():
                try:
                    self._keep_file(self.serving(serving_id))
                except CorruptData as error:
                    log.error("%s", error)

    def publish(
        self,
        spec: PublishedServingSpec,
        *,
        who: str,
        why: str,
        evidence: PromotionEvidence | None = None,
        override: str | None = None,
    ) -> Published:
        """Store ``spec``, or return what was stored when the same content was published before.

        Raises PromotionRefused where it comes from a run that passes the gate neither by ``evidence`` nor by
        ``override``, ConfigError on an id that is none, CorruptData where the stored one, or a YAML copy already
        there, was tampered with.
        """
        check_serving_id(spec.serving_id)
        actor = Actor(who, why)
        passage = Passage(evidence)
        for _ in range(ATTEMPTS):
            try:
                passage = pass_gate(spec.source, evidence, override)
                published = self._publish_once(spec, actor, passage)
            except IntegrityError:  # another writer published it between our look and our insert
                continue
            except (CorruptData, PromotionRefused) as error:
                self.refuse_publication(spec.serving_id, actor, error, passage)
                raise
            self._keep_file(published.serving)
            self._tell("publish", "done" if published.created else "unchanged", spec.serving_id)
            return published
        raise Unavailable(
            what="registry database", problem=f"serving {spec.serving_id} could not be stored; try again"
        )

    def refuse_publication(
        self, serving_id: str, actor: Actor, error: QmError, passage: Passage = UNQUESTIONED
    ) -> None:
        """Record that a publication was refused because of ``error``."""
        with self.database.writing() as connection:
            journal.append_publication(
                connection, check_serving_id(serving_id), actor, "refused", passage, detail=str(error)
            )
        self._tell("publish", "refused", error)

    def _publish_once(self, spec: PublishedServingSpec, actor: Actor, passage: Passage) -> Published:
        overridden = "\n".join(f"- {reason}" for reason in passage.failed)
        with self.database.writing() as connection:
            sealed = journal.find_serving(connection, spec.serving_id)
            if sealed is not None:
                serving = self._verified(sealed)
                journal.append_publication(
                    connection, spec.serving_id, actor, "unchanged", passage, detail=overridden
                )
                return Published(created=False, serving=serving)
            copy = self._files.read(spec.serving_id) if self._files else None
            serving = copy or spec  # a copy that outlived its database is the first publication: it stands
            journal.append_serving(connection, seal(serving))
            journal.append_publication(connection, spec.serving_id, actor, "done", passage, detail=overridden)
            return Published(created=True, serving=serving)

    def promote(self, alias: str, request: PromoteRequest) -> AliasState:
        """Point ``alias`` at a serving. Raises NotFound, AliasConflict or CorruptData, each recorded."""

        def decide(connection: Connection, current: Move | None) -> Decision:
            decision = decide_promotion(alias, current, request.serving_id, request.expected_serving_id)
            return self._refuse_unsound(connection, decision)

        return self._move(check_alias(alias), "promote", Actor(request.who, request.why), decide)

    def rollback(self, alias: str, request: RollbackRequest) -> AliasState:
        """Point ``alias`` back. Raises NotFound, Conflict (nothing before it) or CorruptData, recorded."""

        def decide(connection: Connection, current: Move | None) -> Decision:
            if current is None:
                return Decision("refused", None, None, error=self._unknown(connection, "alias", alias))
            below = (
                None if current.parent is None else journal.move_of_version(connection, alias, current.parent)
            )
            decision = decide_rollback(alias, current, below, request.expected_serving_id)
            return self._refuse_unsound(connection, decision)

        return self._move(check_alias(alias), "rollback", Actor(request.who, request.why), decide)

    def _move(
        self, alias: str, action: Action, actor: Actor, decide: Callable[[Connection, Move | None], Decision]
    ) -> AliasState:
        for _ in range(ATTEMPTS):
            try:
                with self.database.writing() as connection:
                    current = journal.newest_move(connection, alias)
                    decision = decide(connection, current)
                    after_us = current.at_us if current else 0
                    journal.append_move(connection, alias, action, actor, decision, after_us=after_us)
                    newest = journal.newest_move(connection, alias)
            except IntegrityError:  # another writer made this version's move: look again
                continue
            self._tell(
                action, decision.outcome, decision.error or f"{alias}: {decision.from_id} -> {decision.to_id}"
            )
            if decision.error is not None:
                raise decision.error
            assert newest is not None
            return alias_state(newest)
        raise Unavailable(what=f"alias {alias}", problem="it keeps moving under this change; try again")

    def _refuse_unsound(self, connection: Connection, decision: Decision) -> Decision:
        """``decision``, or a refusal when the serving that it leads to is missing or damaged."""
        if decision.error is not None or decision.to_id is None:
            return decision
        try:
            self._load(connection, decision.to_id)
        except QmError as error:
            return replace(decision, outcome="refused", version=None, parent=None, error=error)
        return decision

    def serving(self, serving_id: str) -> PublishedServingSpec:
        """One serving by id. Raises NotFound or CorruptData."""
        with self.database.reading() as connection:
            return self._load(connection, check_serving_id(serving_id))

    def resolve(self, alias_or_id: str) -> Resolved:
        """What an alias or id means now. Raises NotFound (with what there is) or CorruptData."""
        check_alias_or_id(alias_or_id)
        with self.database.reading() as connection:
            if looks_like_serving_id(alias_or_id):
                serving = self._load(connection, alias_or_id)
                return Resolved(alias=None, promoted_at=None, version=None, serving=serving)
            move = journal.newest_move(connection, alias_or_id)
            if move is None:
                raise self._unknown(connection, "serving", alias_or_id)
            return Resolved(
                alias=alias_or_id,
                promoted_at=journal.from_us(move.at_us),
                version=move.version,
                serving=self._load(connection, move.serving_id),
            )

    def alias(self, alias: str, at: dt_.datetime | None = None) -> AliasState:
        """Where ``alias`` points, now or at the instant ``at``. Raises NotFound."""
        check_alias(alias)
        with self.database.reading() as connection:
            move = journal.newest_move(connection, alias, until_us=None if at is None else journal.to_us(at))
            if move is not None:
                return alias_state(move)
            if at is not None and journal.newest_move(connection, alias) is not None:
                since = journal.from_us(journal.move_of_version(connection, alias, 1).at_us).isoformat()
                raise NotFound(
                    kind="alias", name=f"{alias} at {at.isoformat()}", available=[f"{alias} since {since}"]
                )
            raise self._unknown(connection, "alias", alias)

    def diff(self, a: str, b: str) -> ServingDiff:
        """What changes from ``a`` to ``b``, aliases or ids. Raises NotFound or CorruptData."""
        left, right = self.resolve(a).serving, self.resolve(b).serving
        changes = diff_snapshots(left.runtime_snapshot, right.runtime_snapshot)
        return ServingDiff(a=left.serving_id, b=right.serving_id, same=not changes, changes=changes)

    def _load(self, connection: Connection, serving_id: str) -> PublishedServingSpec:
        sealed = journal.find_serving(connection, serving_id)
        if sealed is None:
            raise self._unknown(connection, "serving", serving_id)
        return self._verified(sealed)

    def _verified(self, sealed: SealedServing) -> PublishedServingSpec:
        spec = self._unsealer.unseal(sealed)
        if self._files is not None:
            self._files.verify(spec)
        return spec

    def _keep_file(self, spec: PublishedServingSpec) -> None:
        if self._files is None:
            return
        try:
            self._files.keep(spec)
        except OSError as error:
            raise Unavailable(what=f"folder {self._files.folder}", problem=str(error)) from error

    @staticmethod
    def _unknown(connection: Connection, kind: str, name: str) -> NotFound:
        aliases = [move.alias for move in journal.newest_moves(connection)]
        if kind == "alias":
            return NotFound(kind=kind, name=name, available=aliases[:OFFERED])
        newest = select(SERVINGS.c.serving_id).order_by(SERVINGS.c.seq.desc()).limit(OFFERED)
        ids = connection.execute(newest).scalars().all()
        return NotFound(kind=kind, name=name, available=[*aliases, *ids][:OFFERED])

    def _tell(self, action: Action, outcome: Outcome, what: object) -> None:
        if self._on_change is not None:
            self._on_change(action, outcome)
        log.log(logging.WARNING if outcome == "refused" else logging.INFO, "%s %s: %s", action, outcome, what)
