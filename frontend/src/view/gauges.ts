/**
 * The gauges' formulas. All are read off the newest bin, except net edge, bull and bear, which are means
 * over the last two seconds: reprices are rare, so a single bin is nearly always zero.
 *
 *   net edge       bull - bear                                              in [-1, 1] with unit weights
 *   bull, bear     the state model's weighted intensities                   in [0, 1] with unit weights
 *   force balance  (B - S) / (B + S), in [-1, 1], where
 *                  B = sum of pressure below spot + vacuum above spot  (room upwards, support below)
 *                  S = sum of pressure above spot + vacuum below spot
 *   state          the dominant of the five states
 *   conviction     its share of the summed intensities                      in [0, 1]
 *   depth tilt     (bid - ask) / (bid + ask) over the ten ticks either side of spot, in [-1, 1]
 *   model score    the state model's score                                  in [-1, 1]
 */
import type { StreamedBin } from "../store/bin.js";
import type { RuntimeModel } from "../wire/generated.js";
import type { GridRing } from "../store/ring.js";

export const GAUGE = { meanMs: 2000, tiltTicks: 10 } as const;

export interface Gauges {
  readonly netEdge: number;
  readonly bull: number;
  readonly bear: number;
  /** NaN where the serving does not stream the columns, or nothing is there. */
  readonly forceBalance: number;
  readonly stateCode: number;
  readonly conviction: number;
  readonly depthTilt: number;
  readonly score: number;
}

export const STATE_NAMES: Readonly<Record<string, string>> = {
  "2": "Bull vacuum",
  "1": "Bull pressure",
  "0": "Mixed",
  "-1": "Bear pressure",
  "-2": "Bear vacuum",
};

export function gaugesAt(ring: GridRing, bin: StreamedBin, cellWidthMs: number): Gauges {
  const bins = Math.max(1, Math.round(GAUGE.meanMs / cellWidthMs));
  const bull = meanOver(ring, "bull", bin.seq, bins);
  const bear = meanOver(ring, "bear", bin.seq, bins);
  return {
    netEdge: bull - bear,
    bull,
    bear,
    forceBalance: forceBalance(ring, bin.seq),
    stateCode: bin.detail.model.dominant_state5_code,
    conviction: conviction(bin.detail.model),
    depthTilt: depthTilt(ring, bin.seq),
    score: bin.detail.model.score,
  };
}

/** The dominant state's share of all intensities. */
export function conviction(model: RuntimeModel): number {
  const byCode: Readonly<Record<string, number>> = {
    "2": model.bull_vacuum,
    "1": model.bull_pressure,
    "0": model.mixed,
    "-1": model.bear_pressure,
    "-2": model.bear_vacuum,
  };
  const total = Object.values(byCode).reduce((sum, x) => sum + x, 0);
  return total > 0 ? (byCode[String(model.dominant_state5_code)] ?? 0) / total : 0;
}

export function forceBalance(ring: GridRing, seq: number): number {
  const pressure = ring.column("pressure_variant");
  const vacuum = ring.column("vacuum_variant");
  if (pressure === undefined || vacuum === undefined) return NaN;
  let bulls = 0;
  let bears = 0;
  forRows(ring, seq, ring.rows, (k, at) => {
    const p = Number(pressure[at] ?? 0);
    const v = Number(vacuum[at] ?? 0);
    if (k < 0) {
      bulls += p;
      bears += v;
    } else if (k > 0) {
      bulls += v;
      bears += p;
    }
  });
  return ratio(bulls, bears);
}

export function depthTilt(ring: GridRing, seq: number): number {
  const bid = ring.column("bid_depth");
  const ask = ring.column("ask_depth");
  if (bid === undefined || ask === undefined) return NaN;
  let bids = 0;
  let asks = 0;
  forRows(ring, seq, GAUGE.tiltTicks, (_k, at) => {
    bids += Number(bid[at] ?? 0);
    asks += Number(ask[at] ?? 0);
  });
  return ratio(bids, asks);
}

function meanOver(ring: GridRing, name: "bull" | "bear", seq: number, bins: number): number {
  const values = ring.series.of(name);
  let sum = 0;
  let count = 0;
  for (let s = Math.max(ring.oldest, seq - bins + 1); s <= seq; s += 1) {
    const value = values[ring.slotOf(s)] ?? NaN;
    if (Number.isNaN(value)) continue;
    sum += value;
    count += 1;
  }
  return count === 0 ? 0 : sum / count;
}

function forRows(ring: GridRing, seq: number, within: number, visit: (k: number, at: number) => void): void {
  if (ring.bin(seq) === null) return;
  const radius = (ring.rows - 1) / 2;
  const reach = Math.min(radius, within);
  const base = ring.slotOf(seq) * ring.rows + radius;
  for (let k = -reach; k <= reach; k += 1) visit(k, base + k);
}

function ratio(a: number, b: number): number {
  return a + b > 0 ? (a - b) / (a + b) : NaN;
}
