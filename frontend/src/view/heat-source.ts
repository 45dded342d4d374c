/**
 * The heatmap renderer's input, as plain data: which arrays to upload, and how to look at them.
 *
 * The shader paints one texel for every bucket of bins and ticks that is seen; the browser's compositor
 * stretches them over the plot. So a frame costs what its cells cost, whatever the size of the screen, and
 * a frame that only scrolls costs next to nothing.
 */
import type { GridRing, RingArray } from "../store/ring.js";
import { binAtX, tickAtY } from "./camera.js";
import type { Camera, PlotSize } from "./camera.js";
import type { ColourScale } from "./colour-scale.js";
import type { HeatField } from "./fields.js";
import type { Rect } from "./layout.js";

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

/** One axis of the texels: bins across, ticks upwards. */
export interface TexelAxis {
  /** First bin, or first tick relative to the anchor; a multiple of `step`, so that buckets do not shimmer. */
  readonly first: number;
  /** Bins or ticks in a texel. */
  readonly step: number;
  readonly count: number;
}

/** What the texels show. */
export interface HeatContent {
  readonly oldest: number;
  readonly newest: number;
  readonly bins: TexelAxis;
  readonly ticks: TexelAxis;
  readonly kind: HeatField["kind"];
  readonly codes: readonly [number, number];
  readonly scale: ColourScale;
}

/** One frame: what part of the ring is seen, in which colours, and where it goes. */
export interface HeatView {
  readonly content: HeatContent;
  /** Where all texels together lie, in pixels of the plot; they overlap its edges. */
  readonly place: Rect;
}

/** Null where the session does not stream the field's columns, or no bin has come. */
export function heatSource(ring: GridRing, field: HeatField, anchorTick: number): HeatSource | null {
  const first = ring.column(field.columns[0]);
  const second = field.columns[1] === undefined ? null : (ring.column(field.columns[1]) ?? null);
  if (first === undefined) return null;
  const spotTick = ring.series.of("spotTick");
  return { rows: ring.rows, capacity: ring.capacity, first, second, spotTick, anchorTick };
}

/** `pixelRatio` device pixels are one CSS pixel: texels are never finer than what the screen can show. */
export function heatView(
  ring: GridRing,
  camera: Camera,
  size: PlotSize,
  field: HeatField,
  scale: ColourScale,
  anchorTick: number,
  pixelRatio: number,
): HeatView {
  // Tick T covers [T - 0.5, T + 0.5): shifted by half, buckets of ticks start at whole numbers.
  const bottom = tickAtY(camera, size, size.height) - anchorTick + 0.5;
  const across = texelAxis(binAtX(camera, size, 0), camera.binsPerPx, size.width, pixelRatio);
  const upwards = texelAxis(bottom, camera.ticksPerPx, size.height, pixelRatio);
  return {
    content: {
      oldest: ring.oldest,
      newest: ring.newest,
      bins: across.axis,
      ticks: upwards.axis,
      kind: field.kind,
      codes: field.codes ?? [0, 1],
      scale,
    },
    place: {
      x: -across.hiddenPx,
      y: size.height + upwards.hiddenPx - upwards.lengthPx,
      width: across.lengthPx,
      height: upwards.lengthPx,
    },
  };
}

interface PlacedAxis {
  readonly axis: TexelAxis;
  readonly lengthPx: number;
  /** How much of the first texel lies outside the plot. */
  readonly hiddenPx: number;
}

export function texelAxis(low: number, perPx: number, px: number, pixelRatio: number): PlacedAxis {
  const step = Math.max(1, Math.floor(perPx / pixelRatio));
  const first = Math.floor(low / step) * step;
  const texelPx = step / perPx;
  // One more than fits, whatever part of the first one is hidden: the count changes with the zoom only.
  const count = Math.ceil(px / texelPx) + 1;
  // Whole device pixels: a texel is as wide as it was in the frame before.
  const hiddenPx = Math.round(((low - first) / perPx) * pixelRatio) / pixelRatio;
  return { axis: { first, step, count }, lengthPx: count * texelPx, hiddenPx };
}
