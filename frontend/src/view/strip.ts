/** The strip under the plot: model score and signal as lines, volume as bars. */
import type { GridRing } from "../store/ring.js";
import { xOfBin } from "./camera.js";
import type { Camera, PlotSize } from "./camera.js";
import { forBuckets } from "./trails.js";
import type { Polyline } from "./trails.js";

export interface VolumeBar {
  readonly x: number;
  readonly width: number;
  /** Heights in pixels, from the bottom. */
  readonly buy: number;
  readonly sell: number;
}

export interface Strip {
  readonly score: Polyline;
  readonly signal: Polyline;
  readonly volume: readonly VolumeBar[];
  /** The signal is drawn on [-signalRange, signalRange]; the score on [-1, 1]. */
  readonly signalRange: number;
  readonly maxVolume: number;
}

export function strip(ring: GridRing, camera: Camera, size: PlotSize): Strip {
  const width = Math.max(1, Math.ceil(camera.binsPerPx * 1.5));
  const signalRange = rangeOf(ring, camera, size);
  const score: number[] = [];
  const signal: number[] = [];
  const buckets: { x: number; width: number; buy: number; sell: number }[] = [];
  let maxVolume = 0;
  forBuckets(ring, camera, size, width, (from, to) => {
    const x = xOfBin(camera, size, from);
    const right = xOfBin(camera, size, to + 1);
    const middle = (x + right) / 2;
    pushMean(score, ring, "score", from, to, middle, 1, size.height);
    pushMean(signal, ring, "signal", from, to, middle, signalRange, size.height);
    const buy = total(ring, "buyVolume", from, to);
    const sell = total(ring, "sellVolume", from, to);
    maxVolume = Math.max(maxVolume, buy + sell);
    if (buy + sell > 0) buckets.push({ x, width: right - x, buy, sell });
  });
  const unit = maxVolume === 0 ? 0 : (size.height * 0.5) / maxVolume;
  const volume = buckets.map((bar) => ({ ...bar, buy: bar.buy * unit, sell: bar.sell * unit }));
  return { score, signal, volume, signalRange, maxVolume };
}

type LineName = "score" | "signal";

function pushMean(
  points: number[],
  ring: GridRing,
  name: LineName,
  from: number,
  to: number,
  x: number,
  range: number,
  height: number,
): void {
  const values = ring.series.of(name);
  let sum = 0;
  let count = 0;
  for (let seq = from; seq <= to; seq += 1) {
    const value = values[ring.slotOf(seq)] ?? NaN;
    if (Number.isNaN(value)) continue;
    sum += value;
    count += 1;
  }
  if (count === 0) points.push(NaN, NaN);
  else points.push(x, (height / 2) * (1 - Math.max(-1, Math.min(1, sum / count / range)) * 0.92));
}

function total(ring: GridRing, name: "buyVolume" | "sellVolume", from: number, to: number): number {
  const values = ring.series.of(name);
  let sum = 0;
  for (let seq = from; seq <= to; seq += 1) {
    const value = values[ring.slotOf(seq)] ?? NaN;
    if (!Number.isNaN(value)) sum += value;
  }
  return sum;
}

/** Signals bounded by one keep the score's scale; others (order-flow imbalance) are fitted to what is seen. */
function rangeOf(ring: GridRing, camera: Camera, size: PlotSize): number {
  const values = ring.series.of("signal");
  let range = 1;
  forBuckets(ring, camera, size, 1, (seq) => {
    const value = Math.abs(values[ring.slotOf(seq)] ?? 0);
    if (value > range) range = value;
  });
  return range;
}
