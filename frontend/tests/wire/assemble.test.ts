import { expect, it } from "vitest";
import { StreamAssembler } from "../../src/wire/assemble.js";
import { OutOfOrder } from "../../src/wire/errors.js";
import { goldenBytes, goldenText } from "../golden.js";

const CONFIG = goldenText("config.json");
const UPDATE = goldenText("update.json");
const GRID = goldenBytes("grid.arrow");

it("a grid_update and its grid become one bin", () => {
  const assembler = new StreamAssembler();
  expect(assembler.take(CONFIG)?.type).toBe("config");
  expect(assembler.take(UPDATE)).toBeNull();
  const event = assembler.take(GRID);
  expect(event?.type === "bin" && event.update.bin_seq).toBe(7n);
  expect(event?.type === "bin" && event.frame.rows).toBe(7);
});

it("a session_end may come at any time between bins, even before the config", () => {
  const end = {
    type: "session_end",
    session_id: "s",
    state: "failed",
    reason: "no data",
    last_bin_seq: "-1",
  };
  const event = new StreamAssembler().take(JSON.stringify(end));
  expect(event).toMatchObject({
    type: "end",
    end: { state: "failed", reason: "no data", last_bin_seq: -1n },
  });
});

it.each([
  ["a bin before the config", [UPDATE], "before the runtime_config"],
  ["a grid without its header", [CONFIG, GRID], "without its grid_update"],
  ["two headers in a row", [CONFIG, UPDATE, UPDATE], "bin 7: a grid_update came instead of its grid"],
])("%s is refused", (_name, messages, words) => {
  const assembler = new StreamAssembler();
  const takeAll = (): void => {
    for (const message of messages) assembler.take(message);
  };
  expect(takeAll).toThrow(words);
  expect(takeAll).toThrow(OutOfOrder);
});
