/** Small rings for the view's tests: the columns that a test names, everything else zero. */
import { binOf } from "../../src/store/bin.js";
import type { StreamedBin } from "../../src/store/bin.js";
import { GridRing } from "../../src/store/ring.js";
import type { GridArray } from "../../src/wire/frames.js";
import { GRID_COLUMNS } from "../../src/wire/generated.js";
import type { GridUpdate } from "../../src/wire/generated.js";
import { decodeShape } from "../../src/wire/messages.js";
import { TICK_INT, updateJson } from "../samples.js";

export const ROWS = 7;
const ARRAYS = { float64: Float64Array, int32: Int32Array, int8: Int8Array, int64: BigInt64Array } as const;

export function binAt(seq: number, spotTick = 20_800, change: object = {}): StreamedBin {
  const document = { ...updateJson(seq, spotTick), ...change };
  return binOf(decodeShape(document, "GridUpdate", "u") as unknown as GridUpdate, TICK_INT);
}

export function emptyRing(capacity = 256): GridRing {
  return new GridRing(GRID_COLUMNS, ROWS, capacity);
}

/** `bins` bins from 0 on; `valuesAt` gives the columns of one cell. */
export function ringWith(
  bins: number,
  valuesAt: (seq: number, row: number) => Readonly<Record<string, number>>,
  spotAt: (seq: number) => number = () => 20_800,
): GridRing {
  const ring = emptyRing(Math.max(256, bins));
  for (let seq = 0; seq < bins; seq += 1) {
    const columns = new Map<string, GridArray>();
    for (const { name, dtype } of GRID_COLUMNS) columns.set(name, new ARRAYS[dtype](ROWS));
    for (let row = 0; row < ROWS; row += 1) {
      for (const [name, value] of Object.entries(valuesAt(seq, row))) {
        const column = columns.get(name);
        if (column !== undefined && !(column instanceof BigInt64Array)) column[row] = value;
      }
    }
    ring.put(binAt(seq, spotAt(seq)), { rows: ROWS, columns });
  }
  return ring;
}
