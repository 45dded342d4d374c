/**
 * The harness over REST, as it is passed through by the gateway: runs, experiments, jobs and their progress,
 * promotion. Every failure is a WireError in words.
 */
import { describeError } from "./errors.js";
import type {
  ExperimentList,
  Job,
  JobList,
  JobSubmit,
  PromoteRun,
  PromotedRun,
  RunDetail,
  RunList,
} from "./generated.js";
import { Http, query } from "./http.js";
import { decodeShape, parseJson } from "./messages.js";
import { storedToken } from "./token.js";

/** Where a token is wanted: a browser's event streams cannot show one. */
const POLL_MS = 1000;
const ROOT = "/v1/experiments";
/** Runs that are asked for at most: as many as the service gives. */
export const MOST_RUNS = 10_000;

export interface RunFilter {
  readonly sort: string;
  readonly minSignals: number;
  readonly signal?: string | null;
  readonly datasetId?: string | null;
  readonly experiment?: string | null;
}

export interface JobWatcher {
  readonly changed: (job: Job) => void;
  /** In words; the browser keeps trying where it can. */
  readonly trouble: (reason: string) => void;
}

export class ExperimentsClient {
  private readonly http: Http;

  /** `base` is "" for the page's own origin. */
  constructor(private readonly base = "") {
    this.http = new Http(base);
  }

  async experiments(): Promise<ExperimentList> {
    return this.http.message("ExperimentList", "GET", ROOT);
  }

  /** Best first by `sort`, each at its best threshold by it. */
  async runs(filter: RunFilter): Promise<RunList> {
    const { sort, minSignals, signal, datasetId, experiment } = filter;
    const asked = {
      sort,
      min_signals: minSignals,
      top_n: MOST_RUNS,
      signal,
      dataset_id: datasetId,
      experiment,
    };
    return this.http.message("RunList", "GET", `${ROOT}/runs${query(asked)}`);
  }

  async detail(runId: string): Promise<RunDetail> {
    return this.http.message("RunDetail", "GET", `${ROOT}/runs/${encodeURIComponent(runId)}/detail`);
  }

  /** 403 where the gate refuses, 409 where the alias has moved meanwhile. */
  async promote(runId: string, request: PromoteRun): Promise<PromotedRun> {
    const path = `${ROOT}/runs/${encodeURIComponent(runId)}/promote`;
    return this.http.message("PromotedRun", "POST", path, request);
  }

  /** The HTML report, for those who may not follow `reportUrl`: they have a token to show. */
  async report(experiment: string): Promise<Blob> {
    return (await this.http.fetch(reportUrl(experiment))).blob();
  }

  async jobs(): Promise<JobList> {
    return this.http.message("JobList", "GET", `${ROOT}/jobs`);
  }

  async submit(request: Partial<JobSubmit>): Promise<Job> {
    return this.http.message("Job", "POST", `${ROOT}/jobs`, request);
  }

  async cancel(jobId: string): Promise<Job> {
    return this.http.message("Job", "POST", `${ROOT}/jobs/${encodeURIComponent(jobId)}/cancel`);
  }

  /** Every change of a job as it comes; answers with what ends it. */
  watch(jobId: string, { changed, trouble }: JobWatcher): () => void {
    if (storedToken() !== null) return this.poll(jobId, { changed, trouble });
    const path = `${ROOT}/jobs/${encodeURIComponent(jobId)}/progress`;
    const events = new EventSource(this.base + path);
    const read = ({ data }: MessageEvent<string>): void => {
      let job: Job;
      try {
        job = decodeShape(parseJson(data, path), "Job", path) as unknown as Job;
      } catch (error) {
        events.close();
        trouble(describeError(error));
        return;
      }
      if (isFinal(job.state)) events.close();
      changed(job);
    };
    events.addEventListener("job", read);
    events.addEventListener("error", () => {
      trouble(
        events.readyState === EventSource.CLOSED
          ? "its progress is not available"
          : "the connection was lost; trying again",
      );
    });
    return () => {
      events.close();
    };
  }

  private poll(jobId: string, { changed, trouble }: JobWatcher): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    let revision = -1;
    const look = async (): Promise<void> => {
      try {
        const path = `${ROOT}/jobs/${encodeURIComponent(jobId)}`;
        const job = await this.http.message<Job>("Job", "GET", path);
        if (stopped) return;
        if (job.revision !== revision) changed(job);
        revision = job.revision;
        if (isFinal(job.state)) return;
      } catch (error) {
        if (!stopped) trouble(describeError(error));
      }
      if (!stopped) timer = setTimeout(() => void look(), POLL_MS);
    };
    void look();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }
}

export function isFinal(state: Job["state"]): boolean {
  return state === "done" || state === "failed" || state === "cancelled";
}

/** The HTML report of an experiment. */
export function reportUrl(experiment: string): string {
  return `${ROOT}/${encodeURIComponent(experiment)}/report`;
}
