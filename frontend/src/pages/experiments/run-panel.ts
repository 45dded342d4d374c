/** Everything about one run, beside the table. */
import { nearest } from "../../view/chart-scale.js";
import { describeError, RequestFailed } from "../../wire/errors.js";
import type { ExperimentsClient } from "../../wire/experiments.js";
import type { RunDetail, ThresholdDetail } from "../../wire/generated.js";
import { make } from "../dom.js";
import { button, note, sentence } from "../parts.js";
import { RunCharts } from "./run-charts.js";
import { gateNote, lineage, samples, tiles } from "./run-facts.js";
import { runHead } from "./run-head.js";

export interface PanelEvents {
  readonly close: () => void;
  readonly threshold: (threshold: number) => void;
  readonly promote: (detail: RunDetail, at: ThresholdDetail) => void;
  readonly experiment: (name: string) => void;
}

export class RunPanel {
  readonly host = make("div", { className: "run-panel" });
  private runId = "";
  private wanted: number | null = null;
  private detail: RunDetail | null = null;

  constructor(
    private readonly client: ExperimentsClient,
    private readonly events: PanelEvents,
  ) {}

  /** `threshold` null: the best of the run. */
  show(runId: string, threshold: number | null): void {
    const changed = runId !== this.runId || threshold !== this.wanted;
    this.wanted = threshold;
    if (runId !== this.runId) {
      this.runId = runId;
      void this.load();
    } else if (changed) {
      this.draw();
    }
  }

  forget(): void {
    this.runId = "";
    this.detail = null;
    this.host.replaceChildren();
  }

  /** Ask again, after something was promoted. */
  async load(): Promise<void> {
    const { runId } = this;
    this.host.setAttribute("aria-busy", "true");
    if (this.detail === null) this.host.replaceChildren(this.bare(), note("busy", "Reading the run."));
    try {
      const detail = await this.client.detail(runId);
      if (runId !== this.runId) return;
      this.detail = detail;
      this.draw();
    } catch (error) {
      if (runId !== this.runId) return;
      this.detail = null;
      this.host.replaceChildren(this.bare(), this.failure(error));
    }
    this.host.removeAttribute("aria-busy");
  }

  private draw(): void {
    const { detail } = this;
    if (detail?.lineage.run_id !== this.runId) return;
    const chosen = this.chosen(detail);
    const at = detail.thresholds[chosen];
    const focused = this.host.contains(document.activeElement) ? (document.activeElement?.id ?? "") : "";
    this.host.replaceChildren(
      runHead(this.client, detail, at, this.events),
      ...this.content(detail, at, chosen),
    );
    // Whoever steps through the thresholds by keys stays there.
    if (focused !== "") this.host.querySelector<HTMLElement>(`#${focused}`)?.focus();
  }

  private content(
    detail: RunDetail,
    at: ThresholdDetail | undefined,
    chosen: number,
  ): readonly HTMLElement[] {
    if (at === undefined) {
      const why = detail.lineage.error ?? "no threshold was evaluated";
      return [note("bad", `This run failed: ${sentence(why)}`), lineage(detail)];
    }
    const charts = new RunCharts(detail, chosen, (index) => {
      const row = detail.thresholds[index];
      if (row !== undefined) this.events.threshold(row.threshold);
    });
    return [tiles(detail, at), gateNote(at), charts.host, samples(at), lineage(detail)];
  }

  private chosen({ thresholds, best_threshold: best }: RunDetail): number {
    const all = thresholds.map((row) => row.threshold);
    return nearest(all, this.wanted ?? best ?? all[0] ?? 0);
  }

  /** A head for when there is nothing to say about the run. */
  private bare(): HTMLElement {
    const close = button("×", this.events.close, "close");
    close.setAttribute("aria-label", "Close");
    const title = make("h2", { textContent: "Run" });
    const id = make("span", { className: "muted", textContent: this.runId });
    return make("header", {}, [title, id, make("span", { className: "gap" }), close]);
  }

  private failure(error: unknown): HTMLElement {
    const again = button("Try again", () => void this.load());
    const missing = error instanceof RequestFailed && error.status === 404;
    const words = error instanceof RequestFailed ? error.reason : describeError(error);
    return note("bad", missing ? `There is no such run. ${sentence(words)}` : sentence(words), [again]);
  }
}
