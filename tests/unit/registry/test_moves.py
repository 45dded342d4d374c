"""Decisions about aliases, without a database."""

from __future__ import annotations

from qm_registry.moves import Move, decide_promotion, decide_rollback
from qmcore.errors import AliasConflict, Conflict

A, B = "a-000000000000", "b-000000000000"


def _at(serving_id: str, version: int = 1, parent: int | None = None) -> Move:
    return Move("demo", version, parent, serving_id, 0, "tester", "a test", "promote")


def test_first_promotion_is_version_one_and_has_nothing_below_it() -> None:
    decision = decide_promotion("demo", None, A, None)
    assert (decision.outcome, decision.version, decision.parent) == ("done", 1, None)
    assert (decision.from_id, decision.to_id) == (None, A)


def test_promotion_stands_on_the_move_before_it() -> None:
    decision = decide_promotion("demo", _at(A, version=4, parent=2), B, None)
    assert (decision.outcome, decision.version, decision.parent) == ("done", 5, 4)


def test_promoting_what_is_served_already_changes_nothing() -> None:
    decision = decide_promotion("demo", _at(A), A, A)
    assert (decision.outcome, decision.version) == ("unchanged", None)


def test_compare_and_set_refuses_another_present_and_says_what_it_is() -> None:
    decision = decide_promotion("demo", _at(A), B, B)
    assert decision.outcome == "refused"
    assert isinstance(decision.error, AliasConflict)
    assert decision.error.current == A
    assert str(decision.error) == f"alias 'demo' points at {A}, but was expected at {B}; nothing was changed"


def test_expecting_absence_refuses_an_alias_that_exists_and_takes_one_that_does_not() -> None:
    assert decide_promotion("demo", _at(A), B, "").outcome == "refused"
    assert decide_promotion("demo", None, B, "").outcome == "done"


def test_expecting_a_serving_refuses_an_alias_that_does_not_exist() -> None:
    decision = decide_promotion("demo", None, B, A)
    assert decision.outcome == "refused"
    assert "does not exist" in str(decision.error)


def test_rollback_takes_over_the_parent_of_what_it_returns_to() -> None:
    decision = decide_rollback("demo", _at(B, version=3, parent=2), _at(A, version=2, parent=1), None)
    assert (decision.outcome, decision.version, decision.parent) == ("done", 4, 1)
    assert (decision.from_id, decision.to_id) == (B, A)


def test_rollback_of_the_first_serving_is_refused_in_words() -> None:
    decision = decide_rollback("demo", _at(A), None, None)
    assert decision.outcome == "refused"
    assert type(decision.error) is Conflict
    assert f"nothing to roll back to: {A} is its first serving" in str(decision.error)


def test_rollback_compares_before_it_looks_below() -> None:
    decision = decide_rollback("demo", _at(A), None, B)
    assert isinstance(decision.error, AliasConflict)
