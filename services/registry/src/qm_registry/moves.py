"""What a change of an alias amounts to: pure decisions, no database.

The moves of an alias form a stack with its whole past kept. A promotion goes on top of the present
move; a rollback makes a new move to what lay under the present one and takes over that one's
parent. Rolling back twice therefore goes two steps back instead of to and fro.
"""

from __future__ import annotations

from dataclasses import dataclass

from qmcore.contracts.registry import ABSENT, Action, Outcome
from qmcore.errors import AliasConflict, Conflict, QmError


@dataclass(frozen=True, slots=True)
class Move:
    """One move of an alias that was done."""

    alias: str
    version: int
    parent: int | None
    serving_id: str
    at_us: int
    who: str
    why: str
    action: Action


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of an attempted change: a new move, nothing, or a refusal with its error."""

    outcome: Outcome
    from_id: str | None
    to_id: str | None
    version: int | None = None
    parent: int | None = None
    error: QmError | None = None


def _moved_meanwhile(alias: str, current: Move | None, expected: str | None) -> AliasConflict | None:
    now = current.serving_id if current else None
    if expected is None or expected == (now or ABSENT):
        return None
    return AliasConflict(alias=alias, expected=expected, current=now)


def decide_promotion(alias: str, current: Move | None, target: str, expected: str | None) -> Decision:
    """Point ``alias`` at ``target``; ``expected`` as in PromoteRequest."""
    now = current.serving_id if current else None
    conflict = _moved_meanwhile(alias, current, expected)
    if conflict is not None:
        return Decision("refused", now, target, error=conflict)
    if current is None:
        return Decision("done", None, target, version=1)
    if now == target:
        return Decision("unchanged", now, target)
    return Decision("done", now, target, version=current.version + 1, parent=current.version)


def decide_rollback(alias: str, current: Move, below: Move | None, expected: str | None) -> Decision:
    """Point ``alias`` back; ``below`` is the move that ``current.parent`` names."""
    conflict = _moved_meanwhile(alias, current, expected)
    if conflict is not None:
        return Decision("refused", current.serving_id, None, error=conflict)
    if below is None:
        error = Conflict(
            f"alias {alias!r} has nothing to roll back to: {current.serving_id} is its first serving"
        )
        return Decision("refused", current.serving_id, None, error=error)
    return Decision(
        "done", current.serving_id, below.serving_id, version=current.version + 1, parent=below.parent
    )
