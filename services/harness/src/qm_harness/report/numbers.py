"""Numbers as the report writes them. What is not known is a dash."""

from __future__ import annotations

NONE = "–"  # noqa: RUF001  # the dash of tables
MINUS = "−"  # noqa: RUF001  # as wide as a plus


def ticks(value: float | None) -> str:
    """With its sign, to a hundredth; below a tenth to a thousandth."""
    if value is None:
        return NONE
    digits = 2 if abs(value) >= 0.1 or value == 0 else 3
    if round(value, digits) == 0:
        return f"{0:.{digits}f}"
    return f"{value:+.{digits}f}".replace("-", MINUS)


def share(value: float | None) -> str:
    """In percent."""
    if value is None:
        return NONE
    percent = 100 * value
    if 0 < percent < 0.1 or 99.9 < percent < 100:
        return "< 0.1 %" if percent < 1 else "> 99.9 %"
    return f"{percent:.0f} %" if percent in (0, 100) else f"{percent:.1f} %"


def p_value(value: float | None) -> str:
    """To three places; no p-value is zero."""
    if value is None:
        return NONE
    return "< 0.001" if value < 0.001 else f"{value:.3f}" if value < 0.9995 else "1"


def count(n: int, noun: str) -> str:
    """``1 run``, ``2,000 runs``."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def duration(ms: float | None) -> str:
    """In milliseconds, seconds, minutes or hours."""
    if ms is None:
        return NONE
    if ms < 1_000:
        return f"{ms:.0f} ms"
    if ms < 120_000:
        return f"{ms / 1_000:.1f} s"
    return f"{ms / 60_000:.0f} min" if ms < 7_200_000 else f"{ms / 3_600_000:.1f} h"


def plain(value: object) -> str:
    """A parameter's value."""
    return f"{value:g}" if isinstance(value, float) else str(value)
