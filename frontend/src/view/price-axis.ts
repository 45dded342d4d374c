/** Price labels: round prices that lie on ticks, as many as fit. */
import { tickAtY, yOfTick } from "./camera.js";
import type { Camera, PlotSize } from "./camera.js";
import { priceOfTick } from "../store/session.js";

export interface AxisMark {
  /** Pixels along the axis. */
  readonly at: number;
  readonly label: string;
  /** A rounder value than its neighbours. */
  readonly major: boolean;
}

export interface PriceScale {
  readonly tickInt: bigint;
  readonly decimals: number;
}

export function formatPrice(tick: number, scale: PriceScale): string {
  return priceOfTick(tick, scale.tickInt).toFixed(scale.decimals);
}

/** The smallest step in ticks that is a round price (1, 2, 2.5 or 5 times a power of ten) and not under `minTicks`. */
export function roundPriceStep(tickInt: bigint, minTicks: number): number {
  const unit = Number(tickInt);
  const least = Math.max(1, minTicks) * unit;
  for (let power = 10 ** Math.floor(Math.log10(unit)); ; power *= 10) {
    for (const factor of [1, 2, 2.5, 5]) {
      const step = factor * power;
      if (step >= least * (1 - 1e-9) && isMultiple(step, unit)) return Math.round(step / unit);
    }
  }
}

export function priceMarks(camera: Camera, size: PlotSize, scale: PriceScale, minGapPx: number): AxisMark[] {
  const step = roundPriceStep(scale.tickInt, minGapPx * camera.ticksPerPx);
  const majorStep = roundPriceStep(scale.tickInt, step * 4);
  const first = Math.ceil(tickAtY(camera, size, size.height) / step) * step;
  const last = tickAtY(camera, size, 0);
  const marks: AxisMark[] = [];
  for (let tick = first; tick <= last; tick += step) {
    marks.push({
      at: yOfTick(camera, size, tick),
      label: formatPrice(tick, scale),
      major: tick % majorStep === 0,
    });
  }
  return marks;
}

function isMultiple(value: number, unit: number): boolean {
  const ratio = value / unit;
  return Math.abs(ratio - Math.round(ratio)) < 1e-9;
}
