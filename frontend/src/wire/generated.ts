// Generated from qmcore.contracts.columns and qmcore.contracts.messages by `make gen`. Do not edit.

export type ColumnDtype = "float64" | "float32" | "int64" | "int32" | "int8" | "bool";
export type ColumnRole = "grid_index" | "force" | "mass" | "velocity" | "acceleration" | "jerk" | "signal" | "indicator" | "metadata";

/** One column of the grid: its name, dtype, unit, role and one line of documentation. */
export interface GridColumn {
  readonly name: string;
  readonly dtype: ColumnDtype;
  readonly unit: string;
  readonly role: ColumnRole;
  readonly doc: string;
}

/** Every column of a grid row, in wire order. */
export const GRID_COLUMNS = [
  { name: "k", dtype: "int32", unit: "ticks", role: "grid_index", doc: "tick offset from spot, negative below" },
  { name: "pressure_variant", dtype: "float64", unit: "qty/s", role: "force", doc: "liquidity building at the tick" },
  { name: "vacuum_variant", dtype: "float64", unit: "qty/s", role: "force", doc: "liquidity draining from the tick" },
  { name: "add_mass", dtype: "float64", unit: "qty", role: "mass", doc: "added quantity, decaying with tau_rest_decay" },
  { name: "pull_mass", dtype: "float64", unit: "qty", role: "mass", doc: "cancelled quantity, decaying with tau_rest_decay" },
  { name: "fill_mass", dtype: "float64", unit: "qty", role: "mass", doc: "traded quantity, decaying with tau_rest_decay" },
  { name: "rest_depth", dtype: "float64", unit: "qty", role: "mass", doc: "resting depth, bid plus ask" },
  { name: "bid_depth", dtype: "float64", unit: "qty", role: "mass", doc: "resting bid depth" },
  { name: "ask_depth", dtype: "float64", unit: "qty", role: "mass", doc: "resting ask depth" },
  { name: "v_add", dtype: "float64", unit: "qty/s", role: "velocity", doc: "smoothed rate of added quantity" },
  { name: "v_pull", dtype: "float64", unit: "qty/s", role: "velocity", doc: "smoothed rate of cancelled quantity" },
  { name: "v_fill", dtype: "float64", unit: "qty/s", role: "velocity", doc: "smoothed rate of traded quantity" },
  { name: "v_rest_depth", dtype: "float64", unit: "qty/s", role: "velocity", doc: "smoothed rate of changes of resting depth" },
  { name: "v_bid_depth", dtype: "float64", unit: "qty/s", role: "velocity", doc: "smoothed rate of changes of bid depth" },
  { name: "v_ask_depth", dtype: "float64", unit: "qty/s", role: "velocity", doc: "smoothed rate of changes of ask depth" },
  { name: "a_add", dtype: "float64", unit: "qty/s^2 scaled", role: "acceleration", doc: "second stage of the chain of added quantity" },
  { name: "a_pull", dtype: "float64", unit: "qty/s^2 scaled", role: "acceleration", doc: "second stage of the chain of cancelled quantity" },
  { name: "a_fill", dtype: "float64", unit: "qty/s^2 scaled", role: "acceleration", doc: "second stage of the chain of traded quantity" },
  { name: "a_rest_depth", dtype: "float64", unit: "qty/s^2 scaled", role: "acceleration", doc: "second stage of the chain of changes of resting depth" },
  { name: "a_bid_depth", dtype: "float64", unit: "qty/s^2 scaled", role: "acceleration", doc: "second stage of the chain of changes of bid depth" },
  { name: "a_ask_depth", dtype: "float64", unit: "qty/s^2 scaled", role: "acceleration", doc: "second stage of the chain of changes of ask depth" },
  { name: "j_add", dtype: "float64", unit: "qty/s^3 scaled", role: "jerk", doc: "third stage of the chain of added quantity" },
  { name: "j_pull", dtype: "float64", unit: "qty/s^3 scaled", role: "jerk", doc: "third stage of the chain of cancelled quantity" },
  { name: "j_fill", dtype: "float64", unit: "qty/s^3 scaled", role: "jerk", doc: "third stage of the chain of traded quantity" },
  { name: "j_rest_depth", dtype: "float64", unit: "qty/s^3 scaled", role: "jerk", doc: "third stage of the chain of changes of resting depth" },
  { name: "j_bid_depth", dtype: "float64", unit: "qty/s^3 scaled", role: "jerk", doc: "third stage of the chain of changes of bid depth" },
  { name: "j_ask_depth", dtype: "float64", unit: "qty/s^3 scaled", role: "jerk", doc: "third stage of the chain of changes of ask depth" },
  { name: "composite", dtype: "float64", unit: "1", role: "signal", doc: "rolled force balance (P - V) / (|P| + |V| + eps)" },
  { name: "composite_d1", dtype: "float64", unit: "1/s", role: "signal", doc: "first difference of composite per second" },
  { name: "composite_d2", dtype: "float64", unit: "1/s^2", role: "signal", doc: "second difference of composite per second" },
  { name: "composite_d3", dtype: "float64", unit: "1/s^3", role: "signal", doc: "third difference of composite per second" },
  { name: "flow_score", dtype: "float64", unit: "1", role: "signal", doc: "weighted tanh of the robust z-scores of d1..d3, in [-1, 1]" },
  { name: "flow_state_code", dtype: "int8", unit: "code", role: "indicator", doc: "+1 building, -1 draining, 0 neutral" },
  { name: "best_ask_move_ticks", dtype: "int32", unit: "ticks", role: "indicator", doc: "move of the best ask since the last bin" },
  { name: "best_bid_move_ticks", dtype: "int32", unit: "ticks", role: "indicator", doc: "move of the best bid since the last bin" },
  { name: "ask_reprice_sign", dtype: "int8", unit: "sign", role: "indicator", doc: "sign of best_ask_move_ticks" },
  { name: "bid_reprice_sign", dtype: "int8", unit: "sign", role: "indicator", doc: "sign of best_bid_move_ticks" },
  { name: "microstate_id", dtype: "int8", unit: "code", role: "indicator", doc: "3 (ask sign + 1) + (bid sign + 1)" },
  { name: "state5_code", dtype: "int8", unit: "code", role: "indicator", doc: "+2 bull vacuum, +1 bull pressure, 0 mixed, -1, -2 bear" },
  { name: "chase_up_flag", dtype: "int8", unit: "flag", role: "indicator", doc: "1 where both touches moved up" },
  { name: "chase_down_flag", dtype: "int8", unit: "flag", role: "indicator", doc: "1 where both touches moved down" },
  { name: "last_event_id", dtype: "int64", unit: "record", role: "metadata", doc: "the last record that touched the tick, 0 for none" },
] as const satisfies readonly GridColumn[];

export type GridColumnName = (typeof GRID_COLUMNS)[number]["name"];

/** Columns that every serving streams, whatever its stream_schema. */
export const ALWAYS_SERVED = ["k", "last_event_id"] as const satisfies readonly GridColumnName[];

/** How a value travels: int64 is a decimal string in JSON and a bigint once decoded. */
export type PrimitiveKind = "string" | "boolean" | "number" | "integer" | "int64" | "json";

/** First message to a viewer: everything resolved. The fields of ``RuntimeConfig`` stand beside these. */
export interface RuntimeConfig {
  readonly product_type: "future_mbo" | "equity_mbo";
  readonly symbol: string;
  readonly symbol_root: string;
  readonly tick_size: number;
  /** equities: width of a row; default tick_size */
  readonly bucket_size_dollars?: number | null;
  readonly contract_multiplier: number;
  readonly qty_unit: string;
  readonly price_decimals: number;
  /** slots of the book's window */
  readonly n_absolute_ticks: number;
  /** rows each side of spot */
  readonly grid_radius_ticks: number;
  /** width of a bin */
  readonly cell_width_ms: number;
  readonly flow_windows: readonly number[];
  readonly flow_rollup_weights: readonly number[];
  readonly flow_derivative_weights: readonly number[];
  readonly flow_tanh_scale: number;
  readonly flow_neutral_threshold: number;
  readonly flow_zscore_window_bins: number;
  readonly flow_zscore_min_periods: number;
  readonly flow_composite_floor: number;
  readonly tau_velocity: number;
  readonly tau_acceleration: number;
  readonly tau_jerk: number;
  readonly tau_rest_decay: number;
  readonly c1_v_add: number;
  readonly c2_v_rest_pos: number;
  readonly c3_a_add: number;
  readonly c4_v_pull: number;
  readonly c5_v_fill: number;
  readonly c6_v_rest_neg: number;
  readonly c7_a_pull: number;
  readonly state_source: "bbo_reprice" | "force";
  readonly state_model_center_exclusion_radius: number;
  readonly state_model_spatial_decay_power: number;
  readonly state_model_zscore_window_bins: number;
  readonly state_model_zscore_min_periods: number;
  readonly state_model_tanh_scale: number;
  readonly state_model_d1_weight: number;
  readonly state_model_d2_weight: number;
  readonly state_model_d3_weight: number;
  readonly state_model_bull_pressure_weight: number;
  readonly state_model_bull_vacuum_weight: number;
  readonly state_model_bear_pressure_weight: number;
  readonly state_model_bear_vacuum_weight: number;
  readonly state_model_mixed_weight: number;
  readonly projection_horizons_bins: readonly number[];
  readonly projection_use_cubic: boolean;
  readonly projection_cubic_scale: number;
  readonly projection_damping_lambda: number;
  readonly dt: string;
  readonly start_time: string;
  readonly end_time: string;
  readonly signal: SignalSpec;
  readonly stream_schema: StreamSchema;
  readonly type: "runtime_config";
  readonly serving: ServingRef;
  readonly stream_format: "dense_grid";
  readonly grid_rows: number;
  readonly grid_schema_fields: readonly GridField[];
  readonly effective_config_hash: string;
  readonly model_config: StateModelConfig;
  readonly session: SessionRef;
}

/** Which signal a serving computes, with its parameters. */
export interface SignalSpec {
  readonly name: string;
  readonly params: unknown;
  readonly weights: unknown;
}

/** Which grid columns are streamed, and how wide floats are. */
export interface StreamSchema {
  /** subset of the grid columns; all when left out */
  readonly columns?: readonly string[] | null;
  readonly float_dtype: "float64" | "float32";
}

/** Which serving a session plays. */
export interface ServingRef {
  /** the alias or id that the viewer asked for */
  readonly serving_name: string;
  /** immutable id of the published serving */
  readonly serving_id: string;
  /** where the serving came from: run, experiment or file */
  readonly source: string;
}

/** One column of the grid as it is streamed. */
export interface GridField {
  readonly name: string;
  readonly dtype: string;
  readonly role: string;
}

/** The state model as it runs in this session. */
export interface StateModelConfig {
  readonly name: "derivative";
  readonly state_source: "bbo_reprice" | "force";
}

/** Which session a viewer is attached to. */
export interface SessionRef {
  readonly id: string;
  readonly state: "pending" | "warming" | "running" | "paused" | "ended" | "stopped" | "failed";
  /** the newest bin, -1 before the first */
  readonly bin_seq: bigint;
}

/** Header of one bin; the binary Arrow stream of its grid follows. */
export interface GridUpdate {
  readonly type: "grid_update";
  readonly ts_ns: bigint;
  readonly bin_seq: bigint;
  readonly bin_start_ns: bigint;
  readonly bin_end_ns: bigint;
  readonly bin_event_count: bigint;
  readonly event_id: bigint;
  readonly mid_price: number;
  readonly spot_ref_price_int: bigint;
  readonly best_bid_price_int: bigint;
  readonly best_ask_price_int: bigint;
  readonly book_valid: boolean;
  readonly flow: Flow;
  readonly runtime_model: RuntimeModel;
  readonly signal: SignalValue;
  /** true on bins from before the viewer came */
  readonly backfill?: boolean | null;
  /** bins this viewer lost just before this one */
  readonly dropped?: number | null;
}

/** The bin's flow (SPEC section 3). */
export interface Flow {
  readonly best_bid_qty: bigint;
  readonly best_ask_qty: bigint;
  readonly trade_count: bigint;
  readonly buy_volume: bigint;
  readonly sell_volume: bigint;
  readonly trade_vwap: number;
  readonly ofi: bigint;
  readonly mlofi_1: bigint;
  readonly mlofi_2: bigint;
  readonly mlofi_3: bigint;
  readonly mlofi_4: bigint;
  readonly mlofi_5: bigint;
}

/** Output of the state model for one bin (SPEC section 4). */
export interface RuntimeModel {
  readonly name: "derivative";
  readonly score: number;
  readonly ready: boolean;
  readonly sample_count: number;
  readonly base: number;
  readonly d1: number;
  readonly d2: number;
  readonly d3: number;
  readonly z1: number;
  readonly z2: number;
  readonly z3: number;
  readonly bull: number;
  readonly bear: number;
  readonly bull_pressure: number;
  readonly bull_vacuum: number;
  readonly bear_pressure: number;
  readonly bear_vacuum: number;
  readonly mixed: number;
  readonly dominant_state5_code: number;
  readonly projections: readonly Projection[];
}

/** The model score carried forward (SPEC section 4). */
export interface Projection {
  readonly horizon_bins: number;
  readonly horizon_ms: number;
  readonly value: number;
}

/** The serving's signal at this bin. */
export interface SignalValue {
  readonly name: string;
  readonly value: number;
}

/** Last message of a session. */
export interface SessionEnd {
  readonly type: "session_end";
  readonly session_id: string;
  readonly state: "ended" | "stopped" | "failed";
  readonly reason: string;
  readonly last_bin_seq: bigint;
}

/** What a message looks like on the wire; the validator in messages.ts works from this table. */
export interface FieldShape {
  readonly name: string;
  readonly kind: PrimitiveKind | ShapeName;
  readonly list?: true;
  /** May be missing or null. */
  readonly optional?: true;
  readonly allowed?: readonly string[];
}

export type ShapeName =
  | "RuntimeConfig"
  | "SignalSpec"
  | "StreamSchema"
  | "ServingRef"
  | "GridField"
  | "StateModelConfig"
  | "SessionRef"
  | "GridUpdate"
  | "Flow"
  | "RuntimeModel"
  | "Projection"
  | "SignalValue"
  | "SessionEnd";

export const SHAPES: Readonly<Record<ShapeName, readonly FieldShape[]>> = {
  RuntimeConfig: [
    { name: "product_type", kind: "string", allowed: ["future_mbo", "equity_mbo"] },
    { name: "symbol", kind: "string" },
    { name: "symbol_root", kind: "string" },
    { name: "tick_size", kind: "number" },
    { name: "bucket_size_dollars", kind: "number", optional: true },
    { name: "contract_multiplier", kind: "number" },
    { name: "qty_unit", kind: "string" },
    { name: "price_decimals", kind: "integer" },
    { name: "n_absolute_ticks", kind: "integer" },
    { name: "grid_radius_ticks", kind: "integer" },
    { name: "cell_width_ms", kind: "integer" },
    { name: "flow_windows", kind: "integer", list: true },
    { name: "flow_rollup_weights", kind: "number", list: true },
    { name: "flow_derivative_weights", kind: "number", list: true },
    { name: "flow_tanh_scale", kind: "number" },
    { name: "flow_neutral_threshold", kind: "number" },
    { name: "flow_zscore_window_bins", kind: "integer" },
    { name: "flow_zscore_min_periods", kind: "integer" },
    { name: "flow_composite_floor", kind: "number" },
    { name: "tau_velocity", kind: "number" },
    { name: "tau_acceleration", kind: "number" },
    { name: "tau_jerk", kind: "number" },
    { name: "tau_rest_decay", kind: "number" },
    { name: "c1_v_add", kind: "number" },
    { name: "c2_v_rest_pos", kind: "number" },
    { name: "c3_a_add", kind: "number" },
    { name: "c4_v_pull", kind: "number" },
    { name: "c5_v_fill", kind: "number" },
    { name: "c6_v_rest_neg", kind: "number" },
    { name: "c7_a_pull", kind: "number" },
    { name: "state_source", kind: "string", allowed: ["bbo_reprice", "force"] },
    { name: "state_model_center_exclusion_radius", kind: "integer" },
    { name: "state_model_spatial_decay_power", kind: "number" },
    { name: "state_model_zscore_window_bins", kind: "integer" },
    { name: "state_model_zscore_min_periods", kind: "integer" },
    { name: "state_model_tanh_scale", kind: "number" },
    { name: "state_model_d1_weight", kind: "number" },
    { name: "state_model_d2_weight", kind: "number" },
    { name: "state_model_d3_weight", kind: "number" },
    { name: "state_model_bull_pressure_weight", kind: "number" },
    { name: "state_model_bull_vacuum_weight", kind: "number" },
    { name: "state_model_bear_pressure_weight", kind: "number" },
    { name: "state_model_bear_vacuum_weight", kind: "number" },
    { name: "state_model_mixed_weight", kind: "number" },
    { name: "projection_horizons_bins", kind: "integer", list: true },
    { name: "projection_use_cubic", kind: "boolean" },
    { name: "projection_cubic_scale", kind: "number" },
    { name: "projection_damping_lambda", kind: "number" },
    { name: "dt", kind: "string" },
    { name: "start_time", kind: "string" },
    { name: "end_time", kind: "string" },
    { name: "signal", kind: "SignalSpec" },
    { name: "stream_schema", kind: "StreamSchema" },
    { name: "type", kind: "string", allowed: ["runtime_config"] },
    { name: "serving", kind: "ServingRef" },
    { name: "stream_format", kind: "string", allowed: ["dense_grid"] },
    { name: "grid_rows", kind: "integer" },
    { name: "grid_schema_fields", kind: "GridField", list: true },
    { name: "effective_config_hash", kind: "string" },
    { name: "model_config", kind: "StateModelConfig" },
    { name: "session", kind: "SessionRef" },
  ],
  SignalSpec: [
    { name: "name", kind: "string" },
    { name: "params", kind: "json" },
    { name: "weights", kind: "json" },
  ],
  StreamSchema: [
    { name: "columns", kind: "string", list: true, optional: true },
    { name: "float_dtype", kind: "string", allowed: ["float64", "float32"] },
  ],
  ServingRef: [
    { name: "serving_name", kind: "string" },
    { name: "serving_id", kind: "string" },
    { name: "source", kind: "string" },
  ],
  GridField: [
    { name: "name", kind: "string" },
    { name: "dtype", kind: "string" },
    { name: "role", kind: "string" },
  ],
  StateModelConfig: [
    { name: "name", kind: "string", allowed: ["derivative"] },
    { name: "state_source", kind: "string", allowed: ["bbo_reprice", "force"] },
  ],
  SessionRef: [
    { name: "id", kind: "string" },
    { name: "state", kind: "string", allowed: ["pending", "warming", "running", "paused", "ended", "stopped", "failed"] },
    { name: "bin_seq", kind: "int64" },
  ],
  GridUpdate: [
    { name: "type", kind: "string", allowed: ["grid_update"] },
    { name: "ts_ns", kind: "int64" },
    { name: "bin_seq", kind: "int64" },
    { name: "bin_start_ns", kind: "int64" },
    { name: "bin_end_ns", kind: "int64" },
    { name: "bin_event_count", kind: "int64" },
    { name: "event_id", kind: "int64" },
    { name: "mid_price", kind: "number" },
    { name: "spot_ref_price_int", kind: "int64" },
    { name: "best_bid_price_int", kind: "int64" },
    { name: "best_ask_price_int", kind: "int64" },
    { name: "book_valid", kind: "boolean" },
    { name: "flow", kind: "Flow" },
    { name: "runtime_model", kind: "RuntimeModel" },
    { name: "signal", kind: "SignalValue" },
    { name: "backfill", kind: "boolean", optional: true },
    { name: "dropped", kind: "integer", optional: true },
  ],
  Flow: [
    { name: "best_bid_qty", kind: "int64" },
    { name: "best_ask_qty", kind: "int64" },
    { name: "trade_count", kind: "int64" },
    { name: "buy_volume", kind: "int64" },
    { name: "sell_volume", kind: "int64" },
    { name: "trade_vwap", kind: "number" },
    { name: "ofi", kind: "int64" },
    { name: "mlofi_1", kind: "int64" },
    { name: "mlofi_2", kind: "int64" },
    { name: "mlofi_3", kind: "int64" },
    { name: "mlofi_4", kind: "int64" },
    { name: "mlofi_5", kind: "int64" },
  ],
  RuntimeModel: [
    { name: "name", kind: "string", allowed: ["derivative"] },
    { name: "score", kind: "number" },
    { name: "ready", kind: "boolean" },
    { name: "sample_count", kind: "integer" },
    { name: "base", kind: "number" },
    { name: "d1", kind: "number" },
    { name: "d2", kind: "number" },
    { name: "d3", kind: "number" },
    { name: "z1", kind: "number" },
    { name: "z2", kind: "number" },
    { name: "z3", kind: "number" },
    { name: "bull", kind: "number" },
    { name: "bear", kind: "number" },
    { name: "bull_pressure", kind: "number" },
    { name: "bull_vacuum", kind: "number" },
    { name: "bear_pressure", kind: "number" },
    { name: "bear_vacuum", kind: "number" },
    { name: "mixed", kind: "number" },
    { name: "dominant_state5_code", kind: "integer" },
    { name: "projections", kind: "Projection", list: true },
  ],
  Projection: [
    { name: "horizon_bins", kind: "integer" },
    { name: "horizon_ms", kind: "number" },
    { name: "value", kind: "number" },
  ],
  SignalValue: [
    { name: "name", kind: "string" },
    { name: "value", kind: "number" },
  ],
  SessionEnd: [
    { name: "type", kind: "string", allowed: ["session_end"] },
    { name: "session_id", kind: "string" },
    { name: "state", kind: "string", allowed: ["ended", "stopped", "failed"] },
    { name: "reason", kind: "string" },
    { name: "last_bin_seq", kind: "int64" },
  ],
};

/** The text messages of a stream, by their "type". */
export const STREAM_MESSAGES = {
  runtime_config: "RuntimeConfig",
  grid_update: "GridUpdate",
  session_end: "SessionEnd",
} as const satisfies Record<string, ShapeName>;

export type StreamMessage = RuntimeConfig | GridUpdate | SessionEnd;
