"""PipelineSpec: what market data a dataset or a serving is made from, and how its grid is computed.

Session window (SPEC section 6): futures 00:00-24:00 UTC of ``dt``, equities 02:00-16:00 ET. The times
of a capture are Eastern wall-clock times inside that window; a futures capture at 20:00 ET of
``dt`` 2024-05-08 is therefore 00:00 UTC of that date, the evening before.
"""

from __future__ import annotations

import datetime as dt_
import re
from dataclasses import dataclass
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SerializeAsAny, model_validator

from qmcore.config.base import Spec
from qmcore.config.instrument import ProductType
from qmcore.config.overrides import PipelineOverrides
from qmcore.units import NS_PER_SECOND, Ns

EASTERN = ZoneInfo("America/New_York")
WARMUP_NS = Ns(30 * 60 * NS_PER_SECOND)
"""Physics runs from this long before the session's start; before that only the book is built."""

_TIME = re.compile(r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,3})?)?$|^24:00(:00)?$")


def _time_text(value: object) -> object:
    """YAML 1.1 reads an unquoted 09:30 as sexagesimal minutes; give it back its meaning."""
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    if 0 <= value <= 24 * 60:
        return f"{value // 60:02d}:{value % 60:02d}"
    return f"{value // 3600:02d}:{value // 60 % 60:02d}:{value % 60:02d}"


def _check_time(value: str) -> str:
    if not _TIME.match(value):
        raise ValueError("must be an Eastern time HH:MM, HH:MM:SS or HH:MM:SS.fff")
    return value


EasternTime = Annotated[str, BeforeValidator(_time_text), AfterValidator(_check_time)]
SpecName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]


@dataclass(frozen=True, slots=True)
class SessionWindow:
    """When things happen, UTC nanoseconds: physics from ``warmup_ns``, bins in ``[start_ns, end_ns)``."""

    warmup_ns: Ns
    start_ns: Ns
    end_ns: Ns


def _utc_ns(moment: dt_.datetime) -> int:
    whole = moment.astimezone(dt_.UTC)
    epoch = dt_.datetime(1970, 1, 1, tzinfo=dt_.UTC)
    return (whole - epoch) // dt_.timedelta(microseconds=1) * 1000


def _eastern_ns(day: dt_.date, text: str) -> int:
    """The instant of Eastern wall-clock time ``text`` (24:00 allowed) on ``day``."""
    if text.startswith("24:"):
        return _utc_ns(dt_.datetime.combine(day + dt_.timedelta(days=1), dt_.time(0), EASTERN))
    return _utc_ns(dt_.datetime.combine(day, dt_.time.fromisoformat(text), EASTERN))


class CaptureSpec(Spec):
    """Which slice of which instrument's day."""

    product_type: ProductType
    symbol: str = Field(min_length=1, max_length=64)
    dt: dt_.date = Field(description="session date, UTC for futures, Eastern for equities")
    start_time: EasternTime = Field(description="first bin starts here, Eastern time")
    end_time: EasternTime = Field(description="last bin ends here at the latest, Eastern time")

    @model_validator(mode="after")
    def _in_session(self) -> Self:
        self.window()
        return self

    def session_bounds(self) -> tuple[int, int]:
        """The session window of ``dt`` as UTC nanoseconds."""
        if self.product_type == "future_mbo":
            start = _utc_ns(dt_.datetime.combine(self.dt, dt_.time(0), dt_.UTC))
            return start, start + 24 * 3600 * NS_PER_SECOND
        return _eastern_ns(self.dt, "02:00"), _eastern_ns(self.dt, "16:00")

    def window(self) -> SessionWindow:
        """Warm-up, start and end as UTC nanoseconds. Raises ValueError where they leave the session."""
        low, high = self.session_bounds()
        days = (self.dt - dt_.timedelta(days=1), self.dt)
        starts = [t for t in (_eastern_ns(day, self.start_time) for day in days) if low <= t < high]
        if not starts:
            raise ValueError(f"start_time {self.start_time} lies outside the session window of {self.dt}")
        start = starts[0]
        ends = [t for t in (_eastern_ns(day, self.end_time) for day in days) if start < t <= high]
        if not ends:
            raise ValueError(
                f"end_time {self.end_time} must lie after start_time {self.start_time} and inside the session window"
            )
        return SessionWindow(Ns(start - WARMUP_NS), Ns(start), Ns(ends[0]))


class PipelineSpec(Spec):
    """``<name>.yaml`` under configs/pipelines."""

    name: SpecName
    capture: CaptureSpec
    pipeline: SerializeAsAny[PipelineOverrides] = PipelineOverrides()
