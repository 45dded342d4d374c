import { beforeEach, describe, expect, it } from "vitest";
import { EVENT_AGE, GridRing, ringCapacity } from "../../src/store/ring.js";
import { binOf } from "../../src/store/bin.js";
import type { StreamedBin } from "../../src/store/bin.js";
import type { GridArray, GridFrame } from "../../src/wire/frames.js";
import type { GridUpdate } from "../../src/wire/generated.js";
import { decodeShape } from "../../src/wire/messages.js";
import { TICK_INT, updateJson } from "../samples.js";

const SPECS = [
  { name: "k", dtype: "int32", role: "grid_index" },
  { name: "pressure_variant", dtype: "float64", role: "force" },
  { name: "state5_code", dtype: "int8", role: "indicator" },
  { name: "last_event_id", dtype: "int64", role: "metadata" },
] as const;
const ROWS = 3;

const binAt = (seq: number, spot = 20_800): StreamedBin =>
  binOf(decodeShape(updateJson(seq, spot), "GridUpdate", "u") as unknown as GridUpdate, TICK_INT);

/** Row r of the pressure holds 10 seq + r; the tick in the middle was never touched. */
function frameOf(seq: number): GridFrame {
  const columns = new Map<string, GridArray>([
    ["k", Int32Array.of(-1, 0, 1)],
    ["pressure_variant", Float64Array.of(10 * seq, 10 * seq + 1, 10 * seq + 2)],
    ["state5_code", Int8Array.of(-2, 0, 2)],
    ["last_event_id", BigInt64Array.of(990n + BigInt(seq), 0n, 1000n + BigInt(seq))],
  ]);
  return { rows: ROWS, columns };
}

let ring: GridRing;
const put = (...seqs: number[]): string[] => seqs.map((seq) => ring.put(binAt(seq), frameOf(seq)));
const pressure = (seq: number): unknown[] => [0, 1, 2].map((row) => ring.value("pressure_variant", seq, row));

beforeEach(() => {
  ring = new GridRing(SPECS, ROWS, 4);
});

describe("a ring of four bins", () => {
  it("is empty at first", () => {
    expect(ring.newest).toBe(-1);
    expect(ring.bin(0)).toBeNull();
    expect(ring.value("pressure_variant", 0, 0)).toBeUndefined();
  });

  it("keeps every column of the last four bins, and forgets the fifth", () => {
    put(0, 1, 2, 3, 4);
    expect(ring.oldest).toBe(1);
    expect(ring.bin(0)).toBeNull();
    expect([1, 2, 3, 4].map((seq) => pressure(seq))).toEqual(
      [1, 2, 3, 4].map((n) => [10 * n, 10 * n + 1, 10 * n + 2]),
    );
    expect(ring.value("state5_code", 4, 2)).toBe(2);
    expect(ring.value("last_event_id", 4, 2)).toBe(1004n);
  });

  it("keeps each bin's own spot, so that history stays where it was", () => {
    ring.put(binAt(0, 20_800), frameOf(0));
    ring.put(binAt(1, 20_803), frameOf(1));
    expect([0, 1].map((seq) => ring.series.of("spotTick")[ring.slotOf(seq)])).toEqual([20_800, 20_803]);
  });

  it("takes a bin once: repeats and bins too old change nothing", () => {
    put(5, 6, 7, 8);
    expect(put(6, 4, 0)).toEqual(["repeated", "too_old", "too_old"]);
    expect(ring.newest).toBe(8);
  });

  it("empties the slots of lost bins instead of showing what was there before", () => {
    put(0, 1, 2, 3);
    put(6);
    expect([3, 4, 5, 6].map((seq) => ring.bin(seq)?.seq ?? null)).toEqual([3, null, null, 6]);
    expect(ring.series.of("spotTick")[ring.slotOf(4)]).toBeNaN();
    expect(ring.value("pressure_variant", 5, 0)).toBeUndefined();
  });

  it("survives a jump over its whole length", () => {
    put(0, 1, 2, 3);
    put(400);
    expect([397, 398, 399].map((seq) => ring.bin(seq))).toEqual([null, null, null]);
    expect(pressure(400)).toEqual([4000, 4001, 4002]);
  });

  it("takes lost bins later, also before the first one that came", () => {
    put(2, 3);
    expect(put(1)).toEqual(["stored"]);
    expect(ring.oldest).toBe(1);
    expect(ring.newest).toBe(3);
    expect(pressure(1)).toEqual([10, 11, 12]);
  });

  it("starts wherever the stream starts", () => {
    put(1000);
    expect([ring.oldest, ring.newest]).toEqual([1000, 1000]);
  });

  it("derives how many records ago a tick was touched; never is not a number", () => {
    put(0);
    expect([0, 1, 2].map((row) => ring.value(EVENT_AGE, 0, row))).toEqual([10, NaN, 0]);
  });
});

describe("what changed since the last look", () => {
  const spans = (): [number, number][] => ring.dirty.take().map(({ first, end }) => [first, end]);

  it("is each new bin's slot, once", () => {
    put(0, 1);
    expect(spans()).toEqual([[0, 2]]);
    expect(spans()).toEqual([]);
    put(2);
    expect(spans()).toEqual([[2, 3]]);
  });

  it("splits where the ring wraps and includes emptied slots", () => {
    put(0, 1, 2);
    spans();
    put(3, 4);
    expect(spans()).toEqual([
      [0, 1],
      [3, 4],
    ]);
    put(6);
    expect(spans()).toEqual([[1, 3]]);
  });

  it("is everything after markAll", () => {
    ring.dirty.markAll();
    expect(spans()).toEqual([[0, 4]]);
  });
});

describe("the capacity", () => {
  it("fits memory and texture, but never falls under 256 bins", () => {
    const wide = Array.from({ length: 34 }, (_, i) => ({
      name: `c${i}`,
      dtype: "float64" as const,
      role: "mass",
    }));
    expect(ringCapacity(wide, 101, 16_384)).toBe(Math.floor((96 * 2 ** 20) / (34 * 4 * 101)));
    expect(ringCapacity(wide, 101, 4096)).toBe(4096);
    expect(ringCapacity(wide, 2001, 4096)).toBe(369);
    expect(ringCapacity(wide, 20_001, 4096)).toBe(256);
  });
});
