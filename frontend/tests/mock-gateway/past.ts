/** Past bins as the gateway serves them: one Arrow stream, one record batch a bin, bin columns in front. */
import {
  Bool,
  Field,
  Float64,
  Int64,
  RecordBatch,
  Schema,
  Struct,
  Table,
  makeData,
  tableToIPC,
  vectorFromArray,
} from "apache-arrow";
import { gridFields, gridData } from "./grid.js";
import type { MockBin } from "./session.js";

const INTEGERS = [
  "ts_ns",
  "bin_seq",
  "bin_start_ns",
  "bin_end_ns",
  "bin_event_count",
  "event_id",
  "spot_ref_price_int",
  "best_bid_price_int",
  "best_ask_price_int",
] as const;

export function encodePast(bins: readonly MockBin[]): Uint8Array {
  const fields = [
    ...INTEGERS.map((name) => new Field(name, new Int64(), false)),
    new Field("mid_price", new Float64(), false),
    new Field("book_valid", new Bool(), false),
    ...gridFields(),
  ];
  const schema = new Schema(fields);
  const batches = bins.map(({ update, grid }) => {
    const length = grid["k"]?.length ?? 0;
    const integers = INTEGERS.map((name) => {
      const data = new BigInt64Array(length).fill(BigInt(String(update[name])));
      return makeData({ type: new Int64(), data, nullCount: 0 });
    });
    const mid = makeData({
      type: new Float64(),
      data: new Float64Array(length).fill(Number(update["mid_price"])),
      nullCount: 0,
    });
    const [valid] = vectorFromArray(
      new Array<boolean>(length).fill(update["book_valid"] === true),
      new Bool(),
    ).data;
    if (valid === undefined) throw new Error("no data in a vector of booleans");
    const children = [...integers, mid, valid, ...gridData(grid)];
    return new RecordBatch(schema, makeData({ type: new Struct(fields), length, nullCount: 0, children }));
  });
  return tableToIPC(new Table(schema, batches), "stream");
}
