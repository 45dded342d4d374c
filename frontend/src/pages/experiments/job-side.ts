/** Jobs on the page: the button that tells how many run, the panel behind it, and what keeps both up to date. */
import { jobWords } from "../../view/experiments-words.js";
import { isFinal } from "../../wire/experiments.js";
import type { ExperimentsClient } from "../../wire/experiments.js";
import type { Job } from "../../wire/generated.js";
import { required } from "../dom.js";
import { JobBoard } from "./job-board.js";
import { JobPanel } from "./job-panel.js";

export interface JobSideEvents {
  readonly toggle: () => void;
  readonly experiment: (name: string) => void;
  readonly ended: () => void;
}

export class JobSide {
  readonly panel: JobPanel;
  private readonly button = required("jobs-button", HTMLButtonElement);
  private readonly board: JobBoard;
  private active = new Map<string, Job>();
  private open = false;

  constructor(client: ExperimentsClient, events: JobSideEvents) {
    this.panel = new JobPanel(
      client,
      { close: events.toggle, experiment: events.experiment },
      () => this.board,
    );
    this.board = new JobBoard(client, {
      listed: (jobs) => {
        this.panel.listed(jobs);
        this.active = new Map(jobs.filter((job) => !isFinal(job.state)).map((job) => [job.job_id, job]));
        this.label();
      },
      failed: (reason) => {
        this.panel.failed(reason);
      },
      changed: (job) => {
        this.panel.changed(job);
        if (isFinal(job.state)) this.active.delete(job.job_id);
        else this.active.set(job.job_id, job);
        this.label();
      },
      trouble: (jobId, reason) => {
        this.panel.trouble(jobId, reason);
      },
      ended: () => {
        if (this.open) void this.panel.opened();
        events.ended();
      },
    });
    this.button.addEventListener("click", events.toggle);
  }

  start(): void {
    this.board.start();
  }

  shown(open: boolean): void {
    this.button.setAttribute("aria-expanded", String(open));
    this.button.setAttribute("aria-pressed", String(open));
    if (open && !this.open) void this.panel.opened();
    this.open = open;
  }

  private label(): void {
    const active = [...this.active.values()];
    const first = active.find((job) => job.state === "running") ?? active[0];
    const share = first === undefined ? null : jobWords(first).share;
    const done = share === null ? "" : ` · ${Math.floor(share * 100)}%`;
    this.button.textContent = active.length === 0 ? "Jobs" : `Jobs: ${active.length} active${done}`;
    this.button.classList.toggle("active", active.length > 0);
  }
}
