/** What a run earned over time, and how far below its peak it was. Time is the market's where it is known. */
import { LinearScale, domainOf, plainLabel } from "./chart-scale.js";
import { bandPath, box, horizontal, linePath, plotOf } from "./chart-picture.js";
import type { ChartPicture, Outline, Point, Size, Words } from "./chart-picture.js";
import type { Rect } from "./layout.js";
import type { AxisMark } from "./price-axis.js";
import { formatTime, roundTimeStep, zoneOffsetMs } from "./time-axis.js";
import type { Zone } from "./time-axis.js";

/** The ends of periods; without times they are equally long, from 0 to 1. */
export interface Periods {
  readonly start: number;
  readonly ends: readonly number[];
  readonly outOfSampleFrom: number;
  /** Null where `start` and `ends` are shares of the whole and not milliseconds of the market. */
  readonly zone: Zone | null;
}

interface Instants {
  readonly start_ns?: bigint | null;
  readonly period_end_ns?: readonly bigint[] | null;
  readonly out_of_sample_from_ns?: bigint | null;
}

const ms = (ns: bigint): number => Number(ns / 1_000n) / 1000;

export function periodsOf(instants: Instants, count: number, inSampleFraction: number, zone: Zone): Periods {
  const start = instants.start_ns ?? null;
  const border = instants.out_of_sample_from_ns ?? null;
  const ends = instants.period_end_ns;
  if (start === null || border === null || ends?.length !== count) {
    const shares = Array.from({ length: count }, (_, i) => (i + 1) / count);
    return { start: 0, ends: shares, outOfSampleFrom: inSampleFraction, zone: null };
  }
  return { start: ms(start), ends: ends.map(ms), outOfSampleFrom: ms(border), zone };
}

/** `equity`: net ticks earned up to the end of each period. */
export function equityChart(equity: readonly number[], periods: Periods, size: Size): ChartPicture {
  const frame = frameOf(periods, size);
  const upward = LinearScale.upward(domainOf([0, ...equity], 0.06), frame.plot);
  const points: Point[] = [{ x: periods.start, y: 0 }, ...at(periods, equity)];
  return assembled(frame, upward, periods, size, [
    { d: horizontal(0, frame.plot, upward), look: "zero" },
    { d: linePath(points, frame.across, upward), look: "line" },
  ]);
}

/** `drawdown`: ticks below the highest equity so far, 0 or more, at the end of each period. */
export function drawdownChart(drawdown: readonly number[], periods: Periods, size: Size): ChartPicture {
  const frame = frameOf(periods, size);
  const upward = LinearScale.upward({ low: -Math.max(1, ...drawdown) * 1.06, high: 0 }, frame.plot);
  const depths = [
    { x: periods.start, low: 0, high: 0 },
    ...at(periods, drawdown).map(({ x, y }) => ({ x, low: -y, high: 0 })),
  ];
  const picture = assembled(frame, upward, periods, size, [
    { d: bandPath(depths, frame.across, upward), look: "drawdown" },
  ]);
  // The chart of the equity, just above, says which part is which.
  return { ...picture, words: [] };
}

/** Position in the list of the period that ends nearest to that pixel. */
export function periodAt(periods: Periods, pixel: number, size: Size): number {
  const wanted = frameOf(periods, size).across.valueAt(pixel);
  const i = periods.ends.findIndex((end) => end >= wanted);
  return i === -1 ? periods.ends.length - 1 : i;
}

interface Frame {
  readonly plot: Rect;
  readonly across: LinearScale;
}

function frameOf({ start, ends }: Periods, size: Size): Frame {
  const plot = plotOf(size);
  return { plot, across: LinearScale.across({ low: start, high: ends.at(-1) ?? start + 1 }, plot) };
}

function at({ ends }: Periods, values: readonly number[]): { x: number; y: number }[] {
  return ends.flatMap((x, i) => {
    const y = values[i];
    return y === undefined ? [] : [{ x, y }];
  });
}

function assembled(
  { plot, across }: Frame,
  upward: LinearScale,
  periods: Periods,
  size: Size,
  outlines: readonly Outline[],
): ChartPicture {
  const border = Math.min(plot.x + plot.width, Math.max(plot.x, across.at(periods.outOfSampleFrom)));
  const y = plot.y + size.em;
  const words: Words[] = [
    { x: border - size.em * 0.4, y, text: "in sample", anchor: "end" },
    { x: border + size.em * 0.4, y, text: "out of sample", anchor: "start" },
  ];
  const unseen = box(border, plot.y, plot.x + plot.width - border, plot.height);
  return {
    width: size.width,
    height: size.height,
    plot,
    across: acrossMarks(across, periods, size),
    upward: upward.marks(size.em * 2.2, plainLabel),
    outlines: [{ d: unseen, look: "unseen" }, ...outlines],
    words,
  };
}

function acrossMarks(across: LinearScale, { zone, start }: Periods, { em }: Size): readonly AxisMark[] {
  if (zone === null) return across.marks(em * 5, (value) => `${Math.round(value * 100)}%`);
  const { low, high } = across.domain;
  const msPerPx = (high - low) / Math.max(1, across.at(high) - across.at(low));
  const step = roundTimeStep(msPerPx * em * 5.5);
  const offset = zoneOffsetMs(zone, start);
  const marks: AxisMark[] = [];
  for (let wall = Math.ceil((low + offset) / step) * step; wall - offset <= high; wall += step) {
    const time = wall - offset;
    marks.push({ at: across.at(time), label: formatTime(zone, time, step), major: false });
  }
  return marks;
}
