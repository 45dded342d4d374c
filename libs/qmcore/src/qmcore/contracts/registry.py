"""What the registry says over REST, as frozen models (SPEC section 10), for the service and every client.

Instants are aware UTC datetimes of microsecond resolution. Names are strict: no dot, slash or space,
so that none of them can leave a folder.
"""

from __future__ import annotations

import datetime as dt_
import re
from typing import Annotated, Final, Generic, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Field,
    JsonValue,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from qmcore.config.pipeline import SpecName
from qmcore.config.runtime import RuntimeConfig
from qmcore.config.serving import PublishedServingSpec, ServingSource
from qmcore.contracts.messages import Message
from qmcore.contracts.promotion import PromotionEvidence
from qmcore.errors import ConfigError

SERVING_ID_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}-[0-9a-f]{12}$"
ALIAS_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
ALIAS_OR_ID_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,76}$"
ABSENT: Final = ""
"""As an expected serving id: the alias must not exist yet."""

_SERVING_ID: Final = re.compile(SERVING_ID_PATTERN)


def looks_like_serving_id(text: str) -> bool:
    """Whether ``text`` ends in a hash, as ids of servings do and aliases must not."""
    return _SERVING_ID.fullmatch(text) is not None


def _not_an_id(alias: str) -> str:
    if looks_like_serving_id(alias):
        raise ValueError("an alias must not look like a serving id (end in a dash and 12 hex digits)")
    return alias


Alias = Annotated[str, Field(pattern=ALIAS_PATTERN, max_length=64), AfterValidator(_not_an_id)]
ServingId = Annotated[str, Field(pattern=SERVING_ID_PATTERN, max_length=77)]
AliasOrId = Annotated[str, Field(pattern=ALIAS_OR_ID_PATTERN, max_length=77)]
Expected = Annotated[str, Field(pattern=rf"^$|{SERVING_ID_PATTERN}", max_length=77)]
_ALIAS: Final[TypeAdapter[str]] = TypeAdapter(Alias)
_ID: Final[TypeAdapter[str]] = TypeAdapter(ServingId)
_ALIAS_OR_ID: Final[TypeAdapter[str]] = TypeAdapter(AliasOrId)


def _checked(adapter: TypeAdapter[str], text: str, field: str, allowed: str) -> str:
    try:
        return adapter.validate_python(text)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]["msg"]
        raise ConfigError(
            source="registry", field=field, problem=f"{problem} (got {text[:100]!r})", allowed=allowed
        ) from None


def check_alias(text: str) -> str:
    """``text`` when it may name an alias. Raises ConfigError."""
    allowed = (
        "1 to 64 letters, digits, _ and -, starting with a letter or digit, not ending like a serving id"
    )
    return _checked(_ALIAS, text, "alias", allowed)


def check_serving_id(text: str) -> str:
    """``text`` when it may be the id of a serving. Raises ConfigError."""
    allowed = "<name>-<12 hex digits>, the name of letters, digits, _ and -, starting with a letter or digit"
    return _checked(_ID, text, "serving_id", allowed)


def check_alias_or_id(text: str, field: str = "alias_or_id") -> str:
    """``text`` when it may name an alias or a serving. Raises ConfigError."""
    allowed = "an alias, or a serving id <name>-<12 hex digits>: letters, digits, _ and - only"
    return _checked(_ALIAS_OR_ID, text, field, allowed)


Who = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$")]
Why = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")]

Action = Literal["publish", "promote", "rollback"]
Outcome = Literal["done", "unchanged", "refused"]
ItemT = TypeVar("ItemT")


class PublishRequest(Message):
    """A resolved configuration to freeze under ``name``, or (with ``serving_id``) a PublishedServingSpec.

    One whose source names a run passes the promotion gate: by its evidence, or by an override.
    """

    name: SpecName | None = None
    serving_id: ServingId | None = Field(default=None, description="must hold the hash of the snapshot")
    runtime_snapshot: RuntimeConfig
    source: ServingSource
    evidence: PromotionEvidence | None = Field(
        default=None, description="what the run in source.run_id shows; only with one"
    )
    override: Why | None = Field(
        default=None, description="why the run is to be published although the gate would refuse it"
    )

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if (self.name is None) == (self.serving_id is None):
            raise ValueError("give exactly one of name and serving_id")
        return self


class PromoteRequest(Message):
    """Point an alias at a serving."""

    serving_id: ServingId
    expected_serving_id: Expected | None = Field(
        None,
        description="compare-and-set: what the alias points at now; the empty string: it does not exist yet",
    )
    who: Who
    why: Why


class RollbackRequest(Message):
    """Point an alias back at what it pointed at before its newest promotion that still stands."""

    expected_serving_id: ServingId | None = Field(
        default=None, description="compare-and-set: what the alias must point at now"
    )
    who: Who
    why: Why


class Published(Message):
    """Answer to a publication."""

    created: bool = Field(description="false when the same content was published before")
    serving: PublishedServingSpec


class ServingSummary(Message):
    """One line of the list of servings. A damaged one is listed with its error and without its content."""

    serving_id: str
    name: str
    registered_at: AwareDatetime
    aliases: tuple[str, ...] = Field(description="aliases that point at it now")
    error: str | None = Field(default=None, description="why the serving is refused; null when it is sound")
    product_type: str | None = None
    symbol: str | None = None
    dt: dt_.date | None = None
    start_time: str | None = None
    end_time: str | None = None
    signal: str | None = None
    source: ServingSource | None = None


class AliasState(Message):
    """Where an alias points, now or at an asked instant."""

    alias: str
    serving_id: str
    version: int = Field(description="1-based count of the alias's moves")
    promoted_at: AwareDatetime
    who: str
    why: str
    action: Action = Field(description="promote or rollback: how it came to point there")


class Resolved(Message):
    """The serving behind an alias or id. ``alias`` and ``promoted_at`` are null when an id was asked for."""

    alias: str | None
    promoted_at: AwareDatetime | None
    version: int | None
    serving: PublishedServingSpec


class AuditEvent(Message):
    """One attempted change, whether it was done or refused."""

    seq: int
    at: AwareDatetime
    action: Action
    outcome: Outcome
    who: str
    why: str
    alias: str | None = Field(description="null for a publication")
    version: int | None = Field(description="the alias's move that this event made; null when it made none")
    from_id: str | None
    to_id: str | None
    detail: str = Field(
        description="why it was refused, or what failed that an override passed over; else empty"
    )
    evidence: PromotionEvidence | None = Field(
        default=None, description="publication of a run: what was said for it; else null"
    )
    override: str | None = Field(
        default=None, description="why a run was published that the gate would have refused; else null"
    )


class FieldDiff(Message):
    """One field in which two snapshots differ; a field that only one side has is null on the other."""

    field: str
    a: JsonValue
    b: JsonValue


class ServingDiff(Message):
    """Field by field, what changes from ``a`` to ``b``."""

    a: str
    b: str
    same: bool
    changes: tuple[FieldDiff, ...]


class Page(Message, Generic[ItemT]):
    """Part of a list."""

    items: tuple[ItemT, ...]
    total: int
    limit: int
    offset: int
