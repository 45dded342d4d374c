"""Errors cross HTTP unchanged: same class, same message."""

from __future__ import annotations

import pytest

from qmcore.contracts.problems import Problem, error_of, problem_of, status_of
from qmcore.errors import (
    AliasConflict,
    BadInput,
    ConfigError,
    Conflict,
    CorruptData,
    InstrumentMismatch,
    MissingData,
    NotFound,
    OptionError,
    PromotionRefused,
    QmError,
    Unavailable,
)

EXACT: list[tuple[QmError, int]] = [
    (ConfigError(source="body", field="a.b", problem="unknown key", allowed="c, d"), 422),
    (ConfigError(source="body", field="", problem="must be a mapping"), 422),
    (NotFound(kind="serving", name="x", available=["a", "b"]), 404),
    (NotFound(kind="serving", name="x", available=[]), 404),
    (NotFound(kind="lake", name="x"), 404),
    (Conflict("alias 'demo' has nothing to roll back to"), 409),
    (AliasConflict(alias="demo", expected="a-000000000000", current="b-000000000000"), 409),
    (AliasConflict(alias="demo", expected="a-000000000000", current=None), 409),
    (AliasConflict(alias="demo", expected="", current="b-000000000000"), 409),
    (PromotionRefused(run_id="feed", reasons=("out-of-sample trades: 3; must be at least 20", "b")), 403),
    (CorruptData(path="serving x", problem="hash mismatch; refused"), 500),
    (Unavailable(what="registry database", problem="locked"), 503),
    (BadInput("no"), 422),
    (QmError("broken"), 500),
]

AS_BAD_INPUT: list[tuple[QmError, int]] = [
    (OptionError(option="--at", value="x", allowed="ISO 8601"), 422),
    (InstrumentMismatch(field="symbol", wanted="A", locked="B", source="body"), 422),
    (MissingData(wanted="ES", looked_in="lake", found=[]), 404),
]


@pytest.mark.parametrize(("error", "status"), EXACT, ids=lambda value: type(value).__name__)
def test_an_error_comes_back_with_class_and_message(error: QmError, status: int) -> None:
    body = problem_of(error).model_dump_json(exclude_none=True)
    back = error_of(Problem.model_validate_json(body))
    assert (type(back), str(back)) == (type(error), str(error))
    assert vars(back) == vars(error)
    assert status_of(error) == status


@pytest.mark.parametrize(("error", "status"), AS_BAD_INPUT, ids=lambda value: type(value).__name__)
def test_errors_about_this_machine_come_back_as_bad_input_with_their_message(
    error: QmError, status: int
) -> None:
    back = error_of(problem_of(error))
    assert (type(back), str(back)) == (BadInput, str(error))
    assert status_of(error) == status


def test_a_class_that_this_client_does_not_know_is_still_an_error_with_its_words() -> None:
    back = error_of(Problem(error="from the future", type="FutureError"))
    assert (type(back), str(back)) == (QmError, "from the future")
