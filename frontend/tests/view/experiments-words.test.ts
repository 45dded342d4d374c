import { describe, expect, it } from "vitest";
import { lineageFacts, sampleLines, settingFacts, tradingWords } from "../../src/view/experiments-facts.js";
import {
  gateTitle,
  jobWords,
  promotedWords,
  refusalOf,
  summaryWords,
} from "../../src/view/experiments-words.js";
import { RequestFailed } from "../../src/wire/errors.js";
import type { JobProgress, Problem, RunLineage, SampleStats } from "../../src/wire/generated.js";
import { gateOf, runDetail } from "../mock-gateway/harness-answers.js";
import { mockRuns } from "../mock-gateway/harness-runs.js";
import { listRow, runList, someJob } from "../samples-runs.js";

const POINTS: JobProgress = {
  phase: "points",
  dataset: "",
  points: 1200,
  reused: 200,
  finished: 390,
  failed: 10,
  points_per_second: 20,
  seconds_left: 30,
};

describe("a job in words", () => {
  it("how far, how fast, how long", () => {
    expect(jobWords(someJob({ progress: POINTS }))).toEqual({
      tone: "busy",
      label: "running",
      detail: "600 of 1,200 points · 200 were there already · 10 failed · 20/s · 30 s left",
      share: 0.5,
    });
  });

  it("before the points: queued, starting, making a dataset", () => {
    expect(jobWords(someJob({ state: "queued" })).detail).toBe("It waits for a worker.");
    expect(jobWords(someJob()).share).toBeNull();
    const dataset = {
      ...POINTS,
      phase: "dataset",
      dataset: "flow_tanh_scale=2",
      dataset_done: 0.256,
    } as const;
    expect(jobWords(someJob({ progress: dataset }))).toMatchObject({
      detail: "Making the dataset with flow_tanh_scale=2, 25%.",
      share: 0.256,
    });
  });

  it("how it ended", () => {
    const ended = { progress: POINTS, ended_at: "2026-11-23T10:01:06Z" };
    expect(jobWords(someJob({ ...ended, state: "done" }))).toMatchObject({ tone: "warn", share: 1 });
    expect(jobWords(someJob({ ...ended, state: "done" })).detail).toContain("took 1 min 5 s");
    expect(jobWords(someJob({ ...ended, state: "cancelled" }))).toMatchObject({
      label: "cancelled",
      share: 0.5,
    });
    expect(jobWords(someJob({ state: "failed" }))).toMatchObject({ tone: "bad", detail: "" });
    expect(jobWords(someJob({ cancel_requested: true })).label).toBe("cancelling");
  });
});

describe("verdicts and refusals in words", () => {
  const failed = (status: number, problem: Partial<Problem>, reason = "no"): unknown =>
    refusalOf(new RequestFailed("POST /x", status, reason, { error: reason, type: "", ...problem }));

  it("the gate", () => {
    expect(gateTitle({ passes: true, reasons: [] })).toContain("lets it pass");
    expect(gateTitle({ passes: false, reasons: ["a"] })).toContain("for one reason");
    expect(gateTitle({ passes: false, reasons: ["a", "b"] })).toContain("for 2 reasons");
    expect(failed(403, { type: "PromotionRefused", reasons: ["a", "b"] })).toEqual({
      kind: "gate",
      reasons: ["a", "b"],
    });
  });

  it("an alias that has moved, or is gone", () => {
    const moved = failed(409, { type: "AliasConflict", alias: "prod", current_serving_id: "x-1" });
    expect(moved).toMatchObject({ kind: "moved", current: "x-1" });
    expect(moved).toMatchObject({
      words: "Somebody was faster: prod points at x-1 now. Nothing was changed.",
    });
    expect(failed(409, { type: "AliasConflict", alias: "prod" })).toMatchObject({
      words: "Somebody was faster: prod does not exist any more. Nothing was changed.",
    });
  });

  it("a promotion that was made, and what to mind", () => {
    const alias = {
      ...{ alias: "prod", serving_id: "x-1", version: 2, promoted_at: "", who: "ada", why: "" },
      action: "promote" as const,
    };
    const gate = { passes: true, reasons: [] };
    const done = { created: true, alias, threshold: 0.3, gate, streaming_url: "", overridden: false };
    expect(promotedWords({ ...done, same_code: true })).toBe(
      "prod points at x-1 now, version 2, threshold 0.3.",
    );
    const minded = promotedWords({ ...done, same_code: false, overridden: true });
    expect(minded).toContain("The gate was overridden");
    expect(minded).toContain("The code has changed since the run");
  });

  it("anything else, unchanged", () => {
    expect(failed(503, { type: "Unavailable" }, "registry is unavailable")).toEqual({
      kind: "other",
      words: "registry is unavailable",
    });
    expect(refusalOf(new Error("boom"))).toEqual({ kind: "other", words: "boom" });
  });
});

describe("the summary of the list", () => {
  it("counts what is shown and what is left out", () => {
    const rows = [listRow(), listRow({ is_winner: false })];
    const list = runList({
      total: 3,
      too_few_signals: 4,
      failed: 1,
      pending: ["x"],
      registry_problem: "it is down",
    });
    expect(summaryWords(list, rows)).toBe(
      "2 of 3 runs · 1 winner · 4 left out with too few signals · 1 failed · overfitting and SPA are being worked out · each at its best threshold by Net / trade · live streams are not known: it is down",
    );
    expect(summaryWords(runList({ total: 1 }), [listRow({ is_winner: false })])).toMatch(
      /^1 run · no winner/,
    );
  });
});

describe("what is known about a run", () => {
  const run = mockRuns()[0];
  if (run === undefined) throw new Error("no run");
  const lineage = { ...run.lineage, seed: 0n } as unknown as RunLineage;

  it("how it was traded, and what it is made of", () => {
    expect(tradingWords(lineage)).toBe(
      "take-profit 4, stop-loss 4 ticks · entry at the touch, 1 bin after the signal · fees 0.2, slippage 0.1 ticks · cooldown 10, longest hold 1,200 bins · warm-up 300 bins, the first 60.0% in sample",
    );
    expect(tradingWords({ ...lineage, fee_ticks: 0, slippage_ticks: 0 })).toContain("no fees, no slippage");
    expect(lineageFacts(lineage).map((fact) => fact.label)).not.toContain("Model");
    expect(lineageFacts({ ...lineage, artifact: "ab" }).map((fact) => fact.label)).toContain("Model");
    expect(settingFacts('{"a":1.5,"b":"x"}').map(({ label, value }) => [label, value])).toEqual([
      ["a", "1.5"],
      ["b", "x"],
    ]);
  });

  it("both parts of time side by side, with nothing where nothing can be said", () => {
    const [first] = run.rows;
    if (first === undefined) throw new Error("no row");
    const none: SampleStats = { n_signals: 0, n_up: 0, n_down: 0, events_per_hour: 0 };
    const gate = gateOf(run, first);
    const lines = sampleLines({ ...first, gate, out_of_sample: none });
    expect(lines.find((line) => line.label === "95 % interval")?.outOfSample).toBe("–");
    expect(lines[0]?.outOfSample).toBe("0 (0 ↑ 0 ↓)");
    expect(lines.every((line) => line.whole !== "" && line.inSample !== "")).toBe(true);
    expect(Object.keys(runDetail(run, { servings: [], url: null }))).toContain("best_threshold");
  });
});
