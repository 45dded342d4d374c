/** The client of the harness against the fake one: what is asked, what comes back, which refusals it tells apart. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refusalOf } from "../../src/view/experiments-words.js";
import { ExperimentsClient, isFinal, reportUrl } from "../../src/wire/experiments.js";
import { gateOf } from "../mock-gateway/harness-answers.js";
import type { MockRow, MockRun } from "../mock-gateway/harness-runs.js";
import { MockGateway } from "../mock-gateway/server.js";

describe("the client of the harness", () => {
  const gateway = new MockGateway();
  let client: ExperimentsClient;
  beforeAll(async () => {
    client = new ExperimentsClient(await gateway.start());
  });
  afterAll(async () => {
    await gateway.stop();
  });

  const find = (passes: boolean): { run: MockRun; row: MockRow } => {
    for (const run of gateway.harness.runs) {
      const row = run.rows.find((each) => gateOf(run, each).passes === passes);
      if (row !== undefined) return { run, row };
    }
    throw new Error("no such run");
  };
  const refusal = async (attempt: Promise<unknown>): Promise<ReturnType<typeof refusalOf>> => {
    try {
      await attempt;
    } catch (error) {
      return refusalOf(error);
    }
    throw new Error("it was not refused");
  };

  it("lists runs by what they are filtered by", async () => {
    const all = await client.runs({ sort: "mean_pnl_ticks", minSignals: 5 });
    expect(all.runs.length).toBeGreaterThan(400);
    expect(all.signals).toContain("gbm");
    const some = await client.runs({
      sort: "holm_p",
      minSignals: 20,
      signal: "ofi",
      experiment: "ofi-sweep",
    });
    expect(some.runs.every((row) => row.signal === "ofi" && row.n_signals >= 20)).toBe(true);
    expect(some.smaller_is_better).toBe(true);
    expect(gateway.requests.at(-1)?.url).toBe(
      "/v1/experiments/runs?sort=holm_p&min_signals=20&top_n=10000&signal=ofi&experiment=ofi-sweep",
    );
  });

  it("reads a run whole, 64-bit instants with it", async () => {
    const { run } = find(true);
    const detail = await client.detail(run.lineage.run_id);
    expect(detail.period_end_ns?.at(-1)).toBe(1_715_178_600_000_000_000n);
    expect(detail.thresholds).toHaveLength(16);
    expect(await refusal(client.detail("ffffffffffffffff"))).toMatchObject({ kind: "other" });
  });

  it("promotes, is refused by the gate, and by an alias that has moved", async () => {
    const { run, row } = find(true);
    const request = { alias: "won", threshold: row.threshold, who: "ada" };
    const done = await client.promote(run.lineage.run_id, { ...request, expected_serving_id: "" });
    expect(done).toMatchObject({ created: true, overridden: false, alias: { alias: "won", version: 1 } });
    const again = client.promote(run.lineage.run_id, { ...request, expected_serving_id: "" });
    expect(await refusal(again)).toMatchObject({ kind: "moved", current: done.alias.serving_id });
    const weak = find(false);
    const refused = await refusal(
      client.promote(weak.run.lineage.run_id, { ...request, threshold: weak.row.threshold }),
    );
    expect(refused).toEqual({ kind: "gate", reasons: gateOf(weak.run, weak.row).reasons });
  });

  it("submits and cancels jobs, one an experiment", async () => {
    const { experiments } = await client.experiments();
    expect(experiments.map(({ name }) => name)).toContain("typo");
    const job = await client.submit({ experiment: "ofi-sweep", retry_failed: true });
    expect(isFinal(job.state)).toBe(false);
    const second = await refusal(client.submit({ experiment: "ofi-sweep" }));
    expect(second).toMatchObject({ words: `job ${job.job_id} runs experiment 'ofi-sweep' already` });
    expect((await client.jobs()).jobs[0]?.job_id).toBe(job.job_id);
    const cancelled = await client.cancel(job.job_id);
    expect(cancelled.cancel_requested || cancelled.state === "cancelled").toBe(true);
    expect(reportUrl("ofi sweep")).toBe("/v1/experiments/ofi%20sweep/report");
  });
});
