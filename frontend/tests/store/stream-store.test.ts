import { beforeEach, describe, expect, it } from "vitest";
import { StreamStore } from "../../src/store/stream-store.js";
import { StreamAssembler } from "../../src/wire/assemble.js";
import type { StreamEvent } from "../../src/wire/assemble.js";
import { decodePastBins } from "../../src/wire/past-bins.js";
import { goldenBytes, goldenText } from "../golden.js";

const CONFIG = JSON.parse(goldenText("config.json")) as Record<string, unknown>;
const UPDATE = JSON.parse(goldenText("update.json")) as Record<string, unknown>;

function eventsOf(config: object, ...updates: object[]): StreamEvent[] {
  const assembler = new StreamAssembler();
  const first = assembler.take(JSON.stringify(config));
  const bins = updates.map((update) => {
    assembler.take(JSON.stringify(update));
    return assembler.take(goldenBytes("grid.arrow"));
  });
  return [first, ...bins].filter((event) => event !== null);
}

const binEvent = (change: object): StreamEvent => {
  const event = eventsOf(CONFIG, { ...UPDATE, ...change })[1];
  if (event === undefined) throw new Error("no bin");
  return event;
};
const configEvent = (change: object = {}): StreamEvent => {
  const event = eventsOf({ ...CONFIG, ...change })[0];
  if (event === undefined) throw new Error("no config");
  return event;
};

let store: StreamStore;
beforeEach(() => {
  store = new StreamStore(4096);
  store.apply(configEvent(), 0);
});

describe("a stream", () => {
  it("opens with its session described", () => {
    expect(store.stream?.session).toMatchObject({
      id: "golden-session",
      symbol: "ESM4",
      rows: 7,
      radiusTicks: 3,
    });
    expect(store.stream?.session.tickInt).toBe(250_000_000n);
  });

  it("keeps the newest bin in ticks and milliseconds", () => {
    expect(store.apply(binEvent({}), 0)).toBe("bin");
    expect(store.latest).toMatchObject({
      seq: 7,
      spotTick: 20_801,
      bidTick: 20_800,
      askTick: 20_801,
      valid: true,
    });
    expect(store.latest?.endMs).toBe(1_715_175_000_800);
    expect(store.latest?.detail.flow).toMatchObject({ ofi: -14, vwapTick: 20_801 });
  });

  it("a price of zero is no price", () => {
    store.apply(binEvent({ spot_ref_price_int: "0", best_ask_price_int: "0", mid_price: 0 }), 0);
    expect(store.latest?.spotTick).toBeNaN();
    expect(store.latest?.askTick).toBeNaN();
    expect(store.latest?.bidTick).toBe(20_800);
  });

  it("counts what the gateway dropped", () => {
    store.apply(binEvent({ bin_seq: "8", dropped: 3 }), 0);
    store.apply(binEvent({ bin_seq: "12", dropped: 2 }), 0);
    expect(store.droppedBins).toBe(5);
    store.apply(configEvent({ session: { id: "next", state: "running", bin_seq: "-1" } }), 0);
    expect(store.droppedBins).toBe(0);
  });

  it("a late or repeated bin is not the newest", () => {
    store.apply(binEvent({ bin_seq: "9" }), 0);
    expect(store.apply(binEvent({ bin_seq: "8" }), 0)).toBe("bin");
    expect(store.apply(binEvent({ bin_seq: "8" }), 0)).toBe("nothing");
    expect(store.latest?.seq).toBe(9);
  });

  it("only live bins count into the rate", () => {
    for (let i = 0; i < 11; i += 1) store.apply(binEvent({ bin_seq: String(i), backfill: true }), i * 100);
    expect(store.rates.binsPerSecond(1000)).toBe(0);
    for (let i = 11; i < 22; i += 1) store.apply(binEvent({ bin_seq: String(i) }), i * 100);
    expect(store.rates.binsPerSecond(2100)).toBeCloseTo(10);
  });

  it("fills up with past bins", () => {
    store.apply(binEvent({}), 0);
    const past = decodePastBins(goldenBytes("past.arrow"), store.stream?.session.columns ?? [], 7);
    expect(store.addPast(past)).toBe(2);
    expect(store.addPast(past)).toBe(0);
    expect(store.stream?.ring.bin(5)).toMatchObject({ seq: 5, spotTick: 20_801, detail: null });
    expect(store.stream?.ring.value("pressure_variant", 6, 1)).toBe(1 + 1 / 16);
    expect(store.latest?.seq).toBe(7);
  });
});

describe("the next runtime_config", () => {
  it("of the same session keeps its history", () => {
    store.apply(binEvent({}), 0);
    expect(store.apply(configEvent(), 0)).toBe("nothing");
    expect(store.latest?.seq).toBe(7);
  });

  it("of another session starts anew", () => {
    store.apply(binEvent({}), 0);
    expect(store.apply(configEvent({ session: { id: "other", state: "running", bin_seq: "-1" } }), 0)).toBe(
      "session",
    );
    expect(store.latest).toBeNull();
    expect(store.stream?.ring.newest).toBe(-1);
  });

  it("after a restart starts anew, whatever its id", () => {
    store.apply(binEvent({}), 0);
    store.forget();
    expect(store.apply(configEvent(), 0)).toBe("session");
  });

  it("that contradicts itself is refused", () => {
    expect(() => store.apply(configEvent({ grid_rows: 9 }), 0)).toThrow("9 is not 2 x 3 + 1");
  });
});

it("an equity's tick is its price bucket", () => {
  const equity = { product_type: "equity_mbo", tick_size: 0.01, bucket_size_dollars: 0.05 };
  store.apply(configEvent({ ...equity, session: { id: "eq", state: "running", bin_seq: "-1" } }), 0);
  expect(store.stream?.session.tickInt).toBe(50_000_000n);
});
