/** Time labels in UTC or exchange time: round times, as many as fit. */
import { binAtX, xOfBin } from "./camera.js";
import type { Camera, PlotSize } from "./camera.js";
import type { AxisMark } from "./price-axis.js";

export type Zone = "UTC" | "America/New_York";

/** Bins are gapless, so bin 0's start and the width place every bin. */
export interface TimeScale {
  readonly startMs: number;
  readonly cellWidthMs: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const STEPS_MS: readonly number[] = [
  ...[10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12, 24].map((n) => n * HOUR),
];

export const msOfBin = (scale: TimeScale, bin: number): number => scale.startMs + bin * scale.cellWidthMs;

/** The smallest round step not under `minMs`. */
export function roundTimeStep(minMs: number): number {
  return STEPS_MS.find((step) => step >= minMs) ?? 24 * HOUR;
}

/** What to add to UTC for the zone's wall clock at that moment. */
export function zoneOffsetMs(zone: Zone, utcMs: number): number {
  if (zone === "UTC") return 0;
  const parts = EASTERN.formatToParts(utcMs);
  const part = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((p) => p.type === type)?.value ?? "0");
  const wall = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
  return wall - Math.floor(utcMs / SECOND) * SECOND;
}

const EASTERN = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/New_York",
  hourCycle: "h23",
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
  second: "numeric",
});

/** hh:mm:ss with as many decimals as `stepMs` needs; hh:mm for whole minutes. */
export function formatTime(zone: Zone, utcMs: number, stepMs: number): string {
  const iso = new Date(Math.round(utcMs + zoneOffsetMs(zone, utcMs))).toISOString();
  if (stepMs >= MINUTE) return iso.slice(11, 16);
  if (stepMs >= SECOND) return iso.slice(11, 19);
  return iso.slice(11, stepMs >= 100 ? 21 : stepMs >= 10 ? 22 : 23);
}

export function formatDate(zone: Zone, utcMs: number): string {
  return new Date(utcMs + zoneOffsetMs(zone, utcMs)).toISOString().slice(0, 10);
}

export function zoneName(zone: Zone): string {
  return zone === "UTC" ? "UTC" : "ET";
}

export function timeMarks(
  camera: Camera,
  size: PlotSize,
  scale: TimeScale,
  zone: Zone,
  minGapPx: number,
): AxisMark[] {
  const msPerPx = camera.binsPerPx * scale.cellWidthMs;
  const step = roundTimeStep(minGapPx * msPerPx);
  const majorStep = roundTimeStep(step * 4);
  const leftMs = msOfBin(scale, binAtX(camera, size, 0));
  const rightMs = msOfBin(scale, camera.rightBin);
  const offset = zoneOffsetMs(zone, leftMs);
  const marks: AxisMark[] = [];
  for (let local = Math.ceil((leftMs + offset) / step) * step; local - offset <= rightMs; local += step) {
    const utcMs = local - offset;
    marks.push({
      at: xOfBin(camera, size, (utcMs - scale.startMs) / scale.cellWidthMs),
      label: formatTime(zone, utcMs, step),
      major: local % majorStep === 0,
    });
  }
  return marks;
}
