/** What a run is worth at each threshold, as three charts over the same axis. */
import { LinearScale, domainOf, nearest, plainLabel } from "./chart-scale.js";
import type { Domain, Maybe } from "./chart-scale.js";
import { bandPath, box, horizontal, linePath, plotOf, pointsPath } from "./chart-picture.js";
import type { ChartPicture, Outline, Size, Words } from "./chart-picture.js";
import type { Rect } from "./layout.js";

/** The trades at one threshold, as far as the charts show them. */
interface Trades {
  readonly n_signals: number;
  readonly mean_pnl_ticks?: Maybe;
  readonly mean_pnl_low?: Maybe;
  readonly mean_pnl_high?: Maybe;
  readonly tp_rate?: Maybe;
  readonly tp_rate_low?: Maybe;
  readonly tp_rate_high?: Maybe;
}

export interface ThresholdRow {
  readonly threshold: number;
  readonly enough_signals: boolean;
  readonly whole: Trades;
  readonly out_of_sample: Pick<Trades, "mean_pnl_ticks">;
}

interface Frame {
  readonly size: Size;
  readonly plot: Rect;
  readonly across: LinearScale;
}

/** Net mean with its interval, and out of sample; zero is always in sight. */
export function netMeanChart(rows: readonly ThresholdRow[], chosen: number, size: Size): ChartPicture {
  const frame = frameOf(rows, size);
  const unseen = rows.map((row) => ({ x: row.threshold, y: row.out_of_sample.mean_pnl_ticks }));
  const points = rows.map(({ threshold, whole }) => ({ x: threshold, y: whole.mean_pnl_ticks }));
  const intervals = rows.map(({ threshold, whole }) => ({
    x: threshold,
    low: whole.mean_pnl_low,
    high: whole.mean_pnl_high,
  }));
  // Intervals of a handful of trades are cut off: they would flatten all others.
  const trusted = rows.filter((row) => row.enough_signals).map((row) => row.whole);
  const bounds = trusted.flatMap((trades) => [trades.mean_pnl_low, trades.mean_pnl_high]);
  const domain = domainOf([0, ...[...points, ...unseen].map(({ y }) => y), ...bounds], 0.06);
  return picture(frame, domain, rows[chosen], (upward) => [
    { d: bandPath(intervals, frame.across, upward), look: "band" },
    { d: horizontal(0, frame.plot, upward), look: "zero" },
    { d: linePath(unseen, frame.across, upward), look: "second" },
    { d: linePath(points, frame.across, upward), look: "line" },
    { d: pointsPath(points, frame.across, upward, size.em * 0.16), look: "point" },
  ]);
}

/** Share of take-profits with its Wilson interval, and the share that a driftless walk reaches. */
export function tpRateChart(
  rows: readonly ThresholdRow[],
  chosen: number,
  nullRate: number,
  size: Size,
): ChartPicture {
  const frame = frameOf(rows, size);
  const all = rows.flatMap(({ whole }) => [whole.tp_rate_low, whole.tp_rate_high, whole.tp_rate]);
  const fitted = domainOf([nullRate, ...all], 0.06);
  const domain = { low: Math.max(0, fitted.low), high: Math.min(1, fitted.high) };
  const points = rows.map(({ threshold, whole }) => ({ x: threshold, y: whole.tp_rate }));
  const intervals = rows.map(({ threshold, whole }) => ({
    x: threshold,
    low: whole.tp_rate_low,
    high: whole.tp_rate_high,
  }));
  return picture(
    frame,
    domain,
    rows[chosen],
    (upward) => [
      { d: bandPath(intervals, frame.across, upward), look: "band" },
      { d: horizontal(nullRate, frame.plot, upward), look: "reference" },
      { d: linePath(points, frame.across, upward), look: "line" },
      { d: pointsPath(points, frame.across, upward, size.em * 0.16), look: "point" },
    ],
    (value) => `${Number((value * 100).toPrecision(3))}%`,
    (upward) => [
      {
        x: frame.plot.x + frame.plot.width - size.em * 0.3,
        y: upward.at(nullRate) - size.em * 0.35,
        text: `null ${(nullRate * 100).toFixed(1)}%`,
        anchor: "end",
      },
    ],
  );
}

/** How many signals there are; bars that are too few to be ranked are pale. */
export function signalsChart(rows: readonly ThresholdRow[], chosen: number, size: Size): ChartPicture {
  const frame = frameOf(rows, size);
  const domain = { low: 0, high: Math.max(1, ...rows.map((row) => row.whole.n_signals)) * 1.05 };
  const gaps = rows.slice(1).map((row, i) => row.threshold - (rows[i]?.threshold ?? 0));
  const { low, high } = frame.across.domain;
  const slot = ((gaps.length === 0 ? high - low : Math.min(...gaps)) / (high - low)) * frame.plot.width;
  const width = Math.max(1, Math.min(slot * 0.6, size.em * 2));
  return picture(frame, domain, rows[chosen], (upward) =>
    (["bar", "bar-pale"] as const).map((look) => ({
      look,
      d: rows
        .filter((row) => row.enough_signals === (look === "bar"))
        .map((row) => {
          const top = upward.at(row.whole.n_signals);
          return box(frame.across.at(row.threshold) - width / 2, top, width, upward.at(0) - top);
        })
        .join(""),
    })),
  );
}

/** The row whose threshold is nearest to that pixel; -1 where there is none. */
export function rowAt(rows: readonly ThresholdRow[], pixel: number, size: Size): number {
  return nearest(
    rows.map((row) => row.threshold),
    frameOf(rows, size).across.valueAt(pixel),
  );
}

function frameOf(rows: readonly ThresholdRow[], size: Size): Frame {
  const plot = plotOf(size);
  const domain = domainOf(
    rows.map((row) => row.threshold),
    rows.length > 1 ? 0.5 / (rows.length - 1) : 0,
  );
  return { size, plot, across: LinearScale.across(domain, plot) };
}

function picture(
  { size, plot, across }: Frame,
  domain: Domain,
  chosen: ThresholdRow | undefined,
  outlines: (upward: LinearScale) => readonly Outline[],
  label: (value: number) => string = plainLabel,
  words: (upward: LinearScale) => readonly Words[] = () => [],
): ChartPicture {
  const upward = LinearScale.upward(domain, plot);
  const marker: readonly Outline[] =
    chosen === undefined
      ? []
      : [{ d: `M${across.at(chosen.threshold)},${plot.y}v${plot.height}`, look: "chosen" }];
  return {
    width: size.width,
    height: size.height,
    plot,
    across: across.marks(size.em * 4, plainLabel),
    upward: upward.marks(size.em * 2.2, label),
    outlines: [...marker, ...outlines(upward)],
    words: words(upward),
  };
}
