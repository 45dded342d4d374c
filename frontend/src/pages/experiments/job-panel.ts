/** Jobs: submit an experiment of the lake, and what became of those that were submitted. */
import { isFinal } from "../../wire/experiments.js";
import type { ExperimentsClient } from "../../wire/experiments.js";
import type { ExperimentSummary, Job } from "../../wire/generated.js";
import { make, option } from "../dom.js";
import { button, note, reasonOf, sentence } from "../parts.js";
import type { JobBoard } from "./job-board.js";
import { JobCard } from "./job-card.js";

export interface JobPanelEvents {
  readonly close: () => void;
  readonly experiment: (name: string) => void;
}

export class JobPanel {
  readonly host = make("div", { className: "job-panel" });
  private readonly choice = make("select", { id: "submit-experiment", required: true });
  private readonly about = make("p", { className: "muted" });
  private readonly retry = make("input", { type: "checkbox" });
  private readonly submitButton = make("button", { className: "primary", textContent: "Run" });
  private readonly outcome = make("div", { className: "outcome" });
  private readonly list = make("div", { className: "job-list" });
  private readonly cards = new Map<string, JobCard>();
  private experiments: readonly ExperimentSummary[] = [];
  private unknown = false;

  constructor(
    private readonly client: ExperimentsClient,
    private readonly events: JobPanelEvents,
    private readonly board: () => JobBoard,
  ) {
    const close = button("×", events.close, "close");
    close.setAttribute("aria-label", "Close");
    const gap = make("span", { className: "gap" });
    const row = make("div", { className: "row" }, [make("h2", { textContent: "Jobs" }), gap, close]);
    this.list.append(note("busy", "Asking for the jobs."));
    this.host.append(make("header", {}, [row]), this.form(), this.list);
    this.choice.addEventListener("change", () => {
      this.describe();
    });
  }

  /** Which experiments there are may have changed since the panel was last open. */
  async opened(): Promise<void> {
    try {
      const { experiments } = await this.client.experiments();
      this.experiments = experiments.filter((each) => each.in_lake);
      if (this.unknown) this.outcome.replaceChildren();
      this.unknown = false;
    } catch (error) {
      this.unknown = true;
      this.outcome.replaceChildren(
        note("bad", `The experiments of the lake are not known: ${sentence(reasonOf(error))}`),
      );
      return;
    }
    const before = this.choice.value;
    this.choice.replaceChildren(
      option("", this.experiments.length === 0 ? "no experiment in the lake" : "choose an experiment"),
      ...this.experiments.map(({ name, error }) =>
        option(name, typeof error === "string" ? `${name} (refused)` : name),
      ),
    );
    if (this.experiments.some(({ name }) => name === before)) this.choice.value = before;
    this.describe();
  }

  listed(jobs: readonly Job[]): void {
    // Who answers again may be asked again what could not be answered before.
    if (this.unknown) void this.opened();
    const cards = jobs.map((job) => {
      const card = this.cards.get(job.job_id) ?? new JobCard(job, this.cardEvents());
      this.cards.set(job.job_id, card);
      card.show(job);
      return card.host;
    });
    const empty = note("quiet", "No job yet. Choose an experiment and run it, or use qm run.");
    const wanted = cards.length === 0 ? [empty] : cards;
    const same =
      wanted.length === this.list.childElementCount &&
      wanted.every((each, i) => each === this.list.children[i]);
    if (!same) this.list.replaceChildren(...wanted);
  }

  failed(reason: string): void {
    this.list.replaceChildren(note("bad", `The jobs are not known: ${sentence(reason)}`));
  }

  changed(job: Job): void {
    this.cards.get(job.job_id)?.show(job);
  }

  trouble(jobId: string, reason: string): void {
    this.cards.get(jobId)?.say(reason);
  }

  private form(): HTMLFormElement {
    const name = make("label", { className: "field" }, [
      make("span", { textContent: "Experiment" }),
      this.choice,
    ]);
    const retry = make("label", { className: "check" }, [this.retry, "Try failed points again"]);
    const form = make("form", { className: "submit" }, [
      make("div", { className: "row" }, [name, this.submitButton]),
      this.about,
      retry,
      this.outcome,
    ]);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit();
    });
    return form;
  }

  private async submit(): Promise<void> {
    this.submitButton.disabled = true;
    this.outcome.replaceChildren();
    try {
      const job = await this.client.submit({
        experiment: this.choice.value,
        retry_failed: this.retry.checked,
      });
      if (isFinal(job.state)) this.outcome.replaceChildren(note("warn", sentence(job.reason)));
      await Promise.all([this.board().refresh(), this.opened()]);
    } catch (error) {
      this.outcome.replaceChildren(note("bad", sentence(reasonOf(error))));
    }
    this.describe();
  }

  /** What the chosen experiment is, and whether it can be run. */
  private describe(): void {
    const chosen = this.experiments.find(({ name }) => name === this.choice.value);
    this.about.textContent = chosen === undefined ? "" : aboutOf(chosen);
    this.about.dataset["tone"] = typeof chosen?.error === "string" ? "bad" : "";
    const busy = typeof chosen?.active_job === "string";
    this.submitButton.disabled = chosen === undefined || typeof chosen.error === "string" || busy;
  }

  private cardEvents(): ConstructorParameters<typeof JobCard>[1] {
    return {
      experiment: this.events.experiment,
      cancel: async (job) => {
        try {
          this.changed(await this.client.cancel(job.job_id));
        } catch (error) {
          this.trouble(job.job_id, `It was not cancelled: ${reasonOf(error)}`);
        }
      },
    };
  }
}

function aboutOf(experiment: ExperimentSummary): string {
  if (typeof experiment.error === "string") return sentence(experiment.error);
  if (typeof experiment.active_job === "string") return "A job runs it already, or waits to.";
  const { signals, search, thresholds, runs, failed_runs: failed } = experiment;
  const parts = [signals.join(", ")];
  if (typeof search === "string") parts.push(`${search} search`);
  if (typeof thresholds === "number") parts.push(`${thresholds} thresholds`);
  parts.push(runs === 0 ? "not run yet" : `${runs} runs so far${failed > 0 ? `, ${failed} failed` : ""}`);
  return parts.filter((part) => part !== "").join(" · ");
}
