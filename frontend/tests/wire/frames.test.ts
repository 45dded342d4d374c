import { describe, expect, it } from "vitest";
import { MalformedFrame } from "../../src/wire/errors.js";
import { decodeGrid } from "../../src/wire/frames.js";
import { GRID_COLUMNS } from "../../src/wire/generated.js";
import type { GridField, RuntimeConfig } from "../../src/wire/generated.js";
import { parseStreamMessage } from "../../src/wire/messages.js";
import { decodePastBins } from "../../src/wire/past-bins.js";
import { goldenBytes, goldenText } from "../golden.js";
import { MockSession } from "../mock-gateway/session.js";

const config = parseStreamMessage(goldenText("config.json")) as RuntimeConfig;
const FIELDS = config.grid_schema_fields;
const ROWS = config.grid_rows;

/** fixtures/golden.py says what each column holds. */
function goldenColumn(field: GridField, i: number): (number | bigint)[] {
  return Array.from({ length: ROWS }, (_, r) => {
    if (field.name === "k") return r - 3;
    if (field.dtype === "int64") return 2n ** 53n + 1n + BigInt(r);
    return field.dtype.startsWith("int") ? ((i + r) % 5) - 2 : i + r / 16;
  });
}

describe("a grid that the services wrote", () => {
  it("has every value of every column", () => {
    const frame = decodeGrid(goldenBytes("grid.arrow"), FIELDS, ROWS);
    expect(frame.rows).toBe(7);
    expect(frame.columns.size).toBe(GRID_COLUMNS.length);
    for (const [i, field] of FIELDS.entries()) {
      expect([...(frame.columns.get(field.name) ?? [])], field.name).toEqual(goldenColumn(field, i));
    }
  });

  it("past bins are the same grids under their own headers", () => {
    const bins = decodePastBins(goldenBytes("past.arrow"), FIELDS, ROWS);
    expect(bins.map((bin) => bin.header.bin_seq)).toEqual([5n, 6n]);
    expect(bins[1]?.header).toMatchObject({ spot_ref_price_int: 5_200_250_000_000n, book_valid: true });
    expect(bins[1]?.header.bin_end_ns).toBe(1_715_175_000_700_000_000n);
    for (const bin of bins) {
      for (const [i, field] of FIELDS.entries()) {
        expect([...(bin.frame.columns.get(field.name) ?? [])], field.name).toEqual(goldenColumn(field, i));
      }
    }
  });
});

it("a grid of the Arrow project's own JavaScript encoder is read as well", () => {
  const { arrow } = new MockSession(1).next();
  const frame = decodeGrid(new Uint8Array(arrow).buffer, GRID_COLUMNS, 101);
  expect(frame.columns.get("pressure_variant")).toBeInstanceOf(Float64Array);
  expect(frame.columns.get("state5_code")).toBeInstanceOf(Int8Array);
  expect(frame.columns.get("last_event_id")).toBeInstanceOf(BigInt64Array);
});

describe("what is refused, and in which words", () => {
  it.each([
    ["no bytes", new ArrayBuffer(0), FIELDS, ROWS, "rows"],
    [
      "noise",
      new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer,
      FIELDS,
      ROWS,
      "not an Arrow IPC stream (8 bytes)",
    ],
    [
      "a cut header",
      goldenBytes("grid.arrow").slice(0, 4000),
      FIELDS,
      ROWS,
      "not an Arrow IPC stream (4000 bytes)",
    ],
    [
      "a cut body",
      goldenBytes("grid.arrow").slice(0, 6300),
      FIELDS,
      ROWS,
      "not an Arrow IPC stream (6300 bytes)",
    ],
    ["other rows", goldenBytes("grid.arrow"), FIELDS, 9, "the grid has 7 rows; runtime_config announced 9"],
  ])("%s", (_name, bytes, fields, rows, words) => {
    expect(() => decodeGrid(bytes, fields, rows)).toThrow(MalformedFrame);
    expect(() => decodeGrid(bytes, fields, rows)).toThrow(words);
  });

  it("a column that was announced and is not there", () => {
    const more = [...FIELDS, { name: "extra", dtype: "float64", role: "signal" }];
    expect(() => decodeGrid(goldenBytes("grid.arrow"), more, ROWS)).toThrow("lacks the column extra");
  });

  it("a column of another dtype than announced", () => {
    const other = FIELDS.map((field) => (field.name === "v_add" ? { ...field, dtype: "float32" } : field));
    expect(() => decodeGrid(goldenBytes("grid.arrow"), other, ROWS)).toThrow("column v_add is not float32");
  });

  it("a range of past bins that breaks inside a bin", () => {
    expect(() => decodePastBins(goldenBytes("past.arrow"), FIELDS, 9)).toThrow(
      "14 rows, which is no multiple of 9",
    );
    expect(() => decodePastBins(goldenBytes("grid.arrow"), FIELDS, ROWS)).toThrow("lack the column bin_seq");
  });
});
