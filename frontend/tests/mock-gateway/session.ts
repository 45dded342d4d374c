/** One synthetic session: bins one after the other, each as the two messages of the wire. */
import { GRID_COLUMNS } from "../../src/wire/generated.js";
import { encodeGrid, gridOf } from "./grid.js";
import type { GridValues, Memory } from "./grid.js";
import { Market, TICKS } from "./market.js";

export const RADIUS = 50;
const TICK_SIZE = 0.25;
const TICK_INT = 250_000_000n;
/** 2024-05-08 09:30:00 in New York. */
export const START_NS = 1715175000_000_000_000n;
const BIN_NS = 100_000_000n;
/** The synthetic book's tick 0, as an absolute tick: ES near 5200. */
const BASE_TICK = 20_800n - BigInt(TICKS / 2);

export interface MockBin {
  readonly seq: number;
  readonly update: Record<string, unknown>;
  readonly arrow: Uint8Array;
}

export function runtimeConfig(
  sessionId: string,
  servingName: string,
  binSeq: number,
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

const RESOLVED = {
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

export class MockSession {
  readonly market: Market;
  private readonly memory: Memory = { composite: new Map(), slope: new Map() };
  private bid = 0;
  private ask = 0;
  private score = 0;
  private slow = 0;
  private seq = -1;

  constructor(seed: number) {
    this.market = new Market(seed);
    for (let i = 0; i < 80; i += 1) this.market.step();
  }

  next(): MockBin {
    this.seq += 1;
    this.market.step();
    const { bestBid, bestAsk } = this.market;
    const moves = this.seq === 0 ? { ask: 0, bid: 0 } : { ask: bestAsk - this.ask, bid: bestBid - this.bid };
    this.bid = bestBid;
    this.ask = bestAsk;
    const spot = Math.floor((bestBid + bestAsk + 1) / 2);
    const grid = gridOf(this.market, spot, RADIUS, moves, this.memory);
    return { seq: this.seq, update: this.update(spot, grid), arrow: encodeGrid(grid) };
  }

  private update(spot: number, grid: GridValues): Record<string, unknown> {
    const { market, bid, ask } = this;
    const start = START_NS + BigInt(this.seq) * BIN_NS;
    const priceInt = (tick: number): string => ((BASE_TICK + BigInt(tick)) * TICK_INT).toString();
    const price = (tick: number): number => (Number(BASE_TICK) + tick) * TICK_SIZE;
    const { events, trades, buys, sells, notional, ofi } = market.flow;
    return {
      type: "grid_update",
      ts_ns: (start + BIN_NS).toString(),
      bin_seq: String(this.seq),
      bin_start_ns: start.toString(),
      bin_end_ns: (start + BIN_NS).toString(),
      bin_event_count: String(events),
      event_id: market.eventId.toString(),
      mid_price: price((bid + ask) / 2),
      spot_ref_price_int: priceInt(spot),
      best_bid_price_int: priceInt(bid),
      best_ask_price_int: priceInt(ask),
      book_valid: true,
      flow: {
        best_bid_qty: String(market.bid[bid] ?? 0),
        best_ask_qty: String(market.ask[ask] ?? 0),
        trade_count: String(trades),
        buy_volume: String(buys),
        sell_volume: String(sells),
        trade_vwap: buys + sells > 0 ? price(notional / (buys + sells)) : 0,
        ofi: String(ofi),
        ...Object.fromEntries([1, 2, 3, 4, 5].map((m) => [`mlofi_${m}`, String(ofi)])),
      },
      runtime_model: this.model(grid, ofi),
      signal: { name: "ads", value: Math.tanh(this.slow) },
    };
  }

  private model(grid: GridValues, ofi: number): Record<string, unknown> {
    const codes = Array.from((grid["state5_code"] ?? new Int8Array(0)) as Int8Array);
    const share = (code: number): number => codes.filter((c) => c === code).length / codes.length;
    const [bearVacuum, bearPressure, mixed, bullPressure, bullVacuum] = [-2, -1, 0, 1, 2].map(share);
    const bull = (bullPressure ?? 0) + (bullVacuum ?? 0);
    const bear = (bearPressure ?? 0) + (bearVacuum ?? 0);
    this.slow += 0.03 * (ofi / 90 - this.slow);
    this.score += 0.12 * (Math.tanh((bull - bear) * 0.6 + this.slow * 1.4) - this.score);
    return {
      name: "derivative",
      score: this.score,
      ready: this.seq >= 60,
      sample_count: Math.min(240, this.seq + 1),
      base: bull - bear,
      ...{ d1: this.slow, d2: 0, d3: 0, z1: this.slow * 2, z2: 0, z3: 0 },
      ...{ bull, bear, bull_pressure: bullPressure, bull_vacuum: bullVacuum },
      ...{ bear_pressure: bearPressure, bear_vacuum: bearVacuum, mixed },
      dominant_state5_code: bull > bear ? 2 : bear > bull ? -2 : 0,
      projections: RESOLVED.projection_horizons_bins.map((bins) => ({
        horizon_bins: bins,
        horizon_ms: bins * 100,
        value: Math.max(-1, Math.min(1, this.score + this.slow * bins * 0.02)),
      })),
    };
  }
}
