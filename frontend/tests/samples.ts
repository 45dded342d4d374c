/** Well-formed messages of the wire, as JSON documents: tests change a field and see what happens. */
import { GRID_COLUMNS } from "../src/wire/generated.js";

export const RADIUS = 50;
export const TICK_SIZE = 0.25;
export const TICK_INT = 250_000_000n;
/** 2024-05-08 09:30:00 in New York. */
export const START_NS = 1715175000_000_000_000n;
export const BIN_NS = 100_000_000n;

export function configJson(
  sessionId = "mock-session",
  servingName = "demo",
  binSeq = -1,
): Record<string, unknown> {
  return {
    type: "runtime_config",
    serving: { serving_name: servingName, serving_id: `${servingName}-0123456789ab`, source: "mock gateway" },
    stream_format: "dense_grid",
    grid_rows: 2 * RADIUS + 1,
    grid_schema_fields: GRID_COLUMNS.map(({ name, dtype, role }) => ({ name, dtype, role })),
    effective_config_hash: "0123456789abcdef",
    model_config: { name: "derivative", state_source: "bbo_reprice" },
    session: { id: sessionId, state: "running", bin_seq: String(binSeq) },
    ...RESOLVED,
  };
}

export const RESOLVED = {
  product_type: "future_mbo",
  symbol: "ESM4",
  symbol_root: "ES",
  tick_size: TICK_SIZE,
  bucket_size_dollars: null,
  contract_multiplier: 50,
  qty_unit: "contracts",
  price_decimals: 2,
  n_absolute_ticks: 8192,
  grid_radius_ticks: RADIUS,
  cell_width_ms: 100,
  flow_windows: [5, 10, 20, 40],
  flow_rollup_weights: [1, 1, 1, 1],
  flow_derivative_weights: [0.55, 0.3, 0.15],
  flow_tanh_scale: 3,
  flow_neutral_threshold: 0.15,
  flow_zscore_window_bins: 300,
  flow_zscore_min_periods: 75,
  flow_composite_floor: 1e-6,
  tau_velocity: 2,
  tau_acceleration: 5,
  tau_jerk: 10,
  tau_rest_decay: 30,
  c1_v_add: 1,
  c2_v_rest_pos: 0.5,
  c3_a_add: 0.3,
  c4_v_pull: 1,
  c5_v_fill: 1.5,
  c6_v_rest_neg: 0.5,
  c7_a_pull: 0.3,
  state_source: "bbo_reprice",
  state_model_center_exclusion_radius: 0,
  state_model_spatial_decay_power: 0,
  state_model_zscore_window_bins: 240,
  state_model_zscore_min_periods: 60,
  state_model_tanh_scale: 3,
  state_model_d1_weight: 1,
  state_model_d2_weight: 0,
  state_model_d3_weight: 0,
  state_model_bull_pressure_weight: 1,
  state_model_bull_vacuum_weight: 1,
  state_model_bear_pressure_weight: 1,
  state_model_bear_vacuum_weight: 1,
  state_model_mixed_weight: 0,
  projection_horizons_bins: [5, 10, 15, 20],
  projection_use_cubic: false,
  projection_cubic_scale: 1 / 6,
  projection_damping_lambda: 0,
  dt: "2024-05-08",
  start_time: "09:30:00",
  end_time: "16:00:00",
  signal: { name: "ads", params: {}, weights: {} },
  stream_schema: { columns: null, float_dtype: "float64" },
} as const;

/** A quiet bin with a one-tick touch just under `spotTick`. */
export function updateJson(seq: number, spotTick: number): Record<string, unknown> {
  const start = START_NS + BigInt(seq) * BIN_NS;
  const priceInt = (tick: number): string => (BigInt(tick) * TICK_INT).toString();
  return {
    type: "grid_update",
    ts_ns: (start + BIN_NS).toString(),
    bin_seq: String(seq),
    bin_start_ns: start.toString(),
    bin_end_ns: (start + BIN_NS).toString(),
    bin_event_count: "12",
    event_id: String(1000 + seq),
    mid_price: (spotTick - 0.5) * TICK_SIZE,
    spot_ref_price_int: priceInt(spotTick),
    best_bid_price_int: priceInt(spotTick - 1),
    best_ask_price_int: priceInt(spotTick),
    book_valid: true,
    flow: {
      best_bid_qty: "31",
      best_ask_qty: "27",
      trade_count: "2",
      buy_volume: "5",
      sell_volume: "3",
      trade_vwap: spotTick * TICK_SIZE,
      ofi: "-14",
      ...Object.fromEntries([1, 2, 3, 4, 5].map((m) => [`mlofi_${m}`, "0"])),
    },
    runtime_model: {
      name: "derivative",
      score: Math.sin(seq / 40),
      ready: true,
      sample_count: 240,
      base: 0,
      ...{ d1: 0, d2: 0, d3: 0, z1: 0, z2: 0, z3: 0 },
      ...{ bull: 0.3, bear: 0.1, bull_pressure: 0.1, bull_vacuum: 0.2 },
      ...{ bear_pressure: 0.1, bear_vacuum: 0, mixed: 0.6 },
      dominant_state5_code: 0,
      projections: [{ horizon_bins: 1, horizon_ms: 100, value: 0.4 }],
    },
    signal: { name: "ads", value: Math.cos(seq / 60) },
  };
}
