/** One job: its state, how far it is, what went wrong, and a way to cancel it. */
import { shortTime } from "../../view/experiments-format.js";
import { jobWords } from "../../view/experiments-words.js";
import { grouped } from "../../view/format.js";
import { isFinal } from "../../wire/experiments.js";
import type { Job } from "../../wire/generated.js";
import { make } from "../dom.js";
import { button, note, sentence } from "../parts.js";

export interface CardEvents {
  readonly cancel: (job: Job) => Promise<void>;
  readonly experiment: (name: string) => void;
}

export class JobCard {
  readonly host = make("article", { className: "job" });
  private readonly pill = make("span", { className: "pill" });
  private readonly bar = make("progress", { max: 1 });
  private readonly detail = make("p", { className: "muted" });
  private readonly trouble = make("p", { className: "muted trouble", hidden: true });
  private readonly reasons = make("div");
  private readonly cancelButton: HTMLButtonElement;

  constructor(
    public job: Job,
    events: CardEvents,
  ) {
    const name = button(
      job.experiment,
      () => {
        events.experiment(job.experiment);
      },
      "quiet",
    );
    name.dataset["tip"] = "Show the runs of this experiment.";
    this.cancelButton = button("Cancel", () => {
      this.cancelButton.disabled = true;
      void events.cancel(this.job);
    });
    const when = make("span", { className: "muted", textContent: shortTime(job.created_at) });
    const gap = make("span", { className: "gap" });
    this.host.append(
      make("div", { className: "row" }, [name, this.pill, gap, when, this.cancelButton]),
      this.bar,
      this.detail,
      this.trouble,
      this.reasons,
    );
    this.show(job);
  }

  /** An older state than what is shown is left aside. */
  show(job: Job): void {
    if (job.revision < this.job.revision) return;
    this.job = job;
    const words = jobWords(job);
    this.pill.textContent = words.label;
    this.pill.dataset["tone"] = words.tone;
    const ended = isFinal(job.state);
    this.bar.hidden = ended && words.share === null;
    if (words.share === null) this.bar.removeAttribute("value");
    else this.bar.value = words.share;
    this.bar.dataset["tone"] = words.tone;
    this.bar.setAttribute("aria-label", `${job.experiment}: ${words.detail}`);
    this.detail.textContent = words.detail;
    this.detail.hidden = words.detail === "";
    if (job.attempt > 1)
      this.detail.title = `${job.attempt} workers have taken it; ${job.worker} was the last`;
    this.cancelButton.hidden = ended;
    this.cancelButton.disabled = job.cancel_requested;
    if (ended) this.say("");
    this.reasons.replaceChildren(...reasonsOf(job));
  }

  /** Trouble with its progress; empty when there is none. */
  say(trouble: string): void {
    this.trouble.textContent = trouble === "" ? "" : sentence(trouble);
    this.trouble.hidden = trouble === "";
    this.cancelButton.disabled = this.job.cancel_requested;
  }
}

function reasonsOf({ state, reason, errors }: Job): readonly HTMLElement[] {
  const found: HTMLElement[] = [];
  if (state === "failed" && reason !== "") found.push(note("bad", sentence(reason)));
  if (errors.length > 0) {
    const lines = errors.map(({ error, points }) =>
      make("li", { textContent: `${grouped(points)} ${points === 1 ? "point" : "points"}: ${error}` }),
    );
    found.push(
      make("details", {}, [make("summary", { textContent: "Why points failed" }), make("ul", {}, lines)]),
    );
  }
  return found;
}
