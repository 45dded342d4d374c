import { describe, expect, it } from "vitest";
import { drawdownChart, equityChart, periodAt, periodsOf } from "../../src/view/chart-equity.js";
import { bandPath, linePath, plotOf, pointsPath } from "../../src/view/chart-picture.js";
import type { ChartPicture, Look } from "../../src/view/chart-picture.js";
import { LinearScale } from "../../src/view/chart-scale.js";
import { netMeanChart, rowAt, signalsChart, tpRateChart } from "../../src/view/chart-thresholds.js";
import type { ThresholdRow } from "../../src/view/chart-thresholds.js";

const BOX = { x: 0, y: 0, width: 10, height: 10 };
const ACROSS = LinearScale.across({ low: 0, high: 10 }, BOX);
const UPWARD = LinearScale.upward({ low: 0, high: 10 }, BOX);
const SIZE = { width: 400, height: 200, em: 12 };

const ROWS: readonly ThresholdRow[] = [0.1, 0.2, 0.3, 0.4].map((threshold, i) => ({
  threshold,
  enough_signals: i < 3,
  whole: {
    n_signals: 40 - 12 * i,
    mean_pnl_ticks: i === 3 ? null : i - 0.5,
    mean_pnl_low: i === 3 ? null : i - 1.5,
    mean_pnl_high: i === 3 ? null : i + 0.5,
    tp_rate: 0.4 + 0.02 * i,
    tp_rate_low: 0.3,
    tp_rate_high: 0.55,
  },
  out_of_sample: { mean_pnl_ticks: i === 0 ? null : -0.2 },
}));

const outline = (picture: ChartPicture, look: Look): string =>
  picture.outlines.find((each) => each.look === look)?.d ?? "";

describe("paths", () => {
  const points = [
    { x: 0, y: 1 },
    { x: 1, y: 2 },
    { x: 2, y: null },
    { x: 3, y: 4 },
  ];

  it("a line breaks where a value is missing", () => {
    expect(linePath(points, ACROSS, UPWARD)).toBe("M0,9L1,8M3,6");
  });

  it("a band goes there and back, inside the domain; a lone interval has a width", () => {
    const band = [
      { x: 0, low: 1, high: 3 },
      { x: 2, low: 2, high: 99 },
      { x: 4, low: null, high: 3 },
    ];
    expect(bandPath(band, ACROSS, UPWARD)).toBe("M0,7L2,0L2,8L0,9Z");
    expect(bandPath([{ x: 5, low: 1, high: 2 }], ACROSS, UPWARD)).toBe("M3.5,8L6.5,8L6.5,9L3.5,9Z");
  });

  it("points skip what is missing", () => {
    expect(pointsPath(points, ACROSS, UPWARD, 1).match(/M/g)).toHaveLength(3);
  });
});

describe("charts over thresholds", () => {
  it("the net mean keeps zero in sight and marks the chosen threshold", () => {
    const picture = netMeanChart(ROWS, 1, SIZE);
    expect(outline(picture, "zero")).toMatch(/^M/);
    const chosen = Number(/^M([\d.]+)/.exec(outline(picture, "chosen"))?.[1]);
    expect(rowAt(ROWS, chosen, SIZE)).toBe(1);
    expect(picture.upward.map((mark) => mark.label)).toContain("0");
    expect(outline(netMeanChart(ROWS, -1, SIZE), "chosen")).toBe("");
  });

  it("tp_rate is shown with its null, between 0 and 100 %", () => {
    const picture = tpRateChart(ROWS, 0, 1 / 3, SIZE);
    expect(picture.words[0]?.text).toBe("null 33.3%");
    expect(picture.upward.every((mark) => mark.label.endsWith("%"))).toBe(true);
    const full = tpRateChart(
      [{ threshold: 1, enough_signals: true, whole: { n_signals: 3, tp_rate: 1 }, out_of_sample: {} }],
      0,
      0.5,
      SIZE,
    );
    expect(full.upward.at(-1)?.label).toBe("100%");
  });

  it("bars of too few signals are pale, and bars do not touch", () => {
    const picture = signalsChart(ROWS, 0, SIZE);
    expect(outline(picture, "bar").match(/M/g)).toHaveLength(3);
    expect(outline(picture, "bar-pale").match(/M/g)).toHaveLength(1);
    const xs = [...outline(picture, "bar").matchAll(/M([\d.]+),[\d.]+h([\d.]+)/g)].map((m) => m.map(Number));
    expect(Number(xs[0]?.[1]) + Number(xs[0]?.[2])).toBeLessThan(Number(xs[1]?.[1]));
  });

  it("an interval of too few trades does not flatten the others", () => {
    const wild = {
      ...ROWS[3],
      whole: { n_signals: 5, mean_pnl_low: -500, mean_pnl_high: 500 },
    } as ThresholdRow;
    const picture = netMeanChart([...ROWS.slice(0, 3), wild], 0, SIZE);
    expect(picture.upward.map((mark) => mark.label)).not.toContain("500");
    expect(outline(picture, "band")).not.toContain("NaN");
  });

  it("everything lies inside the picture", () => {
    const plot = plotOf(SIZE);
    expect(plot.x + plot.width).toBeLessThanOrEqual(SIZE.width);
    for (const picture of [
      netMeanChart(ROWS, 0, SIZE),
      signalsChart(ROWS, 0, SIZE),
      netMeanChart([], -1, SIZE),
    ]) {
      for (const { at } of picture.across) {
        expect(at).toBeGreaterThanOrEqual(plot.x);
        expect(at).toBeLessThanOrEqual(plot.x + plot.width);
      }
    }
  });
});

describe("equity", () => {
  const HOUR = 3_600_000_000_000n;
  const OPEN = 1_715_175_000_000_000_000n;
  const timed = periodsOf(
    {
      start_ns: OPEN,
      period_end_ns: [1n, 2n, 3n, 4n].map((i) => OPEN + i * HOUR),
      out_of_sample_from_ns: OPEN + 3n * HOUR,
    },
    4,
    0.6,
    "America/New_York",
  );
  const shares = periodsOf({ start_ns: null }, 5, 0.6, "UTC");
  const EQUITY = [2, -1, -1, 4];

  it("is drawn over the market's time where that is known", () => {
    const picture = equityChart(EQUITY, timed, SIZE);
    expect(picture.across.map((mark) => mark.label)).toContain("11:00");
    const { x, width } = picture.plot;
    expect(outline(picture, "unseen").startsWith(`M${x + width * 0.75},`)).toBe(true);
    expect(outline(picture, "line").match(/L/g)).toHaveLength(4);
  });

  it("and over shares of time where it is not, or does not fit", () => {
    const picture = equityChart([1, 2, 3, 2, 1], shares, SIZE);
    expect(picture.across.at(-1)?.label).toBe("100%");
    expect(shares).toMatchObject({
      start: 0,
      ends: [0.2, 0.4, 0.6, 0.8, 1],
      outOfSampleFrom: 0.6,
      zone: null,
    });
    expect(
      periodsOf({ start_ns: 1n, period_end_ns: [2n], out_of_sample_from_ns: 2n }, 5, 0.6, "UTC").zone,
    ).toBeNull();
  });

  it("the period under the pointer", () => {
    const { x, width } = plotOf(SIZE);
    expect(periodAt(timed, x + 1, SIZE)).toBe(0);
    expect(periodAt(timed, x + width * 0.6, SIZE)).toBe(2);
    expect(periodAt(timed, x + width + 40, SIZE)).toBe(3);
  });

  it("drawdown hangs from zero", () => {
    const picture = drawdownChart([0, 3, 3, 0], timed, SIZE);
    expect(picture.upward.at(-1)?.label).toBe("0");
    expect(picture.upward[0]?.label).toBe("\u22123");
    expect(outline(drawdownChart([], shares, SIZE), "drawdown")).not.toContain("NaN");
  });
});
