/** Keeps the jobs up to date: the list now and then, the progress of the oldest active ones as it comes. */
import { reasonOf } from "../parts.js";
import { isFinal } from "../../wire/experiments.js";
import type { ExperimentsClient } from "../../wire/experiments.js";
import type { Job } from "../../wire/generated.js";

const ASK_MS = 4000;
/** Browsers open six connections to a host; others are left for requests. */
const MOST_WATCHED = 2;

export interface BoardEvents {
  /** All jobs, the newest first; or why they are not known. */
  readonly listed: (jobs: readonly Job[]) => void;
  readonly failed: (reason: string) => void;
  readonly changed: (job: Job) => void;
  readonly trouble: (jobId: string, reason: string) => void;
  /** A job has ended while it was looked at. */
  readonly ended: (job: Job) => void;
}

export class JobBoard {
  private jobs: readonly Job[] = [];
  private readonly watched = new Map<string, () => void>();

  constructor(
    private readonly client: ExperimentsClient,
    private readonly events: BoardEvents,
  ) {}

  /** Asks now and every few seconds while the page is looked at. */
  start(): void {
    void this.refresh();
    setInterval(() => {
      if (!document.hidden) void this.refresh();
    }, ASK_MS);
  }

  async refresh(): Promise<void> {
    let jobs: readonly Job[];
    try {
      ({ jobs } = await this.client.jobs());
    } catch (error) {
      this.events.failed(reasonOf(error));
      return;
    }
    const before = new Map(this.jobs.map((job) => [job.job_id, job]));
    this.jobs = jobs.map((job) => newer(before.get(job.job_id), job));
    this.events.listed(this.jobs);
    for (const job of this.jobs) {
      const known = before.get(job.job_id);
      if (known !== undefined && !isFinal(known.state) && isFinal(job.state)) this.events.ended(job);
    }
    this.watchActive();
  }

  private watchActive(): void {
    const active = this.jobs.filter((job) => !isFinal(job.state)).map((job) => job.job_id);
    const wanted = new Set(active.slice(-MOST_WATCHED));
    for (const [id, stop] of this.watched) {
      if (wanted.has(id)) continue;
      stop();
      this.watched.delete(id);
    }
    for (const id of wanted) {
      if (!this.watched.has(id)) this.watched.set(id, this.watch(id));
    }
  }

  private watch(id: string): () => void {
    return this.client.watch(id, {
      changed: (job) => {
        const known = this.jobs.find((each) => each.job_id === id);
        this.jobs = this.jobs.map((each) => (each.job_id === id ? newer(each, job) : each));
        this.events.trouble(id, "");
        this.events.changed(job);
        if (isFinal(job.state) && known !== undefined && !isFinal(known.state)) this.events.ended(job);
      },
      trouble: (reason) => {
        this.events.trouble(id, reason);
      },
    });
  }
}

function newer(known: Job | undefined, job: Job): Job {
  return known !== undefined && known.revision > job.revision ? known : job;
}
