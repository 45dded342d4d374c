/** Depth by price at one bin, as bars beside the plot. */
import type { GridRing } from "../store/ring.js";
import { yOfTick } from "./camera.js";
import type { Camera, PlotSize } from "./camera.js";

export interface ProfileBar {
  readonly y: number;
  readonly height: number;
  /** Parts of the widest bar, in [0, 1]. */
  readonly bid: number;
  readonly ask: number;
}

export interface DepthProfile {
  readonly bars: readonly ProfileBar[];
  /** Quantity of a full-width bar. */
  readonly max: number;
  readonly bidTotal: number;
  readonly askTotal: number;
}

/** Null where the bin or its depth columns are not there. */
export function depthProfile(
  ring: GridRing,
  seq: number,
  camera: Camera,
  size: PlotSize,
  previousMax: number,
): DepthProfile | null {
  const bid = ring.column("bid_depth");
  const ask = ring.column("ask_depth");
  const bin = ring.bin(seq);
  if (bid === undefined || ask === undefined || bin === null || Number.isNaN(bin.spotTick)) return null;
  const base = ring.slotOf(seq) * ring.rows;
  const radius = (ring.rows - 1) / 2;
  const height = 1 / camera.ticksPerPx;
  const raw: { y: number; bid: number; ask: number }[] = [];
  let max = 0;
  let bidTotal = 0;
  let askTotal = 0;
  for (let row = 0; row < ring.rows; row += 1) {
    const b = Number(bid[base + row] ?? 0);
    const a = Number(ask[base + row] ?? 0);
    bidTotal += b;
    askTotal += a;
    const y = yOfTick(camera, size, bin.spotTick + row - radius + 0.5);
    if (y + height < 0 || y > size.height) continue;
    max = Math.max(max, b, a);
    raw.push({ y, bid: b, ask: a });
  }
  // The scale grows at once and shrinks slowly, so that bars do not pump with every bin.
  const scale = Math.max(max, previousMax * 0.985, 1);
  const bars = raw.map((bar) => ({ y: bar.y, height, bid: bar.bid / scale, ask: bar.ask / scale }));
  return { bars, max: scale, bidTotal, askTotal };
}
