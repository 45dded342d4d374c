import { describe, expect, it } from "vitest";
import { BACKOFF, INITIAL, backoffDelayMs, step } from "../../src/wire/connection.js";
import type { ConnectionEvent, ConnectionState, Instruction } from "../../src/wire/connection.js";

/** Play events one after the other; random is fixed. */
function play(...events: ConnectionEvent[]): { state: ConnectionState; last: readonly Instruction[] } {
  let state = INITIAL;
  let last: readonly Instruction[] = [];
  for (const event of events) [state, last] = step(state, event, 0.5);
  return { state, last };
}

const START: ConnectionEvent = { type: "start" };
const OPENED: ConnectionEvent = { type: "opened" };
const CONFIG: ConnectionEvent = { type: "config", sessionId: "s1" };
const bin = (binSeq: number): ConnectionEvent => ({ type: "bin", binSeq });
const closed = (code: number, reason = ""): ConnectionEvent => ({ type: "closed", code, reason });
const TIMER: ConnectionEvent = { type: "timer" };

describe("the good path", () => {
  it("opens with the plain protocol, waits for the config, streams", () => {
    expect(play(START).last).toEqual([{ do: "open", protocols: ["qmachina.v1"] }]);
    expect(play(START, OPENED).state.phase).toBe("waiting_for_config");
    expect(play(START, OPENED, CONFIG, bin(4)).state).toMatchObject({ phase: "streaming", lastBinSeq: 4 });
  });

  it("ends with the session and stays ended when the socket closes", () => {
    const { state, last } = play(
      START,
      OPENED,
      CONFIG,
      { type: "end", reason: "all bins played" },
      closed(1000),
    );
    expect(state).toMatchObject({ phase: "ended", reason: "all bins played" });
    expect(last).toEqual([]);
  });

  it("a second start changes nothing", () => {
    expect(play(START, START).last).toEqual([]);
  });
});

describe("reconnecting", () => {
  it("offers to resume after the last bin", () => {
    const { last } = play(START, OPENED, CONFIG, bin(41), closed(1006), TIMER);
    expect(last).toEqual([{ do: "open", protocols: ["qmachina.v1", "resume.s1.41"] }]);
  });

  it("does not resume a session of which no bin came", () => {
    const { last } = play(START, OPENED, CONFIG, closed(1006), TIMER);
    expect(last).toEqual([{ do: "open", protocols: ["qmachina.v1"] }]);
  });

  it("forgets its place when the gateway names another session", () => {
    const other: ConnectionEvent = { type: "config", sessionId: "s2" };
    expect(
      play(START, OPENED, CONFIG, bin(41), closed(1006), TIMER, OPENED, other).state.lastBinSeq,
    ).toBeNull();
    expect(play(START, OPENED, CONFIG, bin(41), closed(1006), TIMER, OPENED, CONFIG).state.lastBinSeq).toBe(
      41,
    );
  });

  it("waits longer after every failure, until a bin comes", () => {
    const failures = [closed(1006), TIMER, closed(1006), TIMER, closed(1006)] as const;
    expect(play(START, ...failures).state).toMatchObject({ attempt: 3, retryInMs: backoffDelayMs(3, 0.5) });
    expect(play(START, ...failures, TIMER, OPENED, CONFIG).state.attempt).toBe(3);
    expect(play(START, ...failures, TIMER, OPENED, CONFIG, bin(0)).state.attempt).toBe(0);
  });

  it("starts from nothing when the user asks for a new connection", () => {
    const { state, last } = play(START, OPENED, CONFIG, bin(9), { type: "renew" });
    expect(state).toMatchObject({ phase: "connecting", lastBinSeq: null, sessionId: null });
    expect(last).toEqual([{ do: "close" }, { do: "open", protocols: ["qmachina.v1"] }]);
  });

  it("a timer that is late does not open a second connection", () => {
    expect(play(START, closed(1006), TIMER, TIMER).last).toEqual([]);
  });
});

describe("what went wrong is known by its kind", () => {
  it.each([
    ["never opened", [START, closed(1006)], "unreachable"],
    ["opened and lost", [START, OPENED, CONFIG, bin(1), closed(1006)], "lost"],
    ["gateway restarts", [START, OPENED, CONFIG, bin(1), closed(1012, "come again")], "lost"],
    ["too slow", [START, OPENED, CONFIG, bin(1), closed(1013, "too slow")], "too_slow"],
    ["a broker is down", [START, OPENED, closed(1013, "try again: NATS")], "not_ready"],
  ])("%s", (_name, events, trouble) => {
    const { state, last } = play(...events);
    expect(state).toMatchObject({ phase: "backing_off", trouble });
    expect(last).toHaveLength(1);
  });

  it("a refusal is final, with its reason", () => {
    const { state, last } = play(START, OPENED, closed(1008, "unknown serving 'x'"));
    expect(state).toMatchObject({ phase: "refused", reason: "unknown serving 'x'" });
    expect(last).toEqual([]);
    expect(play(START, OPENED, closed(1008, "no"), TIMER).last).toEqual([]);
  });

  it("a malformed message closes the connection and waits", () => {
    const { state, last } = play(START, OPENED, CONFIG, { type: "malformed", reason: "grid has 3 rows" });
    expect(state).toMatchObject({ phase: "backing_off", trouble: "malformed", reason: "grid has 3 rows" });
    expect(last.map((instruction) => instruction.do)).toEqual(["close", "wait"]);
  });

  it("trouble is over with the next config", () => {
    expect(play(START, closed(1006), TIMER, OPENED, CONFIG).state).toMatchObject({
      trouble: "none",
      reason: "",
    });
  });
});

describe("the back-off", () => {
  it("doubles up to its cap, the upper half at random", () => {
    expect([1, 2, 3].map((n) => backoffDelayMs(n, 1))).toEqual([500, 1000, 2000]);
    expect(backoffDelayMs(1, 0)).toBe(250);
    expect(backoffDelayMs(40, 1)).toBe(BACKOFF.maxMs);
  });
});
