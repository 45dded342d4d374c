/** Jobs of the fake harness: they queue, run at a steady rate, end or are cancelled; and tell whoever listens. */
import type { ServerResponse } from "node:http";
import type { Job } from "../../src/wire/generated.js";

const STEP_MS = 100;
const FINAL: readonly Job["state"][] = ["done", "failed", "cancelled"];

export class MockJobs {
  /** Newest first. */
  all: Job[] = [];
  /** Points that a job does in a second. */
  rate = 200;
  private readonly listeners = new Map<string, Set<ServerResponse>>();
  private timer: ReturnType<typeof setInterval> | null = null;

  constructor() {
    this.all = [
      job("k3v9x1aa", "gbm-walk-forward", {
        state: "failed",
        reason:
          "dataset ESM4_20240507_0930_1600__esm4-day__90cc17e2: grid_clean.parquet does not match its checksum",
        ended_at: "2026-11-22T16:03:11.5Z",
      }),
      job("k3v9w0zz", "ofi-sweep", {
        state: "done",
        ended_at: "2026-11-22T15:32:44.1Z",
        progress: {
          ...{ phase: "points", dataset: "", points: 114, reused: 12, finished: 98, failed: 4 },
          points_per_second: 22.4,
        },
        errors: [{ error: "lead_bins 8 needs at least 9 bins of history, the dataset has 4", points: 4 }],
      }),
    ];
  }

  submit(experiment: string): Job {
    const queued = job(`m${Date.now().toString(36)}`, experiment, { state: "queued", started_at: null });
    this.all.unshift(queued);
    this.timer ??= setInterval(() => {
      this.step();
    }, STEP_MS);
    return queued;
  }

  cancel(id: string): Job | null {
    const found = this.all.find((each) => each.job_id === id);
    if (found === undefined) return null;
    return this.change(id, found.state === "queued" ? { state: "cancelled" } : { cancel_requested: true });
  }

  follow(id: string, response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    const now = this.all.find((each) => each.job_id === id);
    response.write("retry: 1000\n");
    if (now !== undefined) response.write(eventOf(now));
    const listening = this.listeners.get(id) ?? new Set();
    this.listeners.set(id, listening.add(response));
    response.on("close", () => listening.delete(response));
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
  }

  private step(): void {
    for (const { job_id: id, state, progress, cancel_requested: cancelled } of [...this.all]) {
      if (state === "queued")
        this.change(id, { state: "running", started_at: now(), attempt: 1, worker: "mock-1" });
      if (state !== "running") continue;
      if (cancelled) {
        this.change(id, { state: "cancelled", reason: "cancelled by request", ended_at: now() });
      } else if (progress?.phase !== "points") {
        const points = { ...ZERO, phase: "points" as const, points: 480, reused: 40 };
        this.change(id, { progress: points });
      } else {
        const left = progress.points - progress.reused - progress.finished - progress.failed;
        const more = Math.min(left, Math.round((this.rate * STEP_MS) / 1000));
        const finished = progress.finished + more;
        const standing = { points_per_second: this.rate, seconds_left: (left - more) / this.rate };
        const over: Partial<Job> = left === more ? { state: "done", ended_at: now() } : {};
        this.change(id, { progress: { ...progress, ...standing, finished }, ...over });
      }
    }
  }

  private change(id: string, part: Partial<Job>): Job | null {
    this.all = this.all.map((each) =>
      each.job_id === id ? { ...each, ...part, revision: each.revision + 1 } : each,
    );
    const changed = this.all.find((each) => each.job_id === id) ?? null;
    for (const listener of this.listeners.get(id) ?? []) {
      if (changed === null) continue;
      listener.write(eventOf(changed));
      if (FINAL.includes(changed.state)) listener.end();
    }
    return changed;
  }
}

const ZERO = { dataset: "", reused: 0, finished: 0, failed: 0 };

function job(id: string, experiment: string, part: Partial<Job>): Job {
  return {
    job_id: id,
    experiment,
    state: "queued",
    cancel_requested: false,
    reason: "",
    created_at: "2026-11-22T15:30:12.3Z",
    started_at: "2026-11-22T15:30:13.0Z",
    ended_at: null,
    attempt: 0,
    worker: "",
    revision: 1,
    progress: null,
    errors: [],
    ...part,
  };
}

function now(): string {
  return new Date().toISOString();
}

function eventOf(each: Job): string {
  return `event: job\nid: ${each.revision}\ndata: ${JSON.stringify(each)}\n\n`;
}
