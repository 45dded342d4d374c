import { describe, expect, it } from "vitest";
import { formatAgo, formatInstant, inputOfInstant, instantOfInput } from "../../src/view/instants.js";
import {
  evidenceWords,
  meanwhileWords,
  partWords,
  promotedWords,
  rollbackTarget,
  sourceWords,
  windowWords,
} from "../../src/view/registry-words.js";
import { healthWords } from "../../src/view/health.js";
import { byLife, sessionWords } from "../../src/view/session-words.js";
import { compared, groupOf, grouped, leaves, valueText } from "../../src/view/snapshot.js";
import type { AliasState, AuditEvent, ServingSummary, SessionStatus } from "../../src/wire/generated.js";
import { RESOLVED } from "../samples.js";

const ET = "America/New_York";

/** `P:x` a promotion to x, `R:x` a rollback to x, `!` before it: refused. Oldest first, as it happened. */
function history(...moves: string[]): AuditEvent[] {
  let version = 0;
  return moves
    .map((move, seq): AuditEvent => {
      const refused = move.startsWith("!");
      const [kind, to = ""] = move.replace("!", "").split(":");
      if (!refused) version += 1;
      return {
        seq,
        at: `2026-11-23T14:${10 + seq}:00Z`,
        action: kind === "R" ? "rollback" : "promote",
        outcome: refused ? "refused" : "done",
        who: "bob",
        why: "better",
        alias: "demo",
        version: refused ? null : version,
        from_id: null,
        to_id: to,
        detail: "",
      };
    })
    .toReversed();
}

describe("what a rollback leads to", () => {
  it("is what lies below the present serving", () => {
    expect(rollbackTarget(history("P:a", "P:b", "P:c"), true)).toBe("b");
  });
  it("goes further back after a rollback, not to and fro", () => {
    expect(rollbackTarget(history("P:a", "P:b", "P:c", "R:b"), true)).toBe("a");
    expect(rollbackTarget(history("P:a", "P:b", "R:a", "P:c"), true)).toBe("a");
  });
  it("is nothing below the first, and refused attempts count for nothing", () => {
    expect(rollbackTarget(history("P:a", "!P:b"), true)).toBeNull();
    expect(rollbackTarget(history("P:a", "P:b", "R:a"), true)).toBeNull();
  });
  it("is not known where the history was not read far enough", () => {
    expect(rollbackTarget(history("P:a", "P:b", "R:a"), false)).toBeUndefined();
  });
});

describe("what happened meanwhile", () => {
  const shown: AliasState = {
    alias: "demo",
    serving_id: "a",
    version: 1,
    promoted_at: "",
    who: "ada",
    why: "",
    action: "promote",
  };
  const when = (iso: string): string => iso.slice(11, 16);

  it("is told in order, by whom and why", () => {
    expect(meanwhileWords("demo", shown, history("P:a", "P:b", "R:a"), when)).toBe(
      "Nothing was changed. When this page looked, demo pointed at a; meanwhile bob pointed it at b at 14:11 " +
        "(“better”); then bob rolled it back to a at 14:12 (“better”).",
    );
  });
  it("may be that it was made", () => {
    expect(meanwhileWords("demo", null, history("P:b"), when)).toContain("demo did not exist; meanwhile bob");
  });
  it("may be unknown", () => {
    expect(meanwhileWords("demo", shown, [], when)).toContain("changed by somebody else");
  });
  it("a promotion to where it pointed already is said to be none", () => {
    expect(promotedWords(shown, shown)).toContain("already");
    expect(promotedWords(shown, { ...shown, serving_id: "b", version: 2 })).toBe(
      "demo points at b now (version 2).",
    );
  });
});

describe("instants", () => {
  it("are shown in the zone", () => {
    expect(formatInstant(ET, "2026-11-23T18:30:12.999999Z")).toBe("2026-11-23 13:30:12");
    expect(formatInstant("UTC", "2026-11-23T18:30:12.123456Z")).toBe("2026-11-23 18:30:12");
    expect(formatInstant("UTC", "never")).toBe("never");
  });
  it("are read in the zone, in summer and in winter", () => {
    expect(instantOfInput(ET, "2026-11-23T13:30:12")).toBe("2026-11-23T18:30:12.000Z");
    expect(instantOfInput(ET, "2026-07-01T09:30")).toBe("2026-07-01T13:30:00.000Z");
    expect(instantOfInput("UTC", "2026-07-01T09:30")).toBe("2026-07-01T09:30:00.000Z");
    expect(instantOfInput(ET, "")).toBeNull();
  });
  it("of the hour that comes twice: the first", () => {
    expect(instantOfInput(ET, "2026-11-01T01:30:00")).toBe("2026-11-01T05:30:00.000Z");
  });
  it("go to and fro", () => {
    const iso = "2026-11-23T18:30:12.000Z";
    expect(instantOfInput(ET, inputOfInstant(ET, iso))).toBe(iso);
    expect(inputOfInstant(ET, "never")).toBe("");
  });
  it("say how long ago", () => {
    const now = Date.parse("2026-11-23T18:30:00Z");
    const ago = (iso: string): string => formatAgo(iso, now);
    expect(ago("2026-11-23T18:29:50Z")).toBe("just now");
    expect(ago("2026-11-23T18:27:00Z")).toBe("3 min ago");
    expect(ago("2026-11-23T10:30:00Z")).toBe("8 h ago");
    expect(ago("2026-11-20T18:30:00Z")).toBe("3 days ago");
  });
});

describe("the fields of a serving", () => {
  const fields = leaves({ ...RESOLVED, signal: { name: "ofi", params: { window: 20 }, weights: {} } });

  it("are flat, lists and empty mappings as one value", () => {
    expect(fields).toContainEqual({ name: "signal.params.window", value: 20 });
    expect(fields).toContainEqual({ name: "signal.weights", value: {} });
    expect(fields).toContainEqual({ name: "flow_windows", value: [5, 10, 20, 40] });
  });
  it("all belong to a group", () => {
    expect(fields.filter(({ name }) => groupOf(name) === "Other")).toEqual([]);
    expect(grouped(fields).map(({ title }) => title)).toEqual([
      "Capture",
      "Signal",
      "Instrument",
      "Grid and stream",
      "Physics",
      "Spectrum",
      "State model",
      "Projection",
    ]);
    expect(groupOf("new_field")).toBe("Other");
  });
  it("are found by name and by value", () => {
    expect(grouped(fields, "TAU_J").flatMap((group) => group.fields)).toEqual([
      { name: "tau_jerk", value: 10 },
    ]);
    expect(grouped(fields, "esm4").flatMap((group) => group.fields)).toEqual([
      { name: "symbol", value: "ESM4" },
    ]);
    expect(grouped(fields, "no such thing")).toEqual([]);
  });
  it("read like a configuration", () => {
    expect([null, undefined, [], {}, [1, 2], "x", true, 0.25].map(valueText)).toEqual([
      "none",
      "–",
      "empty",
      "empty",
      "1, 2",
      "x",
      "true",
      "0.25",
    ]);
  });
  it("of two servings stand side by side", () => {
    const both = compared(leaves({ a: 1, b: 2 }), leaves({ b: 3, c: 4 }), new Set(["a", "b", "c"]));
    expect(both.map(({ name, value, other }) => [name, value, other])).toEqual([
      ["a", 1, undefined],
      ["b", 2, 3],
      ["c", undefined, 4],
    ]);
  });
});

describe("a few words", () => {
  const source = { config_hash: "", published_at: "" };

  it("say where a serving came from", () => {
    expect(sourceWords({ ...source, run_id: "3f9d1c77a20b4e51", experiment: "sweep" })).toBe(
      "run 3f9d1c77a20b… of sweep",
    );
    expect(sourceWords({ ...source, run_id: "7" })).toBe("run 7");
    expect(sourceWords({ ...source, experiment: "sweep" })).toBe("experiment sweep");
    expect(sourceWords({ ...source, serving: "demo" })).toBe("spec demo");
    expect(sourceWords(null)).toBe("");
  });
  it("say what was given as evidence", () => {
    const evidence = {
      run_id: "3f9d1c77a20b4e51",
      experiment: "sweep",
      threshold: 0.4,
      n_trials: 1440,
      n_signals: 212,
      out_of_sample_n_signals: 61,
      out_of_sample_mean_pnl_ticks: 0.42,
      out_of_sample_mean_pnl_low: null,
      holm_p: 0.0312,
      min_signals: 30,
      entry: "touch",
      fee_ticks: 0.2,
      slippage_ticks: 0,
    } as const;
    expect(evidenceWords(evidence)).toBe(
      "Run 3f9d1c77a20b… of sweep at threshold 0.4; 61 of 212 trades out of sample (30 are the least); " +
        "their mean +0.42 ticks net, its interval from unknown; p 0.031 after 1,440 trials (Holm); " +
        "entry at the touch, fee 0.2 and slippage 0 ticks",
    );
  });
  it("give a window without seconds that say nothing", () => {
    const serving = { start_time: "09:30:00", end_time: "09:30:30" } as ServingSummary;
    expect(windowWords(serving)).toBe("09:30–09:30:30");
    expect(windowWords({} as ServingSummary)).toBe("");
  });
  it("count the part of a list", () => {
    expect([partWords(0, 0, 0), partWords(0, 7, 7), partWords(50, 50, 120)]).toEqual([
      "none",
      "7 in all",
      "51–100 of 120",
    ]);
  });
  it("say how the gateway is", () => {
    expect(healthWords(null).tone).toBe("busy");
    expect(healthWords({ state: "ready" }).label).toBe("ready");
    expect(healthWords({ state: "not_ready", reason: "redis: gone" })).toEqual({
      tone: "warn",
      label: "not ready",
      detail: "redis: gone",
    });
    expect(healthWords({ state: "unreachable" }).tone).toBe("bad");
  });
  it("say how a session is, those that play first", () => {
    const session = (state: SessionStatus["state"], more: Partial<SessionStatus> = {}): SessionStatus =>
      ({ state, pace: { speed: 2, paused: false }, progress: 0.25, reason: "", ...more }) as SessionStatus;
    expect(sessionWords(session("running")).detail).toBe("25%, 2×");
    expect(sessionWords(session("paused", { pace: { speed: "max", paused: true } })).detail).toBe(
      "25%, as fast as possible",
    );
    expect(sessionWords(session("warming")).detail).toBe("its book is being built");
    expect(sessionWords(session("failed", { reason: "truncated" }))).toMatchObject({
      tone: "bad",
      detail: "truncated",
    });
    const order = byLife([session("ended"), session("running"), session("failed"), session("paused")]);
    expect(order.map(({ state }) => state)).toEqual(["running", "paused", "ended", "failed"]);
  });
});
