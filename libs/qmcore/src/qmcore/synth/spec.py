"""What can be chosen about a simulated session: one frozen model, checked as a whole before anything runs."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from qmcore.config.base import Spec
from qmcore.units import NS_PER_SECOND, PRICE_SCALE, Ns, Ticks

Preset = Literal["quiet", "normal", "open"]
Snapshot = Literal["clear", "no-clear", "unterminated", "none"]

DEFAULT_START_NS: Final = Ns(1_738_593_000 * NS_PER_SECOND)
"""2025-02-03 09:30 in New York."""

MIN_START_TICK: Final = 128
MAX_TICK: Final = 1 << 40


class Intensity(NamedTuple):
    """Records a second: ``peak`` at the start, falling as 1/(1 + t/decay_s)^2 towards ``floor``."""

    peak: float
    floor: float
    decay_s: float

    def expected(self, seconds: float) -> float:
        """Records in the first ``seconds``."""
        return self.floor * seconds + (self.peak - self.floor) * seconds / (1.0 + seconds / self.decay_s)

    def scaled(self, factor: float) -> Intensity:
        """The same course, ``factor`` times as busy."""
        return Intensity(self.peak * factor, self.floor * factor, self.decay_s)


PRESETS: Final = MappingProxyType(
    {
        "quiet": Intensity(peak=50.0, floor=50.0, decay_s=600.0),
        "normal": Intensity(peak=1000.0, floor=1000.0, decay_s=600.0),
        "open": Intensity(peak=5000.0, floor=1000.0, decay_s=600.0),
    }
)


class SynthSpec(Spec):
    """One simulated session of one instrument (and a calendar spread beside it, if wanted)."""

    symbol: str = Field(
        "ESH5", pattern=r"^[A-Z0-9][A-Z0-9.]{0,21}$", description="raw symbol of the instrument"
    )
    instrument_id: int = Field(
        42_005, ge=1, lt=1 << 32, description="number of the instrument in the records"
    )
    tick_size: Decimal = Field(
        Decimal("0.25"), gt=0, le=10_000, decimal_places=9, description="price increment"
    )
    price: Decimal = Field(
        Decimal(5000), gt=0, decimal_places=9, description="price at the start, to the nearest tick"
    )
    start_ns: Ns = Field(DEFAULT_START_NS, ge=86_400 * NS_PER_SECOND, lt=1 << 62, description="start, UTC ns")
    minutes: float = Field(10.0, gt=0, le=10_080, description="length of the session")
    preset: Preset = Field("normal", description="course of the event intensity, see PRESETS")
    intensity: float = Field(1.0, gt=0, le=1000, description="multiplies the preset's intensity")
    events: int | None = Field(
        None, ge=1, le=10**11, description="live records wanted in all; instead of intensity"
    )
    seed: int = Field(1, ge=0, lt=1 << 64, description="equal specs with equal seeds give equal records")
    live_orders: int = Field(5000, ge=1000, le=500_000, description="orders resting at a time, about")
    touch_depth: int = Field(
        40, ge=4, le=5000, description="contracts at the best price, about; capped for thin books"
    )
    depth_ticks: int = Field(400, ge=50, le=8000, description="how far from the touch the far orders reach")
    snapshot: Snapshot = Field(
        "clear",
        description="how the file starts: R and a snapshot; a snapshot without R; that and no F_LAST at its end, "
        "as some real files have it; or an empty book filled by live adds",
    )
    with_spread: bool = Field(False, description="interleave a calendar spread, for filters to remove")
    spread_share: float = Field(
        0.02, gt=0, le=0.5, description="live records of the spread for each of the instrument"
    )
    partial_cancel_share: float = Field(0.20, ge=0, le=0.9, description="of cancels of two contracts or more")
    iceberg_share: float = Field(0.01, ge=0, le=1, description="of new near orders that hide a reserve")
    regime_seconds: float = Field(
        60.0, gt=0, le=86_400, description="mean length of a trending or reverting regime"
    )
    trend_strength: float = Field(0.12, ge=0, le=0.9, description="tilt of the order flow in a regime")
    theta: float = Field(
        0.6, ge=0, le=1, description="probability that the reference price follows an emptied queue"
    )
    theta_reinit: float = Field(
        0.25, ge=0, le=1, description="probability that the near queues are then drawn anew"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not MIN_START_TICK <= self.start_tick < MAX_TICK:
            raise ValueError(
                f"price must be at least {MIN_START_TICK} ticks and fewer than 2^40, not {self.start_tick}"
            )
        if abs(int(self.price * PRICE_SCALE)) >= 1 << 62:
            raise ValueError("price must fit 64 bits as an integer of 1e-9 (below 4.6 billion)")
        if self.events is not None and self.intensity != 1.0:
            raise ValueError("events and intensity exclude each other")
        if self.events is not None and self.snapshot == "none" and self.events <= 2 * self.live_orders:
            raise ValueError(
                f"events must be more than twice live_orders ({self.live_orders}) when the book starts empty"
            )
        return self

    @property
    def tick_int(self) -> int:
        """Price increment as an integer of 1e-9."""
        return int(self.tick_size * PRICE_SCALE)

    @property
    def start_tick(self) -> Ticks:
        """Tick of the reference price at the start."""
        return Ticks(round(self.price / self.tick_size))

    @property
    def seconds(self) -> float:
        """Length of the session."""
        return self.minutes * 60.0

    @property
    def end_ns(self) -> Ns:
        """End of the session (exclusive), UTC ns."""
        return Ns(self.start_ns + max(1, round(self.seconds * NS_PER_SECOND)))

    @property
    def first_day(self) -> dt.date:
        """UTC date of the start."""
        return dt.datetime.fromtimestamp(self.start_ns // NS_PER_SECOND, dt.UTC).date()

    @property
    def course(self) -> Intensity:
        """Intensity of the live records, after the initial book."""
        course = PRESETS[self.preset]
        if self.events is None:
            return course.scaled(self.intensity)
        seeds = self.live_orders if self.snapshot == "none" else 0
        return course.scaled((self.events - seeds) / course.expected(self.seconds))

    @property
    def spread_symbol(self) -> str:
        """Raw symbol of the calendar spread: against the next quarter, as CME writes it (ESH5-ESM5)."""
        future = re.fullmatch(r"(.+)([HMUZ])(\d{1,2})", self.symbol)
        if future is None:
            return f"{self.symbol}-NEXT"
        root, month, year = future.groups()
        later = "HMUZ"[("HMUZ".index(month) + 1) % 4]
        wrapped = (int(year) + (later == "H")) % 10 ** len(year)
        return f"{self.symbol}-{root}{later}{wrapped:0{len(year)}d}"
