/** What this page needs to know of a session, taken once from its runtime_config. */
import { MalformedMessage } from "../wire/errors.js";
import { isGridDtype } from "../wire/frames.js";
import type { GridArrayKind } from "../wire/frames.js";
import type { RuntimeConfig } from "../wire/generated.js";

const PRICE_SCALE = 1e9;
const NS_PER_MS = 1e6;

export interface GridColumnSpec {
  readonly name: string;
  readonly dtype: GridArrayKind;
  readonly role: string;
}

export interface Session {
  readonly id: string;
  readonly servingName: string;
  readonly servingId: string;
  readonly source: string;
  readonly configHash: string;
  readonly symbol: string;
  readonly date: string;
  readonly qtyUnit: string;
  readonly priceDecimals: number;
  /** Width of one tick (or price bucket) in units of 1e-9. */
  readonly tickInt: bigint;
  readonly cellWidthMs: number;
  readonly rows: number;
  readonly radiusTicks: number;
  readonly columns: readonly GridColumnSpec[];
}

/** Throws MalformedMessage where the config contradicts itself. */
export function sessionOf(config: RuntimeConfig): Session {
  const { grid_rows: rows, grid_radius_ticks: radiusTicks } = config;
  if (rows !== 2 * radiusTicks + 1) {
    throw new MalformedMessage("runtime_config.grid_rows", `${rows} is not 2 x ${radiusTicks} + 1`);
  }
  const bucket = config.product_type === "equity_mbo" ? config.bucket_size_dollars : null;
  return {
    id: config.session.id,
    servingName: config.serving.serving_name,
    servingId: config.serving.serving_id,
    source: config.serving.source,
    configHash: config.effective_config_hash,
    symbol: config.symbol,
    date: config.dt,
    qtyUnit: config.qty_unit,
    priceDecimals: config.price_decimals,
    tickInt: BigInt(Math.round((bucket ?? config.tick_size) * PRICE_SCALE)),
    cellWidthMs: config.cell_width_ms,
    rows,
    radiusTicks,
    columns: config.grid_schema_fields.map(({ name, dtype, role }) => {
      if (!isGridDtype(dtype))
        throw new MalformedMessage("runtime_config", `${name}: unknown dtype ${dtype}`);
      return { name, dtype, role };
    }),
  };
}

/** The tick index of an on-tick price; NaN for 0, which the wire uses for "none". */
export function tickOfPriceInt(priceInt: bigint, tickInt: bigint): number {
  return priceInt === 0n ? NaN : Number(priceInt / tickInt);
}

/** A price as a fractional tick index (a vwap lies between ticks); NaN for 0. */
export function tickOfPrice(price: number, tickInt: bigint): number {
  return price === 0 ? NaN : (price * PRICE_SCALE) / Number(tickInt);
}

export function priceOfTick(tick: number, tickInt: bigint): number {
  return (tick * Number(tickInt)) / PRICE_SCALE;
}

/** UTC milliseconds, with the nanoseconds as a fraction (exact to about 0.2 microseconds). */
export function msOfNs(ns: bigint): number {
  const million = BigInt(NS_PER_MS);
  return Number(ns / million) + Number(ns % million) / NS_PER_MS;
}
