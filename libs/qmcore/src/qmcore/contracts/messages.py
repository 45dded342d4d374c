"""Messages that viewers and services exchange, as frozen pydantic models.

64-bit integers travel as strings in JSON (``Int64``): JavaScript's numbers end at 2**53. The
TypeScript interfaces are generated from these models. See SPEC sections 8 and 9.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from qmcore.config.runtime import RuntimeConfig


def _int_from_wire(value: object) -> object:
    return int(value) if isinstance(value, str) else value


Int64 = Annotated[
    int, BeforeValidator(_int_from_wire), PlainSerializer(str, return_type=str, when_used="json")
]
"""A 64-bit integer: a string in JSON, an int in Python."""

SessionState = Literal["pending", "warming", "running", "paused", "ended", "stopped", "failed"]


class Message(BaseModel):
    """Base of all messages: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class GridField(Message):
    """One column of the grid as it is streamed."""

    name: str
    dtype: str
    role: str


class ServingRef(Message):
    """Which serving a session plays."""

    serving_name: str = Field(description="the alias or id that the viewer asked for")
    serving_id: str = Field(description="immutable id of the published serving")
    source: str = Field(description="where the serving came from: run, experiment or file")


class SessionRef(Message):
    """Which session a viewer is attached to."""

    id: str
    state: SessionState
    bin_seq: Int64 = Field(description="the newest bin, -1 before the first")


class StateModelConfig(Message):
    """The state model as it runs in this session."""

    name: Literal["derivative"] = "derivative"
    state_source: Literal["bbo_reprice", "force"]


class RuntimeConfigMessage(RuntimeConfig):
    """First message to a viewer: everything resolved. The fields of ``RuntimeConfig`` stand beside these."""

    type: Literal["runtime_config"] = "runtime_config"
    serving: ServingRef
    stream_format: Literal["dense_grid"] = "dense_grid"
    grid_rows: int
    grid_schema_fields: tuple[GridField, ...]
    effective_config_hash: str
    # pydantic reserves the attribute name model_config, so the wire name is an alias.
    state_model: StateModelConfig = Field(alias="model_config")
    session: SessionRef


class Flow(Message):
    """The bin's flow (SPEC section 3)."""

    best_bid_qty: Int64
    best_ask_qty: Int64
    trade_count: Int64
    buy_volume: Int64
    sell_volume: Int64
    trade_vwap: float
    ofi: Int64
    mlofi_1: Int64
    mlofi_2: Int64
    mlofi_3: Int64
    mlofi_4: Int64
    mlofi_5: Int64


class Projection(Message):
    """The model score carried forward (SPEC section 4)."""

    horizon_bins: int
    horizon_ms: float
    value: float


class RuntimeModel(Message):
    """Output of the state model for one bin (SPEC section 4)."""

    name: Literal["derivative"] = "derivative"
    score: float
    ready: bool
    sample_count: int
    base: float
    d1: float
    d2: float
    d3: float
    z1: float
    z2: float
    z3: float
    bull: float
    bear: float
    bull_pressure: float
    bull_vacuum: float
    bear_pressure: float
    bear_vacuum: float
    mixed: float
    dominant_state5_code: int
    projections: tuple[Projection, ...]


class SignalValue(Message):
    """The serving's signal at this bin."""

    name: str
    value: float


class GridUpdate(Message):
    """Header of one bin; the binary Arrow stream of its grid follows."""

    type: Literal["grid_update"] = "grid_update"
    ts_ns: Int64
    bin_seq: Int64
    bin_start_ns: Int64
    bin_end_ns: Int64
    bin_event_count: Int64
    event_id: Int64
    mid_price: float
    spot_ref_price_int: Int64
    best_bid_price_int: Int64
    best_ask_price_int: Int64
    book_valid: bool
    flow: Flow
    runtime_model: RuntimeModel
    signal: SignalValue
    backfill: bool | None = Field(default=None, description="true on bins from before the viewer came")
    dropped: int | None = Field(default=None, description="bins this viewer lost just before this one")


class SessionEnd(Message):
    """Last message of a session."""

    type: Literal["session_end"] = "session_end"
    session_id: str
    state: Literal["ended", "stopped", "failed"]
    reason: str
    last_bin_seq: Int64
