/**
 * `GET /v1/sessions/{id}/bins`: one Arrow stream with one record batch a bin, the bin's own columns repeated
 * in front of the grid's. Taken apart into the same frames as the live stream's.
 */
import { tableFromIPC } from "@uwdata/flechette";
import type { Table } from "@uwdata/flechette";
import { MalformedFrame, describeError } from "./errors.js";
import { GRID_ARRAYS, isGridDtype } from "./frames.js";
import type { GridArray, GridFrame } from "./frames.js";
import type { GridField, GridUpdate } from "./generated.js";

/** The part of a grid_update that past bins carry. */
export type PastHeader = Pick<GridUpdate, (typeof HEADER_INTEGERS)[number] | "book_valid">;

export interface PastBin {
  readonly header: PastHeader;
  readonly frame: GridFrame;
}

const HEADER_INTEGERS = [
  "bin_seq",
  "bin_start_ns",
  "bin_end_ns",
  "bin_event_count",
  "event_id",
  "spot_ref_price_int",
  "best_bid_price_int",
  "best_ask_price_int",
] as const;

/** Throws MalformedFrame. */
export function decodePastBins(bytes: ArrayBuffer, fields: readonly GridField[], rows: number): PastBin[] {
  let table: Table;
  try {
    table = tableFromIPC(bytes, { useBigInt: true });
  } catch (error) {
    throw new MalformedFrame(`past bins are not an Arrow IPC stream: ${describeError(error)}`);
  }
  if (table.numRows % rows !== 0) {
    throw new MalformedFrame(`past bins have ${table.numRows} rows, which is no multiple of ${rows}`);
  }
  const arrays = fields.map((field) => [field.name, wholeColumn(table, field)] as const);
  const bins: PastBin[] = [];
  for (let row = 0; row < table.numRows; row += rows) {
    const columns = new Map(arrays.map(([name, values]) => [name, values.subarray(row, row + rows)]));
    bins.push({ header: headerAt(table, row), frame: { rows, columns } });
  }
  return bins;
}

function wholeColumn(table: Table, field: GridField): GridArray {
  const values: unknown = columnOf(table, field.name).toArray();
  if (!isGridDtype(field.dtype) || !(values instanceof GRID_ARRAYS[field.dtype])) {
    throw new MalformedFrame(`past bins: column ${field.name} is not ${field.dtype}`);
  }
  return values;
}

function headerAt(table: Table, row: number): PastHeader {
  const integers = HEADER_INTEGERS.map((name) => {
    const value: unknown = columnOf(table, name).at(row);
    if (typeof value !== "bigint") throw new MalformedFrame(`past bins: column ${name} is not int64`);
    return [name, value] as const;
  });
  const valid: unknown = columnOf(table, "book_valid").at(row);
  const header = Object.fromEntries(integers) as Record<(typeof HEADER_INTEGERS)[number], bigint>;
  return { ...header, book_valid: valid === true };
}

function columnOf(table: Table, name: string): ReturnType<Table["getChildAt"]> {
  const column = table.getChild(name) as ReturnType<Table["getChildAt"]> | undefined;
  if (column === undefined) throw new MalformedFrame(`past bins lack the column ${name}`);
  return column;
}
