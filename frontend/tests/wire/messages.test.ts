import { describe, expect, it } from "vitest";
import { MalformedMessage } from "../../src/wire/errors.js";
import type { GridUpdate, RuntimeConfig } from "../../src/wire/generated.js";
import { decodeShape, parseStreamMessage } from "../../src/wire/messages.js";
import { goldenText } from "../golden.js";
import { configJson, updateJson } from "../samples.js";

const parse = (document: unknown): unknown => parseStreamMessage(JSON.stringify(document));

describe("messages of the real services", () => {
  it("a runtime_config is read whole", () => {
    const config = parseStreamMessage(goldenText("config.json")) as RuntimeConfig;
    expect(config.symbol).toBe("ESM4");
    expect(config.grid_rows).toBe(7);
    expect(config.session).toEqual({ id: "golden-session", state: "running", bin_seq: -1n });
    expect(config.grid_schema_fields[0]).toEqual({ name: "k", dtype: "int32", role: "grid_index" });
    expect(config.model_config.state_source).toBe("bbo_reprice");
  });

  it("64-bit integers survive beyond what a number can hold", () => {
    const update = parseStreamMessage(goldenText("update.json")) as GridUpdate;
    expect(update.event_id).toBe(2n ** 53n + 1n);
    expect(update.flow.ofi).toBe(-14n);
    expect(update.bin_seq).toBe(7n);
    expect(update.runtime_model.projections).toEqual([{ horizon_bins: 1, horizon_ms: 100, value: 0.25 }]);
    expect(update.backfill ?? null).toBeNull();
  });
});

describe("what is refused, and in which words", () => {
  it.each([
    ["not JSON", "{", "message: not JSON: {"],
    ["no object", "[1]", "message: expected an object, got [1]"],
    ["unknown type", '{"type":"hello"}', 'message.type: unknown type "hello"'],
    ["no type", "{}", "message.type: unknown type undefined"],
  ])("%s", (_name, text, words) => {
    expect(() => parseStreamMessage(text)).toThrow(words);
  });

  it.each([
    ["a missing field", { mid_price: undefined }, "grid_update.mid_price: missing"],
    ["a string for a number", { mid_price: "5200" }, 'grid_update.mid_price: expected a number, got "5200"'],
    ["a number for a flag", { book_valid: 1 }, "grid_update.book_valid: expected true or false, got 1"],
    ["a fraction for an int64", { bin_seq: 1.5 }, "grid_update.bin_seq: expected a 64-bit integer"],
    ["words for an int64", { ts_ns: "soon" }, "grid_update.ts_ns: expected a 64-bit integer"],
    ["a hole in a nested object", { flow: {} }, "grid_update.flow.best_bid_qty: missing"],
    ["a list for an object", { signal: [] }, "grid_update.signal: expected an object"],
  ])("%s", (_name, change, words) => {
    expect(() => parse({ ...updateJson(0, 20_800), ...change })).toThrow(words);
  });

  it("a list of the wrong things names the item", () => {
    expect(() => parse({ ...configJson(), flow_windows: [5, "ten"] })).toThrow(
      'runtime_config.flow_windows[1]: expected an integer, got "ten"',
    );
  });

  it("a value outside the allowed ones lists them", () => {
    expect(() => parse({ ...configJson(), state_source: "guess" })).toThrow("one of bbo_reprice, force");
  });

  it("is always a MalformedMessage with the path as a field", () => {
    try {
      parse({ ...updateJson(0, 20_800), event_id: null });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedMessage);
      expect((error as MalformedMessage).path).toBe("grid_update.event_id");
    }
  });
});

it("optional fields may be missing or null, and unknown ones are let through", () => {
  const update = parse({ ...updateJson(3, 20_800), backfill: null, news: "later" }) as GridUpdate;
  expect(update.backfill).toBeNull();
  expect(update.dropped).toBeUndefined();
  expect(parse({ ...updateJson(3, 20_800), dropped: 4 })).toHaveProperty("dropped", 4);
});

describe("answers over REST are checked by the same table", () => {
  it("a speed is a number or max, and nothing else", () => {
    const pace = (speed: unknown): unknown => decodeShape({ speed, paused: false }, "Pace", "pace");
    expect(pace(2.5)).toHaveProperty("speed", 2.5);
    expect(pace("max")).toHaveProperty("speed", "max");
    expect(() => pace("fast")).toThrow('pace.speed: expected a number or max, got "fast"');
  });

  it("a value of any JSON may be null, as where only one serving has a field", () => {
    const diff = { a: "x", b: "y", same: false, changes: [{ field: "dt", a: null, b: "2025-01-02" }] };
    expect(decodeShape(diff, "ServingDiff", "diff")).toHaveProperty("changes.0.a", null);
  });
});
