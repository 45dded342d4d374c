/** A chart as plain data: outlines with the name of a look, and marks. Whoever draws it decides nothing. */
import { isNumber } from "./chart-scale.js";
import type { LinearScale, Maybe } from "./chart-scale.js";
import type { Rect } from "./layout.js";
import type { AxisMark } from "./price-axis.js";

export type Look =
  | "band"
  | "bar"
  | "bar-pale"
  | "chosen"
  | "drawdown"
  | "line"
  | "point"
  | "reference"
  | "second"
  | "unseen"
  | "zero";

export interface Outline {
  /** Path data as in SVG. */
  readonly d: string;
  readonly look: Look;
}

export interface Words {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly anchor: "start" | "end";
}

export interface ChartPicture {
  readonly width: number;
  readonly height: number;
  readonly plot: Rect;
  readonly across: readonly AxisMark[];
  readonly upward: readonly AxisMark[];
  readonly outlines: readonly Outline[];
  readonly words: readonly Words[];
}

export interface Size {
  readonly width: number;
  readonly height: number;
  /** One line of text in pixels; margins are in proportion. */
  readonly em: number;
}

/** Where the data goes: room for value labels on the left and one line of labels below. */
export function plotOf({ width, height, em }: Size): Rect {
  const left = Math.round(em * 3.6);
  const top = Math.round(em * 0.5);
  return {
    x: left,
    y: top,
    width: Math.max(20, width - left - Math.round(em * 1.5)),
    height: Math.max(20, height - top - Math.round(em * 1.7)),
  };
}

export interface Point {
  readonly x: number;
  readonly y: Maybe;
}

export interface Interval {
  readonly x: number;
  readonly low: Maybe;
  readonly high: Maybe;
}

/** A line through the points; it breaks where a value is missing. */
export function linePath(points: readonly Point[], across: LinearScale, upward: LinearScale): string {
  return runs(points, ({ y }) => isNumber(y))
    .map((run) => `M${run.map(({ x, y }) => spot(across.at(x), upward.at(y ?? 0))).join("L")}`)
    .join("");
}

/** The area between low and high; it breaks where either is missing. A lone interval is a thin upright bar. */
export function bandPath(intervals: readonly Interval[], across: LinearScale, upward: LinearScale): string {
  return runs(intervals, ({ low, high }) => isNumber(low) && isNumber(high))
    .map((run) => {
      const wide = run.length === 1 ? [-1.5, 1.5].flatMap((by) => run.map((each) => ({ ...each, by }))) : run;
      const at = (each: Interval & { by?: number }): number => across.at(each.x) + (each.by ?? 0);
      const over = wide.map((each) => spot(at(each), upward.within(each.high ?? 0)));
      const under = wide.map((each) => spot(at(each), upward.within(each.low ?? 0)));
      return `M${[...over, ...under.reverse()].join("L")}Z`;
    })
    .join("");
}

/** Small discs on the points. */
export function pointsPath(
  points: readonly Point[],
  across: LinearScale,
  upward: LinearScale,
  radius: number,
): string {
  return points
    .filter(({ y }) => isNumber(y))
    .map(({ x, y }) => {
      const r = px(radius);
      const d = px(radius * 2);
      return `M${spot(across.at(x) - radius, upward.at(y ?? 0))}a${r},${r} 0 1 0 ${d},0a${r},${r} 0 1 0 -${d},0Z`;
    })
    .join("");
}

export function horizontal(value: number, { x, width }: Rect, upward: LinearScale): string {
  return `M${spot(x, upward.at(value))}h${px(width)}`;
}

export function box(x: number, y: number, width: number, height: number): string {
  return `M${spot(x, y)}h${px(width)}v${px(height)}h${px(-width)}Z`;
}

function spot(x: number, y: number): string {
  return `${px(x)},${px(y)}`;
}

function px(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Longest stretches of neighbours that `holds`. */
function runs<T>(items: readonly T[], holds: (item: T) => boolean): readonly (readonly T[])[] {
  const found: T[][] = [];
  let open: T[] | null = null;
  for (const item of items) {
    if (!holds(item)) open = null;
    else if (open === null) found.push((open = [item]));
    else open.push(item);
  }
  return found;
}
