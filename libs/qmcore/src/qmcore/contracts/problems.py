"""Errors over HTTP: every error body is a ``Problem``, and a client gets back the exception that was raised.

``error_of(problem_of(e))`` has the class and the message of ``e``, for every error that a service
answers with. Which status belongs to which class is said here and nowhere else.
"""

from __future__ import annotations

from pydantic import Field

from qmcore.contracts.messages import Message
from qmcore.errors import (
    AliasConflict,
    BadInput,
    ConfigError,
    Conflict,
    CorruptData,
    InstrumentMismatch,
    MissingData,
    NotAuthorised,
    NotFound,
    OptionError,
    OriginRefused,
    PromotionRefused,
    QmError,
    TokenInUrl,
    TooMany,
    Unavailable,
    UnknownSymbol,
)


class Problem(Message):
    """Body of every error: ``error`` is for people, the rest rebuilds the exception at the client."""

    error: str = Field(description="what is wrong, where, and what is allowed")
    type: str = Field(description="class of the error in qmcore.errors, e.g. NotFound")
    field: str | None = Field(default=None, description="ConfigError: the field that is wrong")
    allowed: str | None = Field(default=None, description="ConfigError: what the field may be")
    source: str | None = Field(
        default=None, description="ConfigError: which input is wrong: body, query, path or a file"
    )
    problem: str | None = Field(default=None, description="the error without its place")
    what: str | None = Field(
        default=None, description="NotFound: kind of the missing thing; Unavailable: what is down"
    )
    name: str | None = Field(
        default=None, description="NotFound: the name that was asked for; OriginRefused: the origin"
    )
    available: tuple[str, ...] | None = Field(default=None, description="NotFound: what there is instead")
    alias: str | None = Field(default=None, description="AliasConflict: the alias")
    expected_serving_id: str | None = Field(
        default=None, description="AliasConflict: what it should have pointed at"
    )
    current_serving_id: str | None = Field(default=None, description="AliasConflict: what it points at now")
    path: str | None = Field(default=None, description="CorruptData: what is damaged")
    run_id: str | None = Field(default=None, description="PromotionRefused: the run")
    reasons: tuple[str, ...] | None = Field(
        default=None, description="PromotionRefused: every condition of the gate that the run does not meet"
    )


def status_of(error: QmError) -> int:
    """HTTP status of an error."""
    match error:
        case NotFound() | MissingData() | UnknownSymbol():
            return 404
        case NotAuthorised():
            return 401
        case OriginRefused():
            return 403
        case TokenInUrl():
            return 400
        case BadInput():
            return 422
        case Conflict():
            return 409
        case PromotionRefused():
            return 403
        case TooMany():
            return 429
        case Unavailable():
            return 503
        case _:
            return 500


def problem_of(error: QmError) -> Problem:
    """The body that says ``error``."""
    bare = Problem(error=str(error), type=type(error).__name__)
    match error:
        case ConfigError():
            more: dict[str, object] = {"source": error.source, "field": error.field, "problem": error.problem}
            more["allowed"] = error.allowed or None
        case OptionError():
            more = {"field": error.option, "allowed": error.allowed}
        case InstrumentMismatch():
            more = {"field": error.field, "allowed": str(error.locked)}
        case NotFound():
            available = None if error.available is None else tuple(error.available)
            more = {"what": error.kind, "name": error.name, "available": available}
        case AliasConflict():
            more = {
                "alias": error.alias,
                "expected_serving_id": error.expected,
                "current_serving_id": error.current,
            }
        case PromotionRefused():
            more = {"run_id": error.run_id, "reasons": error.reasons}
        case CorruptData():
            more = {"path": error.path, "problem": error.problem}
        case NotAuthorised():
            more = {"problem": error.problem}
        case OriginRefused():
            more = {"name": error.origin}
        case Unavailable():
            more = {"what": error.what, "problem": error.problem}
        case _:
            more = {}
    return bare.model_copy(update=more)


def error_of(problem: Problem) -> QmError:
    """The exception that ``problem`` says; a class that cannot be rebuilt becomes its nearest ancestor."""
    match problem.type:
        case "ConfigError":
            return ConfigError(
                source=problem.source or "",
                field=problem.field or "",
                problem=problem.problem or problem.error,
                allowed=problem.allowed or "",
            )
        case "NotFound":
            available = None if problem.available is None else list(problem.available)
            return NotFound(kind=problem.what or "", name=problem.name or "", available=available)
        case "AliasConflict":
            return AliasConflict(
                alias=problem.alias or "",
                expected=problem.expected_serving_id or "",
                current=problem.current_serving_id,
            )
        case "Conflict":
            return Conflict(problem.error)
        case "PromotionRefused":
            return PromotionRefused(run_id=problem.run_id or "", reasons=problem.reasons or ())
        case "CorruptData":
            return CorruptData(path=problem.path or "", problem=problem.problem or "")
        case "Unavailable":
            return Unavailable(what=problem.what or "", problem=problem.problem or "")
        case "TooMany":
            return TooMany(what=problem.what or "", problem=problem.problem or "")
        case "NotAuthorised":
            return NotAuthorised(problem.problem or problem.error)
        case "OriginRefused":
            return OriginRefused(origin=problem.name or "")
        case "TokenInUrl":
            return TokenInUrl()
        case "OptionError" | "InstrumentMismatch" | "MissingData" | "UnknownSymbol" | "DbnError" | "BadInput":
            return BadInput(problem.error)
        case _:
            return QmError(problem.error)
