"""THE table of grid and bin columns: a new column is one line here.

Arrow and Parquet schemas, the kernels' enums, the TypeScript decoder and docs/wire.md follow from it
(``make gen``). Everybody above ``qmcore.config`` may import this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import pyarrow as pa

Dtype = Literal["float64", "float32", "int64", "int32", "int8", "bool"]
Role = Literal[
    "grid_index", "force", "mass", "velocity", "acceleration", "jerk", "signal", "indicator", "metadata"
]

ARROW_TYPES: Final[dict[str, pa.DataType]] = {
    "float64": pa.float64(),
    "float32": pa.float32(),
    "int64": pa.int64(),
    "int32": pa.int32(),
    "int8": pa.int8(),
    "bool": pa.bool_(),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, dtype, unit, role and one line of documentation."""

    name: str
    dtype: Dtype
    unit: str
    role: Role
    doc: str

    @property
    def arrow_field(self) -> pa.Field[pa.DataType]:
        """The Arrow field; no column is ever null."""
        return pa.field(self.name, ARROW_TYPES[self.dtype], nullable=False)


TRAINS: Final = ("add", "pull", "fill", "rest_depth", "bid_depth", "ask_depth")
"""Impulse trains in the order of the wire; ``rest_depth`` is the sum of the two depths."""

_TRAIN_DOC: Final = {
    "add": "added quantity",
    "pull": "cancelled quantity",
    "fill": "traded quantity",
    "rest_depth": "changes of resting depth",
    "bid_depth": "changes of bid depth",
    "ask_depth": "changes of ask depth",
}


def _chain(prefix: str, role: Role, unit: str, word: str) -> tuple[Column, ...]:
    return tuple(Column(f"{prefix}_{t}", "float64", unit, role, f"{word} of {_TRAIN_DOC[t]}") for t in TRAINS)


GRID_COLUMNS: Final[tuple[Column, ...]] = (
    Column("k", "int32", "ticks", "grid_index", "tick offset from spot, negative below"),
    Column("pressure_variant", "float64", "qty/s", "force", "liquidity building at the tick"),
    Column("vacuum_variant", "float64", "qty/s", "force", "liquidity draining from the tick"),
    Column("add_mass", "float64", "qty", "mass", "added quantity, decaying with tau_rest_decay"),
    Column("pull_mass", "float64", "qty", "mass", "cancelled quantity, decaying with tau_rest_decay"),
    Column("fill_mass", "float64", "qty", "mass", "traded quantity, decaying with tau_rest_decay"),
    Column("rest_depth", "float64", "qty", "mass", "resting depth, bid plus ask"),
    Column("bid_depth", "float64", "qty", "mass", "resting bid depth"),
    Column("ask_depth", "float64", "qty", "mass", "resting ask depth"),
    *_chain("v", "velocity", "qty/s", "smoothed rate"),
    *_chain("a", "acceleration", "qty/s^2 scaled", "second stage of the chain"),
    *_chain("j", "jerk", "qty/s^3 scaled", "third stage of the chain"),
    Column("composite", "float64", "1", "signal", "rolled force balance (P - V) / (|P| + |V| + eps)"),
    Column("composite_d1", "float64", "1/s", "signal", "first difference of composite per second"),
    Column("composite_d2", "float64", "1/s^2", "signal", "second difference of composite per second"),
    Column("composite_d3", "float64", "1/s^3", "signal", "third difference of composite per second"),
    Column(
        "flow_score", "float64", "1", "signal", "weighted tanh of the robust z-scores of d1..d3, in [-1, 1]"
    ),
    Column("flow_state_code", "int8", "code", "indicator", "+1 building, -1 draining, 0 neutral"),
    Column("best_ask_move_ticks", "int32", "ticks", "indicator", "move of the best ask since the last bin"),
    Column("best_bid_move_ticks", "int32", "ticks", "indicator", "move of the best bid since the last bin"),
    Column("ask_reprice_sign", "int8", "sign", "indicator", "sign of best_ask_move_ticks"),
    Column("bid_reprice_sign", "int8", "sign", "indicator", "sign of best_bid_move_ticks"),
    Column("microstate_id", "int8", "code", "indicator", "3 (ask sign + 1) + (bid sign + 1)"),
    Column(
        "state5_code", "int8", "code", "indicator", "+2 bull vacuum, +1 bull pressure, 0 mixed, -1, -2 bear"
    ),
    Column("chase_up_flag", "int8", "flag", "indicator", "1 where both touches moved up"),
    Column("chase_down_flag", "int8", "flag", "indicator", "1 where both touches moved down"),
    Column(
        "last_event_id", "int64", "record", "metadata", "the last record that touched the tick, 0 for none"
    ),
)
"""Every column of a grid row, in wire order."""

ALWAYS_SERVED: Final = ("k", "last_event_id")

BIN_COLUMNS: Final[tuple[Column, ...]] = (
    Column("ts_ns", "int64", "ns", "metadata", "time of the bin, equal to bin_end_ns"),
    Column("bin_seq", "int64", "bin", "metadata", "number of the bin, from 0 at the session's start"),
    Column("bin_start_ns", "int64", "ns", "metadata", "start of the bin, inclusive"),
    Column("bin_end_ns", "int64", "ns", "metadata", "end of the bin, exclusive"),
    Column("bin_event_count", "int64", "records", "metadata", "this instrument's records in the bin"),
    Column("event_id", "int64", "records", "metadata", "this instrument's records since the file began"),
    Column("mid_price", "float64", "price", "indicator", "mid of the touch, 0 where there is no valid touch"),
    Column(
        "spot_ref_price_int", "int64", "1e-9", "indicator", "mid rounded half up to a tick, 0 without a touch"
    ),
    Column("best_bid_price_int", "int64", "1e-9", "indicator", "best bid, 0 where that side is empty"),
    Column("best_ask_price_int", "int64", "1e-9", "indicator", "best ask, 0 where that side is empty"),
    Column("book_valid", "bool", "flag", "indicator", "valid touch, and no F_MAYBE_BAD_BOOK pending"),
)
"""Identity of a bin and its touch."""

FLOW_COLUMNS: Final[tuple[Column, ...]] = (
    Column("best_bid_qty", "int64", "qty", "mass", "depth at the best bid at the bin's end"),
    Column("best_ask_qty", "int64", "qty", "mass", "depth at the best ask at the bin's end"),
    Column("trade_count", "int64", "records", "signal", "trades in the bin"),
    Column("buy_volume", "int64", "qty", "signal", "volume of buying aggressors"),
    Column("sell_volume", "int64", "qty", "signal", "volume of selling aggressors"),
    Column(
        "trade_vwap", "float64", "price", "signal", "volume-weighted price of the bin's trades, 0 for none"
    ),
    Column(
        "ofi", "int64", "qty", "signal", "order-flow imbalance at the touch (Cont, Kukanov, Stoikov 2014)"
    ),
    *(
        Column(f"mlofi_{m}", "int64", "qty", "signal", f"order-flow imbalance at level {m}")
        for m in range(1, 6)
    ),
)
"""The bin's flow (SPEC section 3)."""

MODEL_COLUMNS: Final[tuple[Column, ...]] = (
    Column("model_score", "float64", "1", "signal", "state model: weighted tanh of z1..z3, in [-1, 1]"),
    Column("model_ready", "bool", "flag", "metadata", "state model: enough samples"),
    Column("model_sample_count", "int64", "bins", "metadata", "state model: samples in its window"),
    Column("model_base", "float64", "1", "signal", "state model: bull minus bear intensity"),
    *(
        Column(f"model_d{i}", "float64", f"1/s^{i}", "signal", f"state model: difference {i} of base")
        for i in (1, 2, 3)
    ),
    *(Column(f"model_z{i}", "float64", "1", "signal", f"state model: robust z of d{i}") for i in (1, 2, 3)),
    Column("model_bull", "float64", "1", "signal", "state model: weighted bull intensity"),
    Column("model_bear", "float64", "1", "signal", "state model: weighted bear intensity"),
    Column("model_bull_pressure", "float64", "1", "signal", "intensity of state +1"),
    Column("model_bull_vacuum", "float64", "1", "signal", "intensity of state +2"),
    Column("model_bear_pressure", "float64", "1", "signal", "intensity of state -1"),
    Column("model_bear_vacuum", "float64", "1", "signal", "intensity of state -2"),
    Column("model_mixed", "float64", "1", "signal", "intensity of state 0"),
    Column("model_dominant_state5_code", "int8", "code", "indicator", "state with the largest intensity"),
)
"""Output of the state model (SPEC section 4)."""

BIN_TABLE: Final = (*BIN_COLUMNS, *FLOW_COLUMNS, *MODEL_COLUMNS)
"""Columns of bins.parquet: one row a bin."""


def arrow_schema(columns: tuple[Column, ...]) -> pa.Schema:
    """The Arrow schema of ``columns``, in their order."""
    return pa.schema([c.arrow_field for c in columns])
