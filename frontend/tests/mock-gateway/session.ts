/** One synthetic session: bins one after the other, each as the two messages of the wire. */
import { BIN_NS, RADIUS, RESOLVED, START_NS, TICK_INT, TICK_SIZE } from "../samples.js";
import { encodeGrid, gridOf } from "./grid.js";
import type { GridValues, Memory } from "./grid.js";
import { Market, TICKS } from "./market.js";

/** The synthetic book's tick 0, as an absolute tick: ES near 5200. */
const BASE_TICK = 20_800n - BigInt(TICKS / 2);

export interface MockBin {
  readonly seq: number;
  readonly update: Record<string, unknown>;
  readonly grid: GridValues;
  readonly arrow: Uint8Array;
}

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
    return { seq: this.seq, update: this.update(spot, grid), grid, arrow: encodeGrid(grid) };
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
