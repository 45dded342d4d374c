/**
 * Arrow IPC bytes in, typed arrays out.
 *
 * Guarantees: a decoded frame has exactly the columns and rows that the runtime_config announced, no
 * nulls, and `k` runs from -R to R. The arrays are views of the received buffer where alignment allows.
 */
import { tableFromIPC } from "@uwdata/flechette";
import type { Table } from "@uwdata/flechette";
import { MalformedFrame, describeError } from "./errors.js";
import type { GridField } from "./generated.js";

export type GridArray = Float64Array | Float32Array | Int32Array | Int8Array | BigInt64Array;
export type GridArrayKind = "float64" | "float32" | "int32" | "int8" | "int64";

/** The grid of one bin: every array has `rows` values, in the order of k. */
export interface GridFrame {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, GridArray>;
}

export const GRID_ARRAYS = {
  float64: Float64Array,
  float32: Float32Array,
  int32: Int32Array,
  int8: Int8Array,
  int64: BigInt64Array,
} as const;

/** Whether a dtype of the wire is one that a grid column may have. */
export function isGridDtype(dtype: string): dtype is GridArrayKind {
  return dtype in GRID_ARRAYS;
}

/** Decode one complete Arrow IPC stream of `rows` rows. Throws MalformedFrame. */
export function decodeGrid(bytes: ArrayBuffer, fields: readonly GridField[], rows: number): GridFrame {
  const table = readTable(bytes);
  if (table.numRows !== rows) {
    throw new MalformedFrame(`the grid has ${table.numRows} rows; runtime_config announced ${rows}`);
  }
  const columns = new Map<string, GridArray>();
  for (const field of fields) columns.set(field.name, columnOf(table, field));
  checkOffsets(columns.get("k"), rows);
  return { rows, columns };
}

function readTable(bytes: ArrayBuffer): Table {
  try {
    return tableFromIPC(bytes, { useBigInt: true });
  } catch (error) {
    throw new MalformedFrame(`not an Arrow IPC stream (${bytes.byteLength} bytes): ${describeError(error)}`);
  }
}

function columnOf(table: Table, field: GridField): GridArray {
  if (!isGridDtype(field.dtype))
    throw new MalformedFrame(`column ${field.name}: unknown dtype ${field.dtype}`);
  const column = table.getChild(field.name) as ReturnType<Table["getChildAt"]> | undefined;
  if (column === undefined) throw new MalformedFrame(`the grid lacks the column ${field.name}`);
  if (column.nullCount > 0) throw new MalformedFrame(`column ${field.name} has ${column.nullCount} nulls`);
  const values: unknown = column.toArray();
  if (!(values instanceof GRID_ARRAYS[field.dtype])) {
    throw new MalformedFrame(`column ${field.name} is not ${field.dtype}, as runtime_config announced`);
  }
  return values;
}

function checkOffsets(k: GridArray | undefined, rows: number): void {
  const radius = (rows - 1) / 2;
  if (!(k instanceof Int32Array) || k[0] !== -radius || k[rows - 1] !== radius) {
    throw new MalformedFrame(`column k does not run from ${-radius} to ${radius}`);
  }
}
