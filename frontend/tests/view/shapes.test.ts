import { describe, expect, it } from "vitest";
import type { Camera } from "../../src/view/camera.js";
import { xOfBin, yOfTick } from "../../src/view/camera.js";
import { crosshairMark } from "../../src/view/crosshair.js";
import { layoutChart, zoneAt } from "../../src/view/layout.js";
import { depthProfile } from "../../src/view/profile.js";
import { projectionBands } from "../../src/view/projection.js";
import { cellAt, readCell } from "../../src/view/readout.js";
import { strip } from "../../src/view/strip.js";
import { tradeDots, trail } from "../../src/view/trails.js";
import { sessionOf } from "../../src/store/session.js";
import type { RuntimeConfig } from "../../src/wire/generated.js";
import { GRID_COLUMNS } from "../../src/wire/generated.js";
import { decodeShape } from "../../src/wire/messages.js";
import { configJson } from "../samples.js";
import { ROWS, binAt, emptyRing, ringWith } from "./rings.js";

const SIZE = { width: 200, height: 100 };
const CAMERA: Camera = { rightBin: 20, binsPerPx: 0.1, centreTick: 20_800, ticksPerPx: 0.1 };
const frame = { rows: ROWS, columns: new Map() };

describe("a trail", () => {
  it("is a step a bin, at the bin's own price", () => {
    const ring = ringWith(
      3,
      () => ({}),
      (seq) => 20_800 + seq,
    );
    const y = (tick: number): number => yOfTick(CAMERA, SIZE, tick);
    const x = (bin: number): number => xOfBin(CAMERA, SIZE, bin);
    expect(trail(ring, "spotTick", CAMERA, SIZE, 0)).toEqual(
      [0, 1, 2].flatMap((seq) => [x(seq), y(20_800 + seq), x(seq + 1), y(20_800 + seq)]),
    );
    expect(trail(ring, "bidTick", CAMERA, SIZE, 0.5)[1]).toBeCloseTo(y(20_799.5), 9);
  });

  it("lifts the pen over lost bins", () => {
    const ring = emptyRing();
    ring.put(binAt(0), frame);
    ring.put(binAt(3), frame);
    const points = trail(ring, "spotTick", CAMERA, SIZE, 0);
    expect(points.filter((value) => Number.isNaN(value))).toHaveLength(2);
    expect(points).toHaveLength(4 + 2 + 4);
  });

  it("keeps highs and lows where many bins share a pixel, with bounded work", () => {
    const far: Camera = { ...CAMERA, rightBin: 240, binsPerPx: 8 };
    const ring = ringWith(
      240,
      () => ({}),
      (seq) => (seq === 100 ? 20_803 : 20_800),
    );
    const points = trail(ring, "spotTick", far, SIZE, 0);
    expect(points.length).toBeLessThanOrEqual(31 * 8);
    const lowest = Math.min(...points.filter((_, i) => i % 2 === 1));
    expect(lowest).toBeCloseTo(yOfTick(far, SIZE, 20_803), 9);
  });
});

describe("trade dots", () => {
  it("add up neighbours at their volume-weighted price", () => {
    const ring = ringWith(8, () => ({}));
    // Every sample bin trades 5 bought and 3 sold at spot.
    const dots = tradeDots(ring, CAMERA, SIZE, 40);
    expect(dots.map((dot) => dot.volume)).toEqual([32, 32]);
    expect(dots[0]?.buyShare).toBeCloseTo(5 / 8, 12);
    expect(dots[0]?.y).toBeCloseTo(yOfTick(CAMERA, SIZE, 20_800), 9);
    expect(dots[0]?.x).toBeCloseTo(xOfBin(CAMERA, SIZE, 2), 9);
  });
});

describe("the depth profile", () => {
  const ring = ringWith(1, (_seq, row) => ({
    bid_depth: row < 3 ? 40 - row : 0,
    ask_depth: row > 3 ? 10 : 0,
  }));

  it("has a bar a tick in proportion to the largest", () => {
    const profile = depthProfile(ring, 0, CAMERA, SIZE, 0);
    expect(profile).toMatchObject({ max: 40, bidTotal: 117, askTotal: 30 });
    expect(profile?.bars[0]).toMatchObject({ bid: 1, ask: 0, height: 10 });
    expect(profile?.bars[0]?.y).toBeCloseTo(yOfTick(CAMERA, SIZE, 20_797.5), 9);
  });

  it("shrinks its scale slowly and grows it at once", () => {
    expect(depthProfile(ring, 0, CAMERA, SIZE, 1000)?.max).toBeCloseTo(985, 9);
    expect(depthProfile(ring, 0, CAMERA, SIZE, 3)?.max).toBe(40);
  });

  it("is not there without a bin", () => {
    expect(depthProfile(ring, 7, CAMERA, SIZE, 0)).toBeNull();
  });
});

it("projection bands follow one another from the newest bin, up for bull and down for bear", () => {
  const projections = [
    { horizon_bins: 4, horizon_ms: 400, value: -0.5 },
    { horizon_bins: 1, horizon_ms: 100, value: 1 },
  ];
  const bin = binAt(9, 20_800, { runtime_model: { ...binAt(9).detail.model, projections } });
  const [first, second, ...more] = projectionBands(bin, 50, CAMERA, SIZE);
  const spotY = yOfTick(CAMERA, SIZE, 20_800);
  expect(more).toEqual([]);
  expect(first).toMatchObject({ x: xOfBin(CAMERA, SIZE, 10), width: 10, value: 1 });
  expect((first?.top ?? 0) + (first?.height ?? 0)).toBeCloseTo(spotY, 9);
  expect(second?.x).toBeCloseTo(xOfBin(CAMERA, SIZE, 11), 9);
  expect(second?.top).toBeCloseTo(spotY, 9);
  expect(projectionBands({ ...bin, spotTick: NaN }, 50, CAMERA, SIZE)).toEqual([]);
});

describe("the strip", () => {
  it("draws the score on its own scale and widens the signal's where it must", () => {
    const ring = emptyRing();
    ring.put(binAt(0, 20_800, { signal: { name: "ofi", value: -40 } }), frame);
    ring.put(binAt(1, 20_800, { signal: { name: "ofi", value: 20 } }), frame);
    const data = strip(ring, CAMERA, SIZE);
    expect(data.signalRange).toBe(40);
    expect(data.signal[1]).toBeCloseTo(50 * 1.92, 9);
    expect(data.signal[3]).toBeCloseTo(50 * (1 - 0.46), 9);
    expect(data.score[1]).toBeCloseTo(50, 9);
    expect(data.maxVolume).toBe(8);
    expect(data.volume[0]).toMatchObject({ width: 10 });
    expect((data.volume[0]?.buy ?? 0) / (data.volume[0]?.sell ?? 1)).toBeCloseTo(5 / 3, 9);
  });
});

describe("the cell under the crosshair", () => {
  const names = GRID_COLUMNS.map((column) => column.name);
  const ring = ringWith(
    2,
    (_seq, row) => ({ v_add: row, composite: -0.5, add_mass: 9 }),
    (seq) => 20_800 + 2 * seq,
  );

  it("is found from the pointer and read against that bin's own spot", () => {
    const x = xOfBin(CAMERA, SIZE, 1.5);
    const cell = cellAt(CAMERA, SIZE, x, yOfTick(CAMERA, SIZE, 20_801.3));
    expect(cell).toEqual({ seq: 1, tick: 20_801 });
    const readout = readCell(ring, names, cell);
    expect(readout.k).toBe(-1);
    expect(readout.trains[0]).toEqual({ train: "add", values: [9, 2, 0, 0] });
    expect(readout.others.get("composite")).toBe(-0.5);
    expect(readout.others.get("last_event_id")).toBe(0n);
    expect(readout.others.has("v_add")).toBe(false);
  });

  it("outside the grid has no values, and outside the history no bin", () => {
    const outside = readCell(ring, names, { seq: 1, tick: 20_900 });
    expect(outside.bin?.seq).toBe(1);
    expect(outside.trains[0]?.values).toEqual([null, null, null, null]);
    expect(readCell(ring, names, { seq: 77, tick: 20_800 })).toMatchObject({ bin: null, k: null });
  });

  it("is marked with its price and time", () => {
    const session = sessionOf(decodeShape(configJson(), "RuntimeConfig", "c") as unknown as RuntimeConfig);
    const time = { startMs: 1_715_175_000_000, cellWidthMs: 100 };
    const mark = crosshairMark({ x: 5, y: 6 }, { seq: 14, tick: 20_801 }, CAMERA, SIZE, session, time, "UTC");
    expect(mark).toMatchObject({ x: 5, y: 6, price: "5200.25", time: "13:30:01.4" });
    expect(mark.cell).toMatchObject({ width: 10, height: 10 });
    const tiny = { ...CAMERA, binsPerPx: 1 };
    expect(
      crosshairMark({ x: 5, y: 6 }, { seq: 14, tick: 20_801 }, tiny, SIZE, session, time, "UTC").cell,
    ).toBeNull();
  });
});

describe("the layout", () => {
  it.each([
    [1020, 650, 12],
    [3400, 2000, 20],
  ])("of %dx%d covers the chart without overlap", (width, height, em) => {
    const layout = layoutChart(width, height, em);
    expect(layout.plot.width + layout.profile.width + layout.priceAxis.width).toBe(width);
    expect(layout.plot.height + layout.strip.height + layout.timeAxis.height).toBe(height);
    expect(layout.plot.width).toBeGreaterThan(width * 0.65);
  });

  it("knows what is under a point", () => {
    const layout = layoutChart(1000, 600, 12);
    expect(zoneAt(layout, 10, 10)).toBe("plot");
    expect(zoneAt(layout, 990, 10)).toBe("priceAxis");
    expect(zoneAt(layout, 10, 595)).toBe("timeAxis");
    expect(zoneAt(layout, layout.profile.x + 1, 10)).toBe("profile");
    expect(zoneAt(layout, 10, layout.strip.y + 1)).toBe("strip");
    expect(zoneAt(layout, -1, 10)).toBeNull();
  });
});
