"""RuntimeConfig: one session or dataset, with every field resolved. Engine and harness run from it alone."""

from __future__ import annotations

import datetime as dt_
import hashlib
import json
from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator

from qmcore.config.base import Spec
from qmcore.config.instrument import InstrumentConfig
from qmcore.config.pipeline import CaptureSpec, EasternTime, SessionWindow
from qmcore.contracts.columns import ALWAYS_SERVED, GRID_COLUMNS, Column

ParamValue = bool | int | float | str


class SignalSpec(Spec):
    """Which signal a serving computes, with its parameters."""

    name: str = Field("derivative", pattern=r"^[a-z][a-z0-9_]*$")
    params: dict[str, ParamValue] = {}
    weights: dict[str, float] = {}
    artifact: str | None = Field(
        None, pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the trained model, of signals that have one"
    )


class StreamSchema(Spec):
    """Which grid columns are streamed, and how wide floats are."""

    columns: tuple[str, ...] | None = Field(None, description="subset of the grid columns; all when left out")
    float_dtype: Literal["float64", "float32"] = "float64"

    @model_validator(mode="after")
    def _known(self) -> Self:
        names = [c.name for c in GRID_COLUMNS]
        for name in self.columns or ():
            if name not in names:
                raise ValueError(f"columns: unknown column {name!r}; allowed: {', '.join(names)}")
        return self

    def resolve(self) -> tuple[Column, ...]:
        """The streamed columns in table order; ``k`` and ``last_event_id`` are always there."""
        wanted = {*(self.columns or (c.name for c in GRID_COLUMNS)), *ALWAYS_SERVED}
        narrow = self.float_dtype == "float32"
        return tuple(
            Column(c.name, "float32", c.unit, c.role, c.doc) if narrow and c.dtype == "float64" else c
            for c in GRID_COLUMNS
            if c.name in wanted
        )


class RuntimeConfig(InstrumentConfig):
    """Instrument, physics, scoring, capture, signal and stream: all resolved, nothing left to look up."""

    dt: dt_.date
    start_time: EasternTime
    end_time: EasternTime
    signal: SignalSpec = SignalSpec()
    stream_schema: StreamSchema = StreamSchema()

    @property
    def capture(self) -> CaptureSpec:
        """The slice of market data that this configuration plays."""
        return CaptureSpec(
            product_type=self.product_type,
            symbol=self.symbol,
            dt=self.dt,
            start_time=self.start_time,
            end_time=self.end_time,
        )

    @property
    def window(self) -> SessionWindow:
        """Warm-up, start and end as UTC nanoseconds."""
        return self.capture.window()

    @property
    def rows(self) -> int:
        """Rows of one grid: 2R + 1."""
        return 2 * self.grid_radius_ticks + 1


def canonical_json(model: BaseModel) -> str:
    """One spelling for one model, every field in it: sorted keys, no spaces."""
    return _spell(model.model_dump(mode="json"))


def canonical_hash(model: BaseModel) -> str:
    """SHA-256, in hex, of the canonical JSON without the fields that have their default value.

    A field that a later version adds with a default therefore changes no hash of what exists.
    """
    return hashlib.sha256(_spell(model.model_dump(mode="json", exclude_defaults=True)).encode()).hexdigest()


def _spell(document: object) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
