import { describe, expect, it } from "vitest";
import {
  LinearScale,
  domainOf,
  nearest,
  plainLabel,
  roundStep,
  roundValues,
} from "../../src/view/chart-scale.js";

describe("a domain", () => {
  it("holds every value that is there, with a margin", () => {
    expect(domainOf([3, null, -1, undefined, NaN, Infinity])).toEqual({ low: -1, high: 3 });
    expect(domainOf([0, 10], 0.1)).toEqual({ low: -1, high: 11 });
  });

  it("of one value has room around it, of none is 0 to 1", () => {
    expect(domainOf([20])).toEqual({ low: 18, high: 22 });
    expect(domainOf([0, 0])).toEqual({ low: -0.5, high: 0.5 });
    expect(domainOf([null])).toEqual({ low: 0, high: 1 });
  });
});

describe("round steps", () => {
  it.each([
    [0.07, 0.1],
    [0.1, 0.1],
    [0.11, 0.2],
    [0.21, 0.25],
    [3, 5],
    [6, 10],
    [1100, 2000],
  ])("not under %d: %d", (least, step) => {
    expect(roundStep(least)).toBeCloseTo(step, 12);
  });

  it("values are free of binary rounding, and zero has no sign", () => {
    expect(roundValues({ low: -0.3, high: 0.3 }, 6)).toEqual([-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]);
    expect(Object.is(roundValues({ low: -1, high: 1 }, 4)[2], 0)).toBe(true);
  });

  it("all lie inside the domain, about as many as asked for", () => {
    for (const [low, high] of [
      [0.013, 0.94],
      [-1234, 17],
      [5e-5, 6e-5],
    ] as const) {
      const values = roundValues({ low, high }, 5);
      expect(values.length).toBeGreaterThan(1);
      expect(values.length).toBeLessThanOrEqual(6);
      expect(values.every((value) => value >= low && value <= high)).toBe(true);
    }
  });
});

describe("a scale", () => {
  const scale = LinearScale.upward({ low: -2, high: 2 }, { x: 0, y: 10, width: 100, height: 100 });

  it("puts larger values higher up, and back", () => {
    expect([-2, 0, 2].map((value) => scale.at(value))).toEqual([110, 60, 10]);
    expect(scale.valueAt(35)).toBe(1);
    expect(scale.within(7)).toBe(10);
  });

  it("has marks that are not too close, zero stressed", () => {
    const marks = scale.marks(25, plainLabel);
    expect(marks.map((mark) => mark.label)).toEqual(["\u22122", "\u22121", "0", "1", "2"]);
    expect(marks.filter((mark) => mark.major).map((mark) => mark.at)).toEqual([60]);
  });

  it("the nearest of a list", () => {
    expect(nearest([0.1, 0.2, 0.4], 0.31)).toBe(2);
    expect(nearest([0.1, 0.2, 0.4], -9)).toBe(0);
    expect(nearest([], 1)).toBe(-1);
  });
});
