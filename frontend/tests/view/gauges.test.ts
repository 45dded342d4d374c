import { describe, expect, it } from "vitest";
import { conviction, depthTilt, forceBalance, gaugesAt } from "../../src/view/gauges.js";
import type { StreamedBin } from "../../src/store/bin.js";
import type { GridRing } from "../../src/store/ring.js";
import { binAt, emptyRing, ringWith } from "./rings.js";

/** Seven rows: k = row - 3. */
const below = (row: number): boolean => row < 3;
const above = (row: number): boolean => row > 3;

describe("force balance", () => {
  const balance = (forces: (row: number) => Record<string, number>): number =>
    forceBalance(
      ringWith(1, (_seq, row) => forces(row)),
      0,
    );

  it("is one where all pressure supports from below and all vacuum opens above", () => {
    expect(
      balance((row) => ({ pressure_variant: below(row) ? 5 : 0, vacuum_variant: above(row) ? 2 : 0 })),
    ).toBe(1);
  });

  it("is minus one the other way round", () => {
    expect(
      balance((row) => ({ pressure_variant: above(row) ? 5 : 0, vacuum_variant: below(row) ? 2 : 0 })),
    ).toBe(-1);
  });

  it("is (B - S) / (B + S)", () => {
    // B: three rows below with pressure 4, three above with vacuum 1. S: three rows above with pressure 2.
    const mixed = (row: number): Record<string, number> => ({
      pressure_variant: below(row) ? 4 : above(row) ? 2 : 100,
      vacuum_variant: above(row) ? 1 : row === 3 ? 100 : 0,
    });
    expect(balance(mixed)).toBeCloseTo((15 - 6) / 21, 12);
  });

  it("is not a number where nothing is", () => {
    expect(balance(() => ({}))).toBeNaN();
  });
});

it("depth tilt is (bid - ask) / (bid + ask) near spot", () => {
  const ring = ringWith(1, (_seq, row) => ({
    bid_depth: below(row) ? 30 : 0,
    ask_depth: above(row) ? 10 : 0,
  }));
  expect(depthTilt(ring, 0)).toBeCloseTo(0.5, 12);
  expect(depthTilt(ring, 99)).toBeNaN();
});

describe("conviction", () => {
  const model = (change: object): StreamedBin["detail"]["model"] => ({ ...binAt(0).detail.model, ...change });

  it("is the dominant state's share of all intensities", () => {
    const states = { bull_pressure: 0.1, bull_vacuum: 0.5, bear_pressure: 0.1, bear_vacuum: 0.1, mixed: 0.2 };
    expect(conviction(model({ ...states, dominant_state5_code: 2 }))).toBeCloseTo(0.5, 12);
    expect(conviction(model({ ...states, dominant_state5_code: 0 }))).toBeCloseTo(0.2, 12);
  });

  it("is zero without any intensity", () => {
    const none = { bull_pressure: 0, bull_vacuum: 0, bear_pressure: 0, bear_vacuum: 0, mixed: 0 };
    expect(conviction(model(none))).toBe(0);
  });
});

describe("net edge, bull and bear", () => {
  function ringOf(...bulls: number[]): GridRing {
    const ring = emptyRing();
    for (const [seq, bull] of bulls.entries()) {
      const runtime_model = { ...binAt(seq).detail.model, bull, bear: 0.1 };
      ring.put(binAt(seq, 20_800, { runtime_model }), { rows: 7, columns: new Map() });
    }
    return ring;
  }

  it("are means over the last two seconds", () => {
    // Bins of one second: only the last two count.
    const gauges = gaugesAt(ringOf(0, 1, 0.5), binAt(2), 1000);
    expect(gauges.bull).toBeCloseTo(0.75, 12);
    expect(gauges.bear).toBeCloseTo(0.1, 12);
    expect(gauges.netEdge).toBeCloseTo(0.65, 12);
  });

  it("skip lost bins and start with what is there", () => {
    const ring = ringOf(0.4);
    ring.put(binAt(5), { rows: 7, columns: new Map() });
    expect(gaugesAt(ring, binAt(5), 100).bull).toBeCloseTo((0.4 + 0.3) / 2, 12);
  });

  it("the others come straight from the newest bin", () => {
    const bin = binAt(1);
    expect(gaugesAt(ringOf(0, 0), bin, 100)).toMatchObject({ score: bin.detail.model.score, stateCode: 0 });
  });
});
