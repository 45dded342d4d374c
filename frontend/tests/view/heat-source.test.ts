import { describe, expect, it } from "vitest";
import { NO_SPOT } from "../../src/render/heatmap-shader.js";
import { stagedCells, stagedSpots } from "../../src/render/heatmap-data.js";
import type { Camera } from "../../src/view/camera.js";
import { xOfBin, yOfTick } from "../../src/view/camera.js";
import { FORCES, heatFields } from "../../src/view/fields.js";
import { heatSource, heatView, texelAxis } from "../../src/view/heat-source.js";
import { GRID_COLUMNS } from "../../src/wire/generated.js";
import { ROWS, binAt, emptyRing, ringWith } from "./rings.js";

const SIZE = { width: 300, height: 200 };
const CAMERA: Camera = { rightBin: 120.4, binsPerPx: 0.37, centreTick: 20_801.3, ticksPerPx: 0.05 };
const SCALE = { max: 1, curve: "linear" } as const;

describe("the texels of an axis", () => {
  it("are cells while a cell is at least a device pixel wide", () => {
    expect(texelAxis(10.4, 0.5, 100, 1).axis).toEqual({ first: 10, step: 1, count: 51 });
    expect(texelAxis(10.4, 1.9, 100, 1).axis.step).toBe(1);
    expect(texelAxis(10.4, 1.9, 100, 2).axis.step).toBe(1);
  });

  it("are buckets of whole cells beyond, aligned to their own size", () => {
    const { axis } = texelAxis(10.4, 4.5, 100, 1);
    expect(axis.step).toBe(4);
    expect(axis.first).toBe(8);
    expect(axis.first % axis.step).toBe(0);
    expect(texelAxis(-10.4, 4.5, 100, 1).axis.first).toBe(-12);
  });

  it.each([0, 0.3, 0.99])("cover the plot wherever it starts (%d into a cell)", (fraction) => {
    for (const perPx of [0.1, 0.77, 3.3]) {
      const { axis, lengthPx, hiddenPx } = texelAxis(50 + fraction, perPx, 640, 1);
      expect(hiddenPx).toBeLessThanOrEqual(lengthPx - 640 + 0.5);
      expect(hiddenPx).toBeGreaterThanOrEqual(0);
      expect(axis.count).toBe(texelAxis(50, perPx, 640, 1).axis.count);
    }
  });

  it("move by whole device pixels", () => {
    expect(texelAxis(10.4, 0.37, 100, 1).hiddenPx % 1).toBe(0);
    expect((texelAxis(10.4, 0.37, 100, 2).hiddenPx * 2) % 1).toBe(0);
  });
});

it("the picture lies where the camera sees its first bin and its lowest tick", () => {
  const ring = ringWith(121, () => ({}));
  const { content, place } = heatView(ring, CAMERA, SIZE, FORCES, SCALE, 20_800, 1);
  expect(content).toMatchObject({ oldest: 0, newest: 120, kind: "forces" });
  expect(place.x).toBeCloseTo(xOfBin(CAMERA, SIZE, content.bins.first), 0);
  const lowestEdge = 20_800 + content.ticks.first - 0.5;
  expect(place.y + place.height).toBeCloseTo(yOfTick(CAMERA, SIZE, lowestEdge), 0);
  expect(place.width / content.bins.count).toBeCloseTo(1 / CAMERA.binsPerPx, 9);
});

describe("what is uploaded", () => {
  it("is both forces of each cell, row by row, for the slots that were asked", () => {
    const ring = ringWith(3, (seq, row) => ({ pressure_variant: 10 * seq + row, vacuum_variant: -row }));
    const source = heatSource(ring, FORCES, 20_000);
    if (source === null) throw new Error("no source");
    const cells = stagedCells(source, 1, 3);
    expect(cells).toHaveLength(2 * ROWS * 2);
    expect([...cells.subarray(0, 4)]).toEqual([10, -0, 11, -1]);
    expect([...stagedSpots(source, 1, 3)]).toEqual([800, 800]);
  });

  it("marks empty slots, and ticks that were never touched", () => {
    const ring = emptyRing();
    const columns = new Map([["last_event_id", new BigInt64Array(ROWS)]]);
    ring.put(binAt(2), { rows: ROWS, columns });
    const age = heatFields(GRID_COLUMNS).find((field) => field.id === "event_age");
    const source = age === undefined ? null : heatSource(ring, age, 20_800);
    if (source === null) throw new Error("no source");
    expect([...stagedSpots(source, 1, 3)]).toEqual([Math.fround(NO_SPOT), 0]);
    expect(stagedCells(source, 2, 3)[0]).toBeGreaterThan(1e29);
  });

  it("is nothing where the serving lacks the column", () => {
    const field = { ...FORCES, columns: ["absent"] as const };
    expect(
      heatSource(
        ringWith(1, () => ({})),
        field,
        0,
      ),
    ).toBeNull();
  });
});
