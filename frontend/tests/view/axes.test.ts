import { describe, expect, it } from "vitest";
import type { Camera } from "../../src/view/camera.js";
import { formatPrice, priceMarks, roundPriceStep } from "../../src/view/price-axis.js";
import { formatDate, formatTime, roundTimeStep, timeMarks, zoneOffsetMs } from "../../src/view/time-axis.js";

const QUARTER = 250_000_000n;
const CENT = 10_000_000n;
const SIZE = { width: 800, height: 400 };
const CAMERA: Camera = { rightBin: 600, binsPerPx: 0.5, centreTick: 20_800, ticksPerPx: 0.25 };

describe("price steps", () => {
  it.each([
    [QUARTER, 0.3, 1, "a quarter"],
    [QUARTER, 2, 2, "half a point"],
    [QUARTER, 3, 4, "one point: three quarters would not be round"],
    [QUARTER, 5, 8, "two points"],
    [QUARTER, 9, 10, "2.5 points"],
    [QUARTER, 11, 20, "five points"],
    [QUARTER, 150, 200, "fifty points"],
    [CENT, 1, 1, "a cent"],
    [CENT, 3, 5, "five cents"],
    [CENT, 60, 100, "a dollar"],
    [1_000_000_000n / 64n, 3, 16, "64ths: a quarter is their first round price"],
  ])("of %s with at least %d ticks are %d ticks: %s", (tickInt, minTicks, step) => {
    expect(roundPriceStep(tickInt, minTicks)).toBe(step);
  });
});

describe("price marks", () => {
  const marks = priceMarks(CAMERA, SIZE, { tickInt: QUARTER, decimals: 2 }, 20);

  it("lie on round prices inside the plot, far enough apart", () => {
    expect(marks.map((mark) => mark.label)).toContain("5200.00");
    for (const [i, mark] of marks.entries()) {
      expect(mark.at).toBeGreaterThanOrEqual(0);
      expect(mark.at).toBeLessThanOrEqual(400);
      const before = marks[i - 1];
      if (before !== undefined) expect(before.at - mark.at).toBeGreaterThanOrEqual(20);
    }
  });

  it("single out rounder prices", () => {
    const major = marks.filter((mark) => mark.major).map((mark) => mark.label);
    expect(major.length).toBeGreaterThan(1);
    expect(major.length).toBeLessThan(marks.length);
  });

  it("negative prices have labels too", () => {
    expect(formatPrice(-150, { tickInt: QUARTER, decimals: 2 })).toBe("-37.50");
  });
});

/** 2024-05-08 09:30:00 in New York, four hours behind UTC. */
const OPEN_MS = 1_715_175_000_000;

describe("times", () => {
  it("follow the zone, with summer time", () => {
    expect(formatTime("America/New_York", OPEN_MS, 1000)).toBe("09:30:00");
    expect(formatTime("UTC", OPEN_MS, 1000)).toBe("13:30:00");
    expect(zoneOffsetMs("America/New_York", OPEN_MS)).toBe(-4 * 3_600_000);
    expect(zoneOffsetMs("America/New_York", Date.UTC(2023, 11, 25, 15))).toBe(-5 * 3_600_000);
  });

  it("show as many decimals as the step needs", () => {
    expect(formatTime("UTC", OPEN_MS + 123, 60_000)).toBe("13:30");
    expect(formatTime("UTC", OPEN_MS + 123, 1000)).toBe("13:30:00");
    expect(formatTime("UTC", OPEN_MS + 123, 100)).toBe("13:30:00.1");
    expect(formatTime("UTC", OPEN_MS + 123, 20)).toBe("13:30:00.12");
    expect(formatTime("UTC", OPEN_MS + 123, 1)).toBe("13:30:00.123");
  });

  it("a date is the zone's date", () => {
    expect(formatDate("UTC", Date.UTC(2024, 4, 9, 2))).toBe("2024-05-09");
    expect(formatDate("America/New_York", Date.UTC(2024, 4, 9, 2))).toBe("2024-05-08");
  });

  it("steps are round", () => {
    expect([1, 11, 150, 1001, 7000, 61_000, 1e9].map(roundTimeStep)).toEqual([
      10, 20, 200, 2000, 10_000, 120_000, 86_400_000,
    ]);
  });
});

describe("time marks", () => {
  const scale = { startMs: OPEN_MS, cellWidthMs: 100 };

  it("stand where their bin is", () => {
    const marks = timeMarks(CAMERA, SIZE, scale, "America/New_York", 80);
    // 800 px show 400 bins of 100 ms: 40 s, from 09:30:20 on.
    const at = new Map(marks.map((mark) => [mark.label, mark.at]));
    expect(at.get("09:30:30")).toBeCloseTo(200, 6);
    expect(at.get("09:31:00")).toBeCloseTo(800, 6);
    expect(marks.map((mark) => mark.label)).toEqual([
      "09:30:20",
      "09:30:25",
      "09:30:30",
      "09:30:35",
      ...rest,
    ]);
  });
  const rest = ["09:30:40", "09:30:45", "09:30:50", "09:30:55", "09:31:00"];

  it("are round in the zone that is shown, not in UTC", () => {
    const hours: Camera = { ...CAMERA, rightBin: 864_000, binsPerPx: 1000 };
    const labels = timeMarks(
      hours,
      SIZE,
      { startMs: Date.UTC(2024, 4, 8), cellWidthMs: 100 },
      "America/New_York",
      80,
    );
    expect(labels.map((mark) => mark.label)).toContain("00:00");
  });
});
