// Generated from qmcore.contracts by `make gen`. Do not edit.

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
  /** SHA-256 of the trained model, of signals that have one */
  readonly artifact?: string | null;
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

/** Body of every error: ``error`` is for people, the rest rebuilds the exception at the client. */
export interface Problem {
  /** what is wrong, where, and what is allowed */
  readonly error: string;
  /** class of the error in qmcore.errors, e.g. NotFound */
  readonly type: string;
  /** ConfigError: the field that is wrong */
  readonly field?: string | null;
  /** ConfigError: what the field may be */
  readonly allowed?: string | null;
  /** ConfigError: which input is wrong: body, query, path or a file */
  readonly source?: string | null;
  /** the error without its place */
  readonly problem?: string | null;
  /** NotFound: kind of the missing thing; Unavailable: what is down */
  readonly what?: string | null;
  /** NotFound: the name that was asked for; OriginRefused: the origin */
  readonly name?: string | null;
  /** NotFound: what there is instead */
  readonly available?: readonly string[] | null;
  /** AliasConflict: the alias */
  readonly alias?: string | null;
  /** AliasConflict: what it should have pointed at */
  readonly expected_serving_id?: string | null;
  /** AliasConflict: what it points at now */
  readonly current_serving_id?: string | null;
  /** CorruptData: what is damaged */
  readonly path?: string | null;
  /** PromotionRefused: the run */
  readonly run_id?: string | null;
  /** PromotionRefused: every condition of the gate that the run does not meet */
  readonly reasons?: readonly string[] | null;
}

/** ``session.<session>.status``: what the engine says of a session, once a second and at every change. */
export interface SessionStatus {
  readonly session_id: string;
  readonly serving_id: string;
  readonly serving_name: string;
  readonly symbol: string;
  readonly state: "pending" | "warming" | "running" | "paused" | "ended" | "stopped" | "failed";
  /** why the session is in a final state */
  readonly reason: string;
  readonly pace: Pace;
  /** the newest published bin, -1 before the first */
  readonly bin_seq: bigint;
  /** records of the instrument that the engine has taken */
  readonly event_index: bigint;
  /** share of the session's bins that is published, 0 to 1 */
  readonly progress: number;
  /** market time that the engine has reached, 0 before the first record */
  readonly market_ns: bigint;
  readonly start_ns: bigint;
  readonly end_ns: bigint;
  /** largest delay in the last second from due records to stored grids */
  readonly lag_ms: number;
  /** engine worker that runs the session */
  readonly worker: string;
  readonly updated_ns: bigint;
}

/** How fast a session plays. */
export interface Pace {
  readonly speed: number | "max";
  readonly paused: boolean;
}

/** Answer to a publication. */
export interface Published {
  /** false when the same content was published before */
  readonly created: boolean;
  readonly serving: PublishedServingSpec;
}

/** An immutable serving: everything resolved, and named by its content. */
export interface PublishedServingSpec {
  readonly serving_id: string;
  readonly runtime_snapshot: RuntimeSnapshot;
  readonly source: ServingSource;
}

/** Instrument, physics, scoring, capture, signal and stream: all resolved, nothing left to look up. */
export interface RuntimeSnapshot {
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
}

/** Where a published serving came from. */
export interface ServingSource {
  readonly run_id?: string | null;
  readonly experiment?: string | null;
  /** name of the ServingSpec */
  readonly serving?: string | null;
  /** hash of the specs that were resolved */
  readonly config_hash: string;
  readonly published_at: string;
}

/** The serving behind an alias or id. ``alias`` and ``promoted_at`` are null when an id was asked for. */
export interface Resolved {
  readonly alias?: string | null;
  readonly promoted_at?: string | null;
  readonly version?: number | null;
  readonly serving: PublishedServingSpec;
}

/** A resolved configuration to freeze under ``name``, or (with ``serving_id``) a PublishedServingSpec. */
export interface PublishRequest {
  readonly name?: string | null;
  /** must hold the hash of the snapshot */
  readonly serving_id?: string | null;
  readonly runtime_snapshot: RuntimeSnapshot;
  readonly source: ServingSource;
  /** what the run in source.run_id shows; only with one */
  readonly evidence?: PromotionEvidence | null;
  /** why the run is to be published although the gate would refuse it */
  readonly override?: string | null;
}

/** What a run shows at one threshold, once every trial of its experiment is counted. */
export interface PromotionEvidence {
  readonly run_id: string;
  readonly experiment: string;
  /** of the signal, at which the run is to be traded */
  readonly threshold: number;
  /** every run at every threshold that the experiment ever tried */
  readonly n_trials: number;
  /** trades in and out of sample */
  readonly n_signals: number;
  /** trades after the in-sample part */
  readonly out_of_sample_n_signals: number;
  /** their mean; null where there are none */
  readonly out_of_sample_mean_pnl_ticks?: number | null;
  /** lower end of the 95 % interval of that mean; null with too few trades for one */
  readonly out_of_sample_mean_pnl_low?: number | null;
  /** p-value against random entries, Holm-corrected for n_trials */
  readonly holm_p: number;
  /** fewer trades than this show nothing */
  readonly min_signals: number;
  /** the price of entry that the run was evaluated at */
  readonly entry: "mid" | "touch";
  /** of a whole trade */
  readonly fee_ticks: number;
  /** of each fill that takes liquidity */
  readonly slippage_ticks: number;
}

/** Point an alias at a serving. */
export interface PromoteRequest {
  readonly serving_id: string;
  /** compare-and-set: what the alias points at now; the empty string: it does not exist yet */
  readonly expected_serving_id?: string | null;
  readonly who: string;
  readonly why: string;
}

/** Point an alias back at what it pointed at before its newest promotion that still stands. */
export interface RollbackRequest {
  /** compare-and-set: what the alias must point at now */
  readonly expected_serving_id?: string | null;
  readonly who: string;
  readonly why: string;
}

/** Field by field, what changes from ``a`` to ``b``. */
export interface ServingDiff {
  readonly a: string;
  readonly b: string;
  readonly same: boolean;
  readonly changes: readonly FieldDiff[];
}

/** One field in which two snapshots differ; a field that only one side has is null on the other. */
export interface FieldDiff {
  readonly field: string;
  readonly a?: unknown;
  readonly b?: unknown;
}

/** Part of a list. */
export interface ServingSummaryPage {
  readonly items: readonly ServingSummary[];
  readonly total: number;
  readonly limit: number;
  readonly offset: number;
}

/** One line of the list of servings. A damaged one is listed with its error and without its content. */
export interface ServingSummary {
  readonly serving_id: string;
  readonly name: string;
  readonly registered_at: string;
  /** aliases that point at it now */
  readonly aliases: readonly string[];
  /** why the serving is refused; null when it is sound */
  readonly error?: string | null;
  readonly product_type?: string | null;
  readonly symbol?: string | null;
  readonly dt?: string | null;
  readonly start_time?: string | null;
  readonly end_time?: string | null;
  readonly signal?: string | null;
  readonly source?: ServingSource | null;
}

/** Part of a list. */
export interface AliasStatePage {
  readonly items: readonly AliasState[];
  readonly total: number;
  readonly limit: number;
  readonly offset: number;
}

/** Where an alias points, now or at an asked instant. */
export interface AliasState {
  readonly alias: string;
  readonly serving_id: string;
  /** 1-based count of the alias's moves */
  readonly version: number;
  readonly promoted_at: string;
  readonly who: string;
  readonly why: string;
  /** promote or rollback: how it came to point there */
  readonly action: "publish" | "promote" | "rollback";
}

/** Part of a list. */
export interface AuditEventPage {
  readonly items: readonly AuditEvent[];
  readonly total: number;
  readonly limit: number;
  readonly offset: number;
}

/** One attempted change, whether it was done or refused. */
export interface AuditEvent {
  readonly seq: number;
  readonly at: string;
  readonly action: "publish" | "promote" | "rollback";
  readonly outcome: "done" | "unchanged" | "refused";
  readonly who: string;
  readonly why: string;
  /** null for a publication */
  readonly alias?: string | null;
  /** the alias's move that this event made; null when it made none */
  readonly version?: number | null;
  readonly from_id?: string | null;
  readonly to_id?: string | null;
  /** why it was refused, or what failed that an override passed over; else empty */
  readonly detail: string;
  /** publication of a run: what was said for it; else null */
  readonly evidence?: PromotionEvidence | null;
  /** why a run was published that the gate would have refused; else null */
  readonly override?: string | null;
}

/** The experiments, by name. */
export interface ExperimentList {
  readonly experiments: readonly ExperimentSummary[];
}

/** An experiment of the lake: its file, its results, or both. */
export interface ExperimentSummary {
  readonly name: string;
  /** there is a file under configs/experiments, so it can be submitted by name */
  readonly in_lake: boolean;
  /** why its file is refused; null when it is sound */
  readonly error?: string | null;
  readonly serving?: string | null;
  readonly signals: readonly string[];
  readonly search?: string | null;
  /** thresholds that each point is evaluated at */
  readonly thresholds?: number | null;
  /** points that were tried, of every version of the file */
  readonly runs: number;
  readonly failed_runs: number;
  readonly last_run_at?: string | null;
  /** id of the job that runs it, or waits to */
  readonly active_job?: string | null;
}

/** A sweep to run: an experiment of the lake by its name, or one that is spelled out. */
export interface JobSubmit {
  /** name of an experiment in the lake */
  readonly experiment?: string | null;
  /** an ExperimentSpec (`qm schema` writes its JSON Schema); its serving by name */
  readonly spec?: unknown;
  /** processes at most; the worker may have fewer */
  readonly workers?: number | null;
  /** run points again that failed before */
  readonly retry_failed: boolean;
}

/** Jobs, the newest first. */
export interface JobList {
  readonly jobs: readonly Job[];
  readonly total: number;
}

/** One submitted sweep. */
export interface Job {
  readonly job_id: string;
  readonly experiment: string;
  readonly state: "queued" | "running" | "done" | "failed" | "cancelled";
  /** it will be cancelled within about a second */
  readonly cancel_requested: boolean;
  /** why it failed or was cancelled, in words */
  readonly reason: string;
  readonly created_at: string;
  /** of its newest attempt */
  readonly started_at?: string | null;
  readonly ended_at?: string | null;
  /** how many workers have taken it; more than 1 after one of them was lost */
  readonly attempt: number;
  /** worker that has it, or had it last */
  readonly worker: string;
  /** grows with every change of this job */
  readonly revision: number;
  readonly progress?: JobProgress | null;
  /** why points failed, the most frequent reasons first */
  readonly errors: readonly JobError[];
}

/** How far a job has come. Points are counted from when all datasets are there. */
export interface JobProgress {
  readonly phase: "starting" | "dataset" | "points";
  /** scoring of the dataset that is being made, empty for the serving's */
  readonly dataset: string;
  /** share of that dataset's bins, 0 to 1 */
  readonly dataset_done?: number | null;
  /** of the sweep, 0 before it is known */
  readonly points: number;
  /** points whose result was there already */
  readonly reused: number;
  /** points that ended well in this run */
  readonly finished: number;
  /** points that failed in this run */
  readonly failed: number;
  readonly points_per_second?: number | null;
  /** of the sweep, at the rate so far */
  readonly seconds_left?: number | null;
}

/** One reason for which points failed. */
export interface JobError {
  readonly error: string;
  readonly points: number;
}

/** Runs, best first, and what the list can be narrowed by. */
export interface RunList {
  readonly runs: readonly RunListRow[];
  /** runs that fit the filters, before top_n */
  readonly total: number;
  /** runs left out: no threshold has min_signals signals */
  readonly too_few_signals: number;
  /** runs that failed, with these filters */
  readonly failed: number;
  readonly sort: string;
  /** of the column that is sorted by */
  readonly smaller_is_better: boolean;
  /** columns that can be sorted by */
  readonly sorts: readonly string[];
  /** with results, whatever the filters */
  readonly experiments: readonly string[];
  readonly signals: readonly string[];
  readonly dataset_ids: readonly string[];
  /** experiments whose overfitting_probability and spa_p are being worked out: null so far */
  readonly pending: readonly string[];
  /** why it is not known which runs can be streamed; null when it is */
  readonly registry_problem?: string | null;
}

/** A run in the list, at its best threshold by the column that is sorted by. */
export interface RunListRow {
  readonly run_id: string;
  readonly experiment: string;
  readonly signal: string;
  /** JSON, with defaults */
  readonly params: string;
  readonly cooldown_bins: number;
  readonly tp_ticks: number;
  readonly sl_ticks: number;
  readonly threshold: number;
  readonly n_signals: number;
  /** net expectancy of a trade, after all costs */
  readonly mean_pnl_ticks?: number | null;
  /** block bootstrap interval of mean_pnl_ticks */
  readonly mean_pnl_low?: number | null;
  readonly mean_pnl_high?: number | null;
  readonly out_of_sample_pnl_ticks?: number | null;
  /** p_value corrected for every trial of the experiment */
  readonly holm_p: number;
  /** holm_p at most 0.05, and mean_pnl_low above 0 */
  readonly is_winner: boolean;
  /** against random entries of the same direction mix; not corrected */
  readonly p_value?: number | null;
  readonly benjamini_yekutieli_p: number;
  /** probability that it is more than the luck of the best of all trials */
  readonly deflated_sharpe: number;
  /** of the experiment */
  readonly overfitting_probability?: number | null;
  /** of the experiment: that no trial is better than not trading */
  readonly spa_p?: number | null;
  /** trials of the experiment that the corrections count */
  readonly n_trials: number;
  readonly n_up: number;
  readonly n_down: number;
  readonly tp_rate?: number | null;
  readonly tp_rate_low?: number | null;
  readonly tp_rate_high?: number | null;
  /** tp_rate less its null SL/(TP+SL) */
  readonly tp_rate_excess?: number | null;
  readonly sl_rate?: number | null;
  readonly timeout_rate?: number | null;
  readonly events_per_hour: number;
  readonly mean_gross_pnl_ticks?: number | null;
  readonly in_sample_pnl_ticks?: number | null;
  readonly median_time_to_outcome_ms?: number | null;
  /** JSON, only what the sweep set */
  readonly scoring: string;
  readonly dataset_id: string;
  readonly created_at: string;
  /** SHA-256 of the trained model; null for signals without one */
  readonly artifact?: string | null;
  /** an alias points at a serving that was promoted from this run */
  readonly can_stream: boolean;
  /** page that streams that serving */
  readonly streaming_url?: string | null;
}

/** Everything about one run. */
export interface RunDetail {
  readonly lineage: RunLineage;
  /** in order; empty where the run failed */
  readonly thresholds: readonly ThresholdDetail[];
  /** what a promotion takes unless told otherwise: the best net expectancy in sample, among thresholds with enough signals there */
  readonly best_threshold?: number | null;
  /** trials of the experiment that the corrections count */
  readonly n_trials: number;
  /** of the experiment (CSCV) */
  readonly overfitting_probability?: number | null;
  /** of the experiment: that no trial is better than not trading */
  readonly spa_p?: number | null;
  /** market time at the end of each period of the curves; null where the dataset is gone */
  readonly period_end_ns?: readonly bigint[] | null;
  /** market time at which evaluation begins, after warm-up */
  readonly start_ns?: bigint | null;
  /** market time at which the out-of-sample part begins */
  readonly out_of_sample_from_ns?: bigint | null;
  /** published from this run */
  readonly servings: readonly RunServing[];
  /** an alias points at a serving that was promoted from this run */
  readonly can_stream: boolean;
  /** page that streams that serving */
  readonly streaming_url?: string | null;
  /** why it is not known whether the run can be streamed; null when it is */
  readonly registry_problem?: string | null;
}

/** A run that was tried, and how it ended. */
export interface RunLineage {
  /** hash of everything that the result depends on */
  readonly run_id: string;
  readonly experiment: string;
  readonly dataset_id: string;
  /** SHA-256 over the checksums of the dataset's tables */
  readonly dataset_hash: string;
  /** SHA-256 over experiment, serving, pipeline and instrument as understood */
  readonly spec_hash: string;
  readonly code_version: string;
  readonly seed: bigint;
  /** trials of this run: thresholds that it is evaluated at */
  readonly n_thresholds: number;
  /** of the sweep that planned it: points times thresholds */
  readonly n_trials: number;
  readonly serving: string;
  readonly signal: string;
  /** JSON, with defaults */
  readonly params: string;
  /** JSON, only what the sweep set */
  readonly scoring: string;
  /** SHA-256 of the trained models; null for signals without any */
  readonly artifact?: string | null;
  /** fewer trades show nothing: no interval, no p-value, no rank, no promotion */
  readonly min_signals: number;
  readonly cooldown_bins: number;
  readonly tp_ticks: number;
  readonly sl_ticks: number;
  readonly max_hold_bins: number;
  readonly warmup_bins: number;
  readonly in_sample_fraction: number;
  readonly entry: string;
  readonly fee_ticks: number;
  readonly slippage_ticks: number;
  readonly latency_bins: number;
  readonly status: "ok" | "failed";
  /** why it failed */
  readonly error?: string | null;
  readonly created_at: string;
  /** time that this point took */
  readonly seconds: number;
}

/** A run at one threshold: its trades whole, in and out of sample, and what all trials say about it. */
export interface ThresholdDetail {
  readonly threshold: number;
  /** it has the min_signals of the experiment: it may be ranked */
  readonly enough_signals: boolean;
  readonly whole: SampleStats;
  readonly in_sample: SampleStats;
  readonly out_of_sample: SampleStats;
  /** p_value corrected for every trial of the experiment */
  readonly holm_p: number;
  readonly benjamini_yekutieli_p: number;
  readonly deflated_sharpe: number;
  readonly is_winner: boolean;
  /** net ticks earned up to the end of each period; after the last: of all trades */
  readonly equity_ticks: readonly number[];
  /** ticks below the highest equity so far, 0 or more, at the end of each period */
  readonly drawdown_ticks: readonly number[];
  readonly max_drawdown_ticks: number;
  readonly gate: GateVerdict;
}

/** The trades of a stretch of time. What cannot be said of too few of them is null. */
export interface SampleStats {
  /** signals that could be traded */
  readonly n_signals: number;
  readonly n_up: number;
  readonly n_down: number;
  /** share of trades that ended in take-profit */
  readonly tp_rate?: number | null;
  /** share that ended in stop-loss */
  readonly sl_rate?: number | null;
  /** share that timed out */
  readonly timeout_rate?: number | null;
  /** Wilson interval of tp_rate, as if trades were independent */
  readonly tp_rate_low?: number | null;
  readonly tp_rate_high?: number | null;
  /** tp_rate less its null SL/(TP+SL) */
  readonly tp_rate_excess?: number | null;
  /** signals an hour of tradable market */
  readonly events_per_hour: number;
  /** mean result of a trade before fees and slippage */
  readonly mean_gross_pnl_ticks?: number | null;
  /** mean result of a trade after all costs: net expectancy */
  readonly mean_pnl_ticks?: number | null;
  /** block bootstrap interval of mean_pnl_ticks */
  readonly mean_pnl_low?: number | null;
  readonly mean_pnl_high?: number | null;
  /** from entry to exit, timeouts included */
  readonly median_time_to_outcome_ms?: number | null;
  /** against random entries of the same direction mix; not corrected */
  readonly p_value?: number | null;
  /** mean result of those random entries, after all costs */
  readonly random_mean_pnl_ticks?: number | null;
}

/** Whether a run at a threshold may be promoted, and every condition that it fails. */
export interface GateVerdict {
  readonly passes: boolean;
  /** every condition that fails; empty when it passes */
  readonly reasons: readonly string[];
}

/** A published serving that was promoted from a run. */
export interface RunServing {
  readonly serving_id: string;
  /** aliases that point at it now */
  readonly aliases: readonly string[];
}

/** Publish a serving made of a run and point an alias at it, if the gate lets it pass. */
export interface PromoteRun {
  readonly alias: string;
  /** left out: the run's best threshold */
  readonly threshold?: number | null;
  /** promote although the gate refuses, with this reason in the audit trail */
  readonly override?: string | null;
  /** compare-and-set: what the alias points at now; the empty string: it does not exist yet */
  readonly expected_serving_id?: string | null;
  readonly who: string;
  /** for the audit trail; left out: run, experiment and threshold are named */
  readonly why?: string | null;
}

/** Where the alias points now. */
export interface PromotedRun {
  /** false when the same serving was published before */
  readonly created: boolean;
  readonly alias: AliasState;
  /** what the alias pointed at before; null where it is new */
  readonly previous_serving_id?: string | null;
  readonly threshold: number;
  readonly gate: GateVerdict;
  /** the gate refused, and was overridden */
  readonly overridden: boolean;
  /** false where the code has changed since the run: what streams may differ from it */
  readonly same_code: boolean;
  readonly streaming_url: string;
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
  | "SessionEnd"
  | "Problem"
  | "SessionStatus"
  | "Pace"
  | "Published"
  | "PublishedServingSpec"
  | "RuntimeSnapshot"
  | "ServingSource"
  | "Resolved"
  | "PublishRequest"
  | "PromotionEvidence"
  | "PromoteRequest"
  | "RollbackRequest"
  | "ServingDiff"
  | "FieldDiff"
  | "ServingSummaryPage"
  | "ServingSummary"
  | "AliasStatePage"
  | "AliasState"
  | "AuditEventPage"
  | "AuditEvent"
  | "ExperimentList"
  | "ExperimentSummary"
  | "JobSubmit"
  | "JobList"
  | "Job"
  | "JobProgress"
  | "JobError"
  | "RunList"
  | "RunListRow"
  | "RunDetail"
  | "RunLineage"
  | "ThresholdDetail"
  | "SampleStats"
  | "GateVerdict"
  | "RunServing"
  | "PromoteRun"
  | "PromotedRun";

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
    { name: "artifact", kind: "string", optional: true },
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
  Problem: [
    { name: "error", kind: "string" },
    { name: "type", kind: "string" },
    { name: "field", kind: "string", optional: true },
    { name: "allowed", kind: "string", optional: true },
    { name: "source", kind: "string", optional: true },
    { name: "problem", kind: "string", optional: true },
    { name: "what", kind: "string", optional: true },
    { name: "name", kind: "string", optional: true },
    { name: "available", kind: "string", list: true, optional: true },
    { name: "alias", kind: "string", optional: true },
    { name: "expected_serving_id", kind: "string", optional: true },
    { name: "current_serving_id", kind: "string", optional: true },
    { name: "path", kind: "string", optional: true },
    { name: "run_id", kind: "string", optional: true },
    { name: "reasons", kind: "string", list: true, optional: true },
  ],
  SessionStatus: [
    { name: "session_id", kind: "string" },
    { name: "serving_id", kind: "string" },
    { name: "serving_name", kind: "string" },
    { name: "symbol", kind: "string" },
    { name: "state", kind: "string", allowed: ["pending", "warming", "running", "paused", "ended", "stopped", "failed"] },
    { name: "reason", kind: "string" },
    { name: "pace", kind: "Pace" },
    { name: "bin_seq", kind: "int64" },
    { name: "event_index", kind: "int64" },
    { name: "progress", kind: "number" },
    { name: "market_ns", kind: "int64" },
    { name: "start_ns", kind: "int64" },
    { name: "end_ns", kind: "int64" },
    { name: "lag_ms", kind: "number" },
    { name: "worker", kind: "string" },
    { name: "updated_ns", kind: "int64" },
  ],
  Pace: [
    { name: "speed", kind: "number", allowed: ["max"] },
    { name: "paused", kind: "boolean" },
  ],
  Published: [
    { name: "created", kind: "boolean" },
    { name: "serving", kind: "PublishedServingSpec" },
  ],
  PublishedServingSpec: [
    { name: "serving_id", kind: "string" },
    { name: "runtime_snapshot", kind: "RuntimeSnapshot" },
    { name: "source", kind: "ServingSource" },
  ],
  RuntimeSnapshot: [
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
  ],
  ServingSource: [
    { name: "run_id", kind: "string", optional: true },
    { name: "experiment", kind: "string", optional: true },
    { name: "serving", kind: "string", optional: true },
    { name: "config_hash", kind: "string" },
    { name: "published_at", kind: "string" },
  ],
  Resolved: [
    { name: "alias", kind: "string", optional: true },
    { name: "promoted_at", kind: "string", optional: true },
    { name: "version", kind: "integer", optional: true },
    { name: "serving", kind: "PublishedServingSpec" },
  ],
  PublishRequest: [
    { name: "name", kind: "string", optional: true },
    { name: "serving_id", kind: "string", optional: true },
    { name: "runtime_snapshot", kind: "RuntimeSnapshot" },
    { name: "source", kind: "ServingSource" },
    { name: "evidence", kind: "PromotionEvidence", optional: true },
    { name: "override", kind: "string", optional: true },
  ],
  PromotionEvidence: [
    { name: "run_id", kind: "string" },
    { name: "experiment", kind: "string" },
    { name: "threshold", kind: "number" },
    { name: "n_trials", kind: "integer" },
    { name: "n_signals", kind: "integer" },
    { name: "out_of_sample_n_signals", kind: "integer" },
    { name: "out_of_sample_mean_pnl_ticks", kind: "number", optional: true },
    { name: "out_of_sample_mean_pnl_low", kind: "number", optional: true },
    { name: "holm_p", kind: "number" },
    { name: "min_signals", kind: "integer" },
    { name: "entry", kind: "string", allowed: ["mid", "touch"] },
    { name: "fee_ticks", kind: "number" },
    { name: "slippage_ticks", kind: "number" },
  ],
  PromoteRequest: [
    { name: "serving_id", kind: "string" },
    { name: "expected_serving_id", kind: "string", optional: true },
    { name: "who", kind: "string" },
    { name: "why", kind: "string" },
  ],
  RollbackRequest: [
    { name: "expected_serving_id", kind: "string", optional: true },
    { name: "who", kind: "string" },
    { name: "why", kind: "string" },
  ],
  ServingDiff: [
    { name: "a", kind: "string" },
    { name: "b", kind: "string" },
    { name: "same", kind: "boolean" },
    { name: "changes", kind: "FieldDiff", list: true },
  ],
  FieldDiff: [
    { name: "field", kind: "string" },
    { name: "a", kind: "json", optional: true },
    { name: "b", kind: "json", optional: true },
  ],
  ServingSummaryPage: [
    { name: "items", kind: "ServingSummary", list: true },
    { name: "total", kind: "integer" },
    { name: "limit", kind: "integer" },
    { name: "offset", kind: "integer" },
  ],
  ServingSummary: [
    { name: "serving_id", kind: "string" },
    { name: "name", kind: "string" },
    { name: "registered_at", kind: "string" },
    { name: "aliases", kind: "string", list: true },
    { name: "error", kind: "string", optional: true },
    { name: "product_type", kind: "string", optional: true },
    { name: "symbol", kind: "string", optional: true },
    { name: "dt", kind: "string", optional: true },
    { name: "start_time", kind: "string", optional: true },
    { name: "end_time", kind: "string", optional: true },
    { name: "signal", kind: "string", optional: true },
    { name: "source", kind: "ServingSource", optional: true },
  ],
  AliasStatePage: [
    { name: "items", kind: "AliasState", list: true },
    { name: "total", kind: "integer" },
    { name: "limit", kind: "integer" },
    { name: "offset", kind: "integer" },
  ],
  AliasState: [
    { name: "alias", kind: "string" },
    { name: "serving_id", kind: "string" },
    { name: "version", kind: "integer" },
    { name: "promoted_at", kind: "string" },
    { name: "who", kind: "string" },
    { name: "why", kind: "string" },
    { name: "action", kind: "string", allowed: ["publish", "promote", "rollback"] },
  ],
  AuditEventPage: [
    { name: "items", kind: "AuditEvent", list: true },
    { name: "total", kind: "integer" },
    { name: "limit", kind: "integer" },
    { name: "offset", kind: "integer" },
  ],
  AuditEvent: [
    { name: "seq", kind: "integer" },
    { name: "at", kind: "string" },
    { name: "action", kind: "string", allowed: ["publish", "promote", "rollback"] },
    { name: "outcome", kind: "string", allowed: ["done", "unchanged", "refused"] },
    { name: "who", kind: "string" },
    { name: "why", kind: "string" },
    { name: "alias", kind: "string", optional: true },
    { name: "version", kind: "integer", optional: true },
    { name: "from_id", kind: "string", optional: true },
    { name: "to_id", kind: "string", optional: true },
    { name: "detail", kind: "string" },
    { name: "evidence", kind: "PromotionEvidence", optional: true },
    { name: "override", kind: "string", optional: true },
  ],
  ExperimentList: [
    { name: "experiments", kind: "ExperimentSummary", list: true },
  ],
  ExperimentSummary: [
    { name: "name", kind: "string" },
    { name: "in_lake", kind: "boolean" },
    { name: "error", kind: "string", optional: true },
    { name: "serving", kind: "string", optional: true },
    { name: "signals", kind: "string", list: true },
    { name: "search", kind: "string", optional: true },
    { name: "thresholds", kind: "integer", optional: true },
    { name: "runs", kind: "integer" },
    { name: "failed_runs", kind: "integer" },
    { name: "last_run_at", kind: "string", optional: true },
    { name: "active_job", kind: "string", optional: true },
  ],
  JobSubmit: [
    { name: "experiment", kind: "string", optional: true },
    { name: "spec", kind: "json", optional: true },
    { name: "workers", kind: "integer", optional: true },
    { name: "retry_failed", kind: "boolean" },
  ],
  JobList: [
    { name: "jobs", kind: "Job", list: true },
    { name: "total", kind: "integer" },
  ],
  Job: [
    { name: "job_id", kind: "string" },
    { name: "experiment", kind: "string" },
    { name: "state", kind: "string", allowed: ["queued", "running", "done", "failed", "cancelled"] },
    { name: "cancel_requested", kind: "boolean" },
    { name: "reason", kind: "string" },
    { name: "created_at", kind: "string" },
    { name: "started_at", kind: "string", optional: true },
    { name: "ended_at", kind: "string", optional: true },
    { name: "attempt", kind: "integer" },
    { name: "worker", kind: "string" },
    { name: "revision", kind: "integer" },
    { name: "progress", kind: "JobProgress", optional: true },
    { name: "errors", kind: "JobError", list: true },
  ],
  JobProgress: [
    { name: "phase", kind: "string", allowed: ["starting", "dataset", "points"] },
    { name: "dataset", kind: "string" },
    { name: "dataset_done", kind: "number", optional: true },
    { name: "points", kind: "integer" },
    { name: "reused", kind: "integer" },
    { name: "finished", kind: "integer" },
    { name: "failed", kind: "integer" },
    { name: "points_per_second", kind: "number", optional: true },
    { name: "seconds_left", kind: "number", optional: true },
  ],
  JobError: [
    { name: "error", kind: "string" },
    { name: "points", kind: "integer" },
  ],
  RunList: [
    { name: "runs", kind: "RunListRow", list: true },
    { name: "total", kind: "integer" },
    { name: "too_few_signals", kind: "integer" },
    { name: "failed", kind: "integer" },
    { name: "sort", kind: "string" },
    { name: "smaller_is_better", kind: "boolean" },
    { name: "sorts", kind: "string", list: true },
    { name: "experiments", kind: "string", list: true },
    { name: "signals", kind: "string", list: true },
    { name: "dataset_ids", kind: "string", list: true },
    { name: "pending", kind: "string", list: true },
    { name: "registry_problem", kind: "string", optional: true },
  ],
  RunListRow: [
    { name: "run_id", kind: "string" },
    { name: "experiment", kind: "string" },
    { name: "signal", kind: "string" },
    { name: "params", kind: "string" },
    { name: "cooldown_bins", kind: "integer" },
    { name: "tp_ticks", kind: "number" },
    { name: "sl_ticks", kind: "number" },
    { name: "threshold", kind: "number" },
    { name: "n_signals", kind: "integer" },
    { name: "mean_pnl_ticks", kind: "number", optional: true },
    { name: "mean_pnl_low", kind: "number", optional: true },
    { name: "mean_pnl_high", kind: "number", optional: true },
    { name: "out_of_sample_pnl_ticks", kind: "number", optional: true },
    { name: "holm_p", kind: "number" },
    { name: "is_winner", kind: "boolean" },
    { name: "p_value", kind: "number", optional: true },
    { name: "benjamini_yekutieli_p", kind: "number" },
    { name: "deflated_sharpe", kind: "number" },
    { name: "overfitting_probability", kind: "number", optional: true },
    { name: "spa_p", kind: "number", optional: true },
    { name: "n_trials", kind: "integer" },
    { name: "n_up", kind: "integer" },
    { name: "n_down", kind: "integer" },
    { name: "tp_rate", kind: "number", optional: true },
    { name: "tp_rate_low", kind: "number", optional: true },
    { name: "tp_rate_high", kind: "number", optional: true },
    { name: "tp_rate_excess", kind: "number", optional: true },
    { name: "sl_rate", kind: "number", optional: true },
    { name: "timeout_rate", kind: "number", optional: true },
    { name: "events_per_hour", kind: "number" },
    { name: "mean_gross_pnl_ticks", kind: "number", optional: true },
    { name: "in_sample_pnl_ticks", kind: "number", optional: true },
    { name: "median_time_to_outcome_ms", kind: "number", optional: true },
    { name: "scoring", kind: "string" },
    { name: "dataset_id", kind: "string" },
    { name: "created_at", kind: "string" },
    { name: "artifact", kind: "string", optional: true },
    { name: "can_stream", kind: "boolean" },
    { name: "streaming_url", kind: "string", optional: true },
  ],
  RunDetail: [
    { name: "lineage", kind: "RunLineage" },
    { name: "thresholds", kind: "ThresholdDetail", list: true },
    { name: "best_threshold", kind: "number", optional: true },
    { name: "n_trials", kind: "integer" },
    { name: "overfitting_probability", kind: "number", optional: true },
    { name: "spa_p", kind: "number", optional: true },
    { name: "period_end_ns", kind: "int64", list: true, optional: true },
    { name: "start_ns", kind: "int64", optional: true },
    { name: "out_of_sample_from_ns", kind: "int64", optional: true },
    { name: "servings", kind: "RunServing", list: true },
    { name: "can_stream", kind: "boolean" },
    { name: "streaming_url", kind: "string", optional: true },
    { name: "registry_problem", kind: "string", optional: true },
  ],
  RunLineage: [
    { name: "run_id", kind: "string" },
    { name: "experiment", kind: "string" },
    { name: "dataset_id", kind: "string" },
    { name: "dataset_hash", kind: "string" },
    { name: "spec_hash", kind: "string" },
    { name: "code_version", kind: "string" },
    { name: "seed", kind: "int64" },
    { name: "n_thresholds", kind: "integer" },
    { name: "n_trials", kind: "integer" },
    { name: "serving", kind: "string" },
    { name: "signal", kind: "string" },
    { name: "params", kind: "string" },
    { name: "scoring", kind: "string" },
    { name: "artifact", kind: "string", optional: true },
    { name: "min_signals", kind: "integer" },
    { name: "cooldown_bins", kind: "integer" },
    { name: "tp_ticks", kind: "number" },
    { name: "sl_ticks", kind: "number" },
    { name: "max_hold_bins", kind: "integer" },
    { name: "warmup_bins", kind: "integer" },
    { name: "in_sample_fraction", kind: "number" },
    { name: "entry", kind: "string" },
    { name: "fee_ticks", kind: "number" },
    { name: "slippage_ticks", kind: "number" },
    { name: "latency_bins", kind: "integer" },
    { name: "status", kind: "string", allowed: ["ok", "failed"] },
    { name: "error", kind: "string", optional: true },
    { name: "created_at", kind: "string" },
    { name: "seconds", kind: "number" },
  ],
  ThresholdDetail: [
    { name: "threshold", kind: "number" },
    { name: "enough_signals", kind: "boolean" },
    { name: "whole", kind: "SampleStats" },
    { name: "in_sample", kind: "SampleStats" },
    { name: "out_of_sample", kind: "SampleStats" },
    { name: "holm_p", kind: "number" },
    { name: "benjamini_yekutieli_p", kind: "number" },
    { name: "deflated_sharpe", kind: "number" },
    { name: "is_winner", kind: "boolean" },
    { name: "equity_ticks", kind: "number", list: true },
    { name: "drawdown_ticks", kind: "number", list: true },
    { name: "max_drawdown_ticks", kind: "number" },
    { name: "gate", kind: "GateVerdict" },
  ],
  SampleStats: [
    { name: "n_signals", kind: "integer" },
    { name: "n_up", kind: "integer" },
    { name: "n_down", kind: "integer" },
    { name: "tp_rate", kind: "number", optional: true },
    { name: "sl_rate", kind: "number", optional: true },
    { name: "timeout_rate", kind: "number", optional: true },
    { name: "tp_rate_low", kind: "number", optional: true },
    { name: "tp_rate_high", kind: "number", optional: true },
    { name: "tp_rate_excess", kind: "number", optional: true },
    { name: "events_per_hour", kind: "number" },
    { name: "mean_gross_pnl_ticks", kind: "number", optional: true },
    { name: "mean_pnl_ticks", kind: "number", optional: true },
    { name: "mean_pnl_low", kind: "number", optional: true },
    { name: "mean_pnl_high", kind: "number", optional: true },
    { name: "median_time_to_outcome_ms", kind: "number", optional: true },
    { name: "p_value", kind: "number", optional: true },
    { name: "random_mean_pnl_ticks", kind: "number", optional: true },
  ],
  GateVerdict: [
    { name: "passes", kind: "boolean" },
    { name: "reasons", kind: "string", list: true },
  ],
  RunServing: [
    { name: "serving_id", kind: "string" },
    { name: "aliases", kind: "string", list: true },
  ],
  PromoteRun: [
    { name: "alias", kind: "string" },
    { name: "threshold", kind: "number", optional: true },
    { name: "override", kind: "string", optional: true },
    { name: "expected_serving_id", kind: "string", optional: true },
    { name: "who", kind: "string" },
    { name: "why", kind: "string", optional: true },
  ],
  PromotedRun: [
    { name: "created", kind: "boolean" },
    { name: "alias", kind: "AliasState" },
    { name: "previous_serving_id", kind: "string", optional: true },
    { name: "threshold", kind: "number" },
    { name: "gate", kind: "GateVerdict" },
    { name: "overridden", kind: "boolean" },
    { name: "same_code", kind: "boolean" },
    { name: "streaming_url", kind: "string" },
  ],
};

/** The text messages of a stream, by their "type". */
export const STREAM_MESSAGES = {
  runtime_config: "RuntimeConfig",
  grid_update: "GridUpdate",
  session_end: "SessionEnd",
} as const satisfies Record<string, ShapeName>;

export type StreamMessage = RuntimeConfig | GridUpdate | SessionEnd;
