/**
 * From values to palette positions: which value is full strength, and how the way there bends.
 *
 * `normalise` and the heatmap's shader are the same function; a test compares them in a browser.
 */
import type { GridRing } from "../store/ring.js";
import type { HeatField } from "./fields.js";

export const CURVES = ["linear", "root", "log"] as const;
export type Curve = (typeof CURVES)[number];

export interface ColourScale {
  /** The value of full strength, > 0. */
  readonly max: number;
  readonly curve: Curve;
}

/** The log curve rises as if the scale spanned this ratio. */
export const LOG_RANGE = 99;

export const AUTO = {
  /** The share of non-zero values that stays under full strength. */
  percentile: 0.96,
  samples: 6000,
  /** Time constant of the scale's movement: a scale that jumps cannot be read. */
  easeMs: 1500,
} as const;

/** |value| as a strength in [0, 1]. */
export function normalise(value: number, scale: ColourScale): number {
  const t = Math.min(1, Math.abs(value) / scale.max);
  switch (scale.curve) {
    case "linear":
      return t;
    case "root":
      return Math.sqrt(t);
    case "log":
      return Math.log1p(LOG_RANGE * t) / Math.log1p(LOG_RANGE);
  }
}

/** The value whose strength is `t`: where a legend's label belongs. */
export function denormalise(t: number, scale: ColourScale): number {
  switch (scale.curve) {
    case "linear":
      return scale.max * t;
    case "root":
      return scale.max * t * t;
    case "log":
      return (scale.max * Math.expm1(t * Math.log1p(LOG_RANGE))) / LOG_RANGE;
  }
}

/**
 * The strength that a robust scale would call full: a high percentile of |value| over the non-zero
 * cells of the bins `from..to`, sampled evenly. Null where all cells are zero.
 */
export function robustMax(ring: GridRing, field: HeatField, from: number, to: number): number | null {
  if (field.bound !== null) return field.bound;
  const first = Math.max(from, ring.oldest);
  const last = Math.min(to, ring.newest);
  const columns = field.columns.map((name) => ring.column(name));
  const cells = (last - first + 1) * ring.rows;
  if (cells <= 0) return null;
  // An odd stride visits every row; equal strides would see some rows only.
  const stride = Math.max(1, Math.floor(cells / AUTO.samples)) | 1;
  const found: number[] = [];
  for (let cell = 0; cell < cells; cell += stride) {
    const seq = first + Math.floor(cell / ring.rows);
    if (ring.bin(seq) === null) continue;
    const at = ring.slotOf(seq) * ring.rows + (cell % ring.rows);
    const value = columns.reduce((sum, column) => sum + Math.abs(Number(column?.[at] ?? 0)), 0);
    if (value > 0) found.push(value);
  }
  if (found.length === 0) return null;
  const sorted = Float64Array.from(found).sort();
  return sorted[Math.floor((sorted.length - 1) * AUTO.percentile)] ?? null;
}

/** Move the automatic maximum towards `goal`; geometric, so that it is as quick upwards as downwards. */
export function easeMax(current: number | null, goal: number, elapsedMs: number): number {
  if (current === null || current <= 0) return goal;
  const share = 1 - Math.exp(-elapsedMs / AUTO.easeMs);
  const next = current * (goal / current) ** share;
  return Math.abs(next / goal - 1) < 0.005 ? goal : next;
}
