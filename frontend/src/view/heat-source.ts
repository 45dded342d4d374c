/** The heatmap renderer's input, as plain data: which arrays to upload, and how to look at them. */
import type { GridRing, RingArray } from "../store/ring.js";
import { binAtX, tickAtY } from "./camera.js";
import type { Camera, PlotSize } from "./camera.js";
import type { ColourScale } from "./colour-scale.js";
import type { HeatField } from "./fields.js";

/** Arrays that live as long as the ring; the renderer uploads the slots that it is told. */
export interface HeatSource {
  readonly rows: number;
  readonly capacity: number;
  /** `rows` values a slot. */
  readonly first: RingArray;
  readonly second: RingArray | null;
  /** One value a slot: NaN where the slot is empty or had no valid touch. */
  readonly spotTick: Float64Array;
  /** Ticks are uploaded relative to this one: float32 has 24 bits. */
  readonly anchorTick: number;
}

/** One frame: what part of the ring is seen, and in which colours. */
export interface HeatView {
  readonly oldest: number;
  readonly newest: number;
  /** Bin coordinate of the left edge: whole part and fraction, for the same reason as the anchor. */
  readonly leftBin: number;
  readonly leftFraction: number;
  /** Tick coordinate of the bottom edge, relative to the anchor. */
  readonly bottomTick: number;
  readonly binsPerPx: number;
  readonly ticksPerPx: number;
  readonly kind: HeatField["kind"];
  readonly codes: readonly [number, number];
  readonly scale: ColourScale;
}

/** Null where the session does not stream the field's columns, or no bin has come. */
export function heatSource(ring: GridRing, field: HeatField, anchorTick: number): HeatSource | null {
  const first = ring.column(field.columns[0]);
  const second = field.columns[1] === undefined ? null : (ring.column(field.columns[1]) ?? null);
  if (first === undefined) return null;
  const spotTick = ring.series.of("spotTick");
  return { rows: ring.rows, capacity: ring.capacity, first, second, spotTick, anchorTick };
}

export function heatView(
  ring: GridRing,
  camera: Camera,
  size: PlotSize,
  field: HeatField,
  scale: ColourScale,
  anchorTick: number,
): HeatView {
  const left = binAtX(camera, size, 0);
  const leftBin = Math.floor(left);
  return {
    oldest: ring.oldest,
    newest: ring.newest,
    leftBin,
    leftFraction: left - leftBin,
    bottomTick: tickAtY(camera, size, size.height) - anchorTick,
    binsPerPx: camera.binsPerPx,
    ticksPerPx: camera.ticksPerPx,
    kind: field.kind,
    codes: field.codes ?? [0, 1],
    scale,
  };
}
