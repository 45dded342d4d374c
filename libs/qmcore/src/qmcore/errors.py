"""The one tree of exceptions. Every message names what is wrong, where, and what is allowed.

``QmError`` is the root. ``BadInput`` means that a person can mend the input (exit code 2, HTTP 4xx);
everything else is a failure of the system (exit code 1, HTTP 5xx).
"""

from __future__ import annotations

from pathlib import Path


class QmError(Exception):
    """Root of all errors that qMachina raises on purpose."""


class BadInput(QmError):
    """The input is wrong and its author can mend it."""


class ConfigError(BadInput):
    """A field of a configuration file is unknown, of the wrong type or out of range."""

    def __init__(self, *, source: str, field: str, problem: str, allowed: str = "") -> None:
        self.source, self.field, self.problem, self.allowed = source, field, problem, allowed
        where = f"{source}: {field}" if field else source
        super().__init__(f"{where}: {problem}" + (f"; allowed: {allowed}" if allowed else ""))


class OptionError(BadInput):
    """A command-line option has a value that is not allowed."""

    def __init__(self, *, option: str, value: object, allowed: str) -> None:
        self.option, self.value, self.allowed = option, value, allowed
        super().__init__(f"{option}: {value!r} is not allowed; allowed: {allowed}")


class InstrumentMismatch(BadInput):
    """A spec asks for another instrument than the one that the environment is locked to."""

    def __init__(self, *, field: str, wanted: object, locked: object, source: str) -> None:
        self.field, self.wanted, self.locked, self.source = field, wanted, locked, source
        super().__init__(
            f"{source}: {field} is {wanted!r}, but this environment is locked to {locked!r} "
            f"by instrument.yaml (QMACHINA_INSTRUMENT_CONFIG_PATH)"
        )


class DbnError(BadInput):
    """A DBN file cannot be used: not DBN, not MBO, truncated or corrupt."""

    def __init__(self, *, path: Path | str, problem: str, offset: int | None = None) -> None:
        self.path, self.problem, self.offset = str(path), problem, offset
        at = f" at byte {offset} of the uncompressed stream" if offset is not None else ""
        super().__init__(f"{path}: {problem}{at}")


class UnknownSymbol(BadInput):
    """The file does not map the symbol that was asked for."""

    def __init__(self, *, path: Path | str, symbol: str, available: list[str]) -> None:
        self.path, self.symbol, self.available = str(path), symbol, available
        has = ", ".join(available[:20]) + (", ..." if len(available) > 20 else "") or "none"
        super().__init__(f"{path}: symbol {symbol!r} is not in the file's symbology; it has: {has}")


class MissingData(BadInput):
    """No market data for what was asked; says where it looked and what is there."""

    def __init__(self, *, wanted: str, looked_in: Path | str, found: list[str]) -> None:
        self.wanted, self.looked_in, self.found = wanted, str(looked_in), found
        there = ", ".join(found[:20]) + (", ..." if len(found) > 20 else "") or "nothing"
        super().__init__(f"no data for {wanted}; looked in {looked_in}; there is: {there}")


class NotFound(BadInput):
    """A thing that was named does not exist."""

    def __init__(self, *, kind: str, name: str, available: list[str] | None = None) -> None:
        self.kind, self.name, self.available = kind, name, available
        has = ""
        if available is not None:
            has = "; there are: " + (", ".join(available[:20]) or "none")
        super().__init__(f"unknown {kind} {name!r}{has}")


class NotAuthorised(BadInput):
    """A service wants a token and has not seen one that it accepts (HTTP 401)."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"{problem}; send 'Authorization: Bearer <token>' (commands: set QM_TOKEN)")


class OriginRefused(BadInput):
    """A page of another origin may not use the service (HTTP 403)."""

    def __init__(self, *, origin: str) -> None:
        self.origin = origin
        super().__init__(f"pages of {origin[:60]!r} may not use this service (QM_ALLOWED_ORIGINS)")


class TokenInUrl(BadInput):
    """A token stands in a URL, from where it gets into logs and histories: refused whatever it is (HTTP 400)."""

    def __init__(self) -> None:
        super().__init__(
            "a token in the query is refused: send it as a header, or as a WebSocket subprotocol"
        )


class Conflict(QmError):
    """Somebody else changed the thing first (HTTP 409)."""


class AliasConflict(Conflict):
    """Compare-and-set of an alias: it does not point at what was expected."""

    def __init__(self, *, alias: str, expected: str, current: str | None) -> None:
        self.alias, self.expected, self.current = alias, expected, current
        now = f"points at {current}" if current else "does not exist"
        wanted = f"at {expected}" if expected else "not to exist yet"
        super().__init__(f"alias {alias!r} {now}, but was expected {wanted}; nothing was changed")


class Cancelled(QmError):
    """Work was stopped because somebody asked for it; what had been finished is kept."""

    def __init__(self, *, what: str) -> None:
        self.what = what
        super().__init__(f"{what} was cancelled; what had been finished is kept")


class PromotionRefused(QmError):
    """The promotion gate refuses a run: every condition that it does not meet (HTTP 403)."""

    def __init__(self, *, run_id: str, reasons: tuple[str, ...]) -> None:
        self.run_id, self.reasons = run_id, reasons
        listed = "".join(f"\n  - {reason}" for reason in reasons)
        super().__init__(f"run {run_id} may not be promoted, unless with an override and its reason:{listed}")


class CorruptData(QmError):
    """Stored bytes do not match their checksum or their format."""

    def __init__(self, *, path: Path | str, problem: str) -> None:
        self.path, self.problem = str(path), problem
        super().__init__(f"{path}: {problem}")


class Unavailable(QmError):
    """A broker, a database or a service cannot be reached now; retried with back-off."""

    def __init__(self, *, what: str, problem: str) -> None:
        self.what, self.problem = what, problem
        super().__init__(f"{what} is unavailable: {problem}")


class TooMany(Unavailable):
    """One address asks for more than it may have; asked again later it is given (HTTP 429)."""

    def __init__(self, *, what: str, problem: str, retry_after_s: int = 1) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(what=what, problem=problem)

    def __str__(self) -> str:
        return f"too many {self.what}: {self.problem}"


class Fenced(QmError):
    """Another worker owns the session now; this one must stop publishing into it."""

    def __init__(self, *, session_id: str, expected_sequence: int) -> None:
        self.session_id, self.expected_sequence = session_id, expected_sequence
        super().__init__(
            f"session {session_id}: lost to another worker (expected sequence {expected_sequence})"
        )
