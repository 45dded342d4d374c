/**
 * Spot, bid and ask as step lines, and trades as dots: plain points in plot pixels.
 *
 * Work is bounded by the plot's width, not by the number of bins: where several bins share a pixel, a
 * line keeps their lowest and highest value.
 */
import type { GridRing } from "../store/ring.js";
import type { SeriesName } from "../store/series.js";
import { visibleBins, xOfBin, yOfTick } from "./camera.js";
import type { Camera, PlotSize } from "./camera.js";

/** x, y, x, y, ...; a NaN pair lifts the pen. */
export type Polyline = readonly number[];

export interface TradeDot {
  readonly x: number;
  readonly y: number;
  readonly volume: number;
  /** Buyers' share of the volume with a known aggressor, in [0, 1]. */
  readonly buyShare: number;
}

/**
 * The series in ticks as a step line, `shiftTicks` higher: the bid belongs on its cell's upper edge and the
 * ask on its lower one, so that what is between the lines is the spread.
 */
export function trail(
  ring: GridRing,
  name: SeriesName,
  camera: Camera,
  size: PlotSize,
  shiftTicks: number,
): Polyline {
  const values = ring.series.of(name);
  const points: number[] = [];
  let down = false;
  forPixels(ring, camera, size, (from, to) => {
    let low = Infinity;
    let high = -Infinity;
    let last = NaN;
    for (let seq = from; seq <= to; seq += 1) {
      const value = (values[ring.slotOf(seq)] ?? NaN) + shiftTicks;
      if (Number.isNaN(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
      last = value;
    }
    if (Number.isNaN(last)) {
      if (down) points.push(NaN, NaN);
      down = false;
      return;
    }
    down = true;
    const x0 = xOfBin(camera, size, from);
    const y = yOfTick(camera, size, last);
    if (low < high) points.push(x0, yOfTick(camera, size, low), x0, yOfTick(camera, size, high));
    points.push(x0, y, xOfBin(camera, size, to + 1), y);
  });
  return points;
}

/** One dot for the trades of every few pixels, at their volume-weighted price. */
export function tradeDots(ring: GridRing, camera: Camera, size: PlotSize, minGapPx: number): TradeDot[] {
  const vwap = ring.series.of("vwapTick");
  const buys = ring.series.of("buyVolume");
  const sells = ring.series.of("sellVolume");
  const dots: TradeDot[] = [];
  const flush = (from: number, to: number): void => {
    let volume = 0;
    let bought = 0;
    let weighted = 0;
    for (let seq = from; seq <= to; seq += 1) {
      const slot = ring.slotOf(seq);
      const tick = vwap[slot] ?? NaN;
      const size_ = (buys[slot] ?? 0) + (sells[slot] ?? 0);
      if (Number.isNaN(tick) || !(size_ > 0)) continue;
      volume += size_;
      bought += buys[slot] ?? 0;
      weighted += tick * size_;
    }
    if (volume === 0) return;
    const x = xOfBin(camera, size, (from + to + 1) / 2);
    dots.push({ x, y: yOfTick(camera, size, weighted / volume), volume, buyShare: bought / volume });
  };
  forBuckets(ring, camera, size, Math.max(1, Math.ceil(minGapPx * camera.binsPerPx)), flush);
  return dots;
}

function forPixels(
  ring: GridRing,
  camera: Camera,
  size: PlotSize,
  visit: (from: number, to: number) => void,
): void {
  forBuckets(ring, camera, size, Math.max(1, Math.floor(camera.binsPerPx)), visit);
}

/** Buckets are aligned to bin numbers, so that they do not shimmer while the picture scrolls. */
export function forBuckets(
  ring: GridRing,
  camera: Camera,
  size: PlotSize,
  width: number,
  visit: (from: number, to: number) => void,
): void {
  const [left, right] = visibleBins(camera, size);
  const first = Math.max(ring.oldest, left - width);
  const last = Math.min(ring.newest, right);
  for (let from = first - (first % width); from <= last; from += width) {
    visit(Math.max(from, ring.oldest), Math.min(from + width - 1, last));
  }
}
