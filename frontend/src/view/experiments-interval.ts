/** Intervals of the net mean as small bars on one scale for the whole table. */
import { isNumber } from "./chart-scale.js";
import type { Domain, Maybe } from "./chart-scale.js";

interface Bounds {
  readonly mean_pnl_ticks?: Maybe;
  readonly mean_pnl_low?: Maybe;
  readonly mean_pnl_high?: Maybe;
}

export type Side = "above" | "below" | "around";

/** Positions are shares of the cell's width. */
export interface IntervalBar {
  readonly left: number;
  readonly width: number;
  /** Null where the mean is off the scale. */
  readonly mean: number | null;
  readonly zero: number;
  /** Of zero. */
  readonly side: Side;
  /** It goes on beyond the scale. */
  readonly cut: "no" | "left" | "right" | "both";
}

/** How many times the middle half's width beyond it is still in the picture. */
const FENCE = 3;

/** From zero to what holds all intervals but wild ones: a few of hardly any trades must not flatten the rest. */
export function intervalScale(rows: readonly Bounds[]): Domain {
  const lows = rows.map((row) => row.mean_pnl_low).filter(isNumber);
  const highs = rows.map((row) => row.mean_pnl_high).filter(isNumber);
  const low = Math.min(0, ...fenced(lows));
  const high = Math.max(0, ...fenced(highs));
  if (low === high) return { low: -1, high: 1 };
  const room = (high - low) * 0.04;
  return { low: low - room, high: high + room };
}

/** Null where there is no interval. */
export function intervalBar(row: Bounds, { low, high }: Domain): IntervalBar | null {
  const { mean_pnl_low: from, mean_pnl_high: to, mean_pnl_ticks: mean } = row;
  if (!isNumber(from) || !isNumber(to)) return null;
  const at = (value: number): number => (value - low) / (high - low);
  const inside = (value: number): number => Math.min(1, Math.max(0, at(value)));
  const cut = { left: from < low, right: to > high };
  return {
    left: inside(from),
    width: inside(to) - inside(from),
    mean: isNumber(mean) && mean >= low && mean <= high ? at(mean) : null,
    zero: at(0),
    side: from > 0 ? "above" : to < 0 ? "below" : "around",
    cut: cut.left && cut.right ? "both" : cut.left ? "left" : cut.right ? "right" : "no",
  };
}

/** Smallest and largest that are no outliers; none of none. */
function fenced(values: readonly number[]): readonly number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round((sorted.length - 1) * share)] ?? 0;
  const reach = FENCE * (at(0.75) - at(0.25));
  const kept = sorted.filter((value) => value >= at(0.25) - reach && value <= at(0.75) + reach);
  return [kept[0], kept.at(-1)].filter(isNumber);
}
