/** A fake of the harness' REST: runs, details, experiments, jobs with their progress, promotion through the gate. */
import type { ServerResponse } from "node:http";
import { runDetail, runList, gateOf } from "./harness-answers.js";
import type { Streaming } from "./harness-answers.js";
import { MockJobs } from "./harness-jobs.js";
import { mockRuns } from "./harness-runs.js";
import type { MockRun } from "./harness-runs.js";
import { problem } from "./registry-answers.js";
import type { Answer, Json } from "./registry-answers.js";
import type { MockRegistry } from "./registry.js";

const ROOT = "/v1/experiments";

export class MockHarness {
  runs: readonly MockRun[] = mockRuns();
  readonly jobs = new MockJobs();
  /** How many lists still lack what is worked out in the background. */
  pendingLists = 0;
  /** Whether the code is still that of the runs. */
  sameCode = true;
  /** What every request is answered with while the harness is down; null while it is up. */
  down: string | null = null;
  /** Milliseconds that an answer takes. */
  delayMs = 0;

  constructor(private readonly registry: () => MockRegistry) {}

  /** False where the request is not one of the harness'. */
  async serve(method: string, url: string, body: unknown, response: ServerResponse): Promise<boolean> {
    const { pathname, searchParams } = new URL(url, "http://mock");
    if (!pathname.startsWith(ROOT)) return false;
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    const follow = /\/jobs\/([^/]+)\/progress$/.exec(pathname)?.[1];
    if (follow !== undefined && this.down === null) {
      this.jobs.follow(follow, response);
      return true;
    }
    if (pathname.endsWith("/report")) {
      response.writeHead(200, { "content-type": "text/html" }).end(`<h1>${pathname}</h1>`);
      return true;
    }
    const [status, document] = this.answer(method, pathname.slice(ROOT.length), searchParams, body);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(document));
    return true;
  }

  private answer(method: string, path: string, query: URLSearchParams, body: unknown): Answer {
    if (this.down !== null) return problem(503, "Unavailable", this.down, { what: "the harness" });
    const [room = "", name = "", more = ""] = path.split("/").slice(1).map(decodeURIComponent);
    if (room === "") return [200, { experiments: this.experiments() }];
    if (room === "jobs") return this.jobAnswer(method, name, more, body as Json);
    if (room === "runs" && name === "") {
      const pending = this.pendingLists > 0 ? ["ofi-sweep"] : [];
      this.pendingLists -= pending.length;
      return [200, { ...runList(this.runs, query, (run) => this.streaming(run)), pending }];
    }
    const run = this.runs.find(({ lineage }) => lineage.run_id === name);
    if (room !== "runs" || run === undefined) {
      return problem(404, "NotFound", `unknown run '${name}'`, { what: "run", name });
    }
    return more === "promote" ? this.promote(run, body as Json) : [200, runDetail(run, this.streaming(run))];
  }

  private jobAnswer(method: string, id: string, more: string, body: Json): Answer {
    if (more === "cancel") return [200, this.jobs.cancel(id)];
    if (method === "GET") return [200, { jobs: this.jobs.all, total: this.jobs.all.length }];
    const name = String(body["experiment"]);
    const running = this.experiments().find((each) => each["name"] === name)?.["active_job"];
    if (typeof running === "string") {
      return problem(409, "Conflict", `job ${running} runs experiment '${name}' already`, {});
    }
    return [202, this.jobs.submit(name)];
  }

  private experiments(): Json[] {
    const names = [...new Set(this.runs.map((run) => run.lineage.experiment))].sort();
    const known = names.map((name) => {
      const runs = this.runs.filter((run) => run.lineage.experiment === name);
      const active = this.jobs.all.find(
        (job) => job.experiment === name && ["queued", "running"].includes(job.state),
      );
      return {
        ...{ name, in_lake: true, error: null, serving: runs[0]?.lineage.serving, search: "grid" },
        signals: [...new Set(runs.map((run) => run.lineage.signal))],
        thresholds: 16,
        runs: runs.length,
        failed_runs: runs.filter((run) => run.lineage.status === "failed").length,
        last_run_at: runs.at(-1)?.lineage.created_at,
        active_job: active?.job_id ?? null,
      };
    });
    const refused =
      "configs/experiments/typo.yaml: eval.tp_tick: unknown key; allowed: tp_ticks, sl_ticks, thresholds";
    return [
      ...known,
      { name: "typo", in_lake: true, error: refused, signals: [], runs: 0, failed_runs: 0, active_job: null },
    ];
  }

  private promote(run: MockRun, body: Json): Answer {
    const { alias, threshold, override, who, expected_serving_id: expected } = body as Record<string, string>;
    const row = run.rows.find((each) => each.threshold === Number(threshold)) ?? run.rows[0];
    if (row === undefined) return problem(422, "BadInput", "the run failed: there is nothing to promote", {});
    const gate = gateOf(run, row);
    const { run_id, experiment, serving, signal, params } = run.lineage;
    if (!gate.passes && typeof override !== "string") {
      const words = `run ${run_id} may not be promoted, unless with an override and its reason`;
      return problem(403, "PromotionRefused", words, { run_id, reasons: gate.reasons });
    }
    const registry = this.registry();
    const name = `${experiment}-${signal}`;
    const hash = run_id.slice(0, 12);
    const id = `${name}-${hash}`;
    const previous = registry.moves.findLast((move) => move.alias === alias)?.serving ?? null;
    const created = registry.servings.every((each) => each.id !== id);
    const snapshot = { signal: { name: signal, params: JSON.parse(params) as unknown, weights: {} } };
    if (created)
      registry.publish({ name, hash, overrides: snapshot, source: { run_id, experiment, serving } });
    const why = override ?? `run ${run_id} at threshold ${row.threshold}`;
    const answer = registry.promote(alias ?? "", { serving_id: id, expected_serving_id: expected, who, why });
    if (answer[0] !== 200) return answer;
    const url = `/vp-stream.html?serving=${alias ?? ""}`;
    const done = { created, alias: answer[1], threshold: row.threshold, gate, streaming_url: url };
    const more = { overridden: !gate.passes, same_code: this.sameCode, previous_serving_id: previous };
    return [200, { ...done, ...more }];
  }

  /** Which servings came from a run, and whether an alias points at one. */
  private streaming({ lineage }: MockRun): Streaming {
    const registry = this.registry();
    const servings = registry.servings
      .filter(({ source }) => source["run_id"] === lineage.run_id)
      .map(({ id }) => ({
        serving_id: id,
        aliases: registry
          .names()
          .filter((alias) => registry.moves.findLast((move) => move.alias === alias)?.serving === id),
      }));
    const alias = servings.flatMap((each) => each.aliases)[0];
    return { servings, url: alias === undefined ? null : `/vp-stream.html?serving=${alias}` };
  }
}
