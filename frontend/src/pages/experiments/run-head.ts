/** The head of a run's details: which run, at which threshold, and what can be done with it. */
import type { ExperimentsClient } from "../../wire/experiments.js";
import type { RunDetail, ThresholdDetail } from "../../wire/generated.js";
import { make, option } from "../dom.js";
import { button, link } from "../parts.js";
import { reportLink } from "./report-link.js";
import type { PanelEvents } from "./run-panel.js";

export function runHead(
  client: ExperimentsClient,
  detail: RunDetail,
  at: ThresholdDetail | undefined,
  events: PanelEvents,
): HTMLElement {
  const { lineage } = detail;
  const title = make("h2", {}, [lineage.signal]);
  if (at?.is_winner === true) {
    const mark = make("span", { className: "winner", textContent: "★ winner" });
    mark.dataset["tip"] = "Holm-corrected p-value of at most 5 % and an interval of the net mean above zero.";
    title.append(mark);
  }
  const experiment = button(lineage.experiment, () => {
    events.experiment(lineage.experiment);
  });
  experiment.className = "quiet";
  experiment.dataset["tip"] = "Show only the runs of this experiment.";
  const close = button("×", events.close, "close");
  close.setAttribute("aria-label", "Close");
  const gap = (): HTMLElement => make("span", { className: "gap" });
  const first = make("div", { className: "row" }, [title, experiment, gap(), close]);
  const second = make("div", { className: "row" }, [
    ...(at === undefined ? [] : [thresholdChoice(detail, at, events)]),
    gap(),
    reportLink(client, lineage.experiment),
    streamLink(detail),
    ...(at === undefined ? [] : [promoteButton(detail, at, events)]),
  ]);
  return make("header", {}, [first, second]);
}

function promoteButton(detail: RunDetail, at: ThresholdDetail, events: PanelEvents): HTMLElement {
  return button(
    "Promote…",
    () => {
      events.promote(detail, at);
    },
    "primary",
  );
}

function thresholdChoice(detail: RunDetail, at: ThresholdDetail, events: PanelEvents): HTMLElement {
  const choice = make("select", { id: "threshold" });
  choice.append(
    ...detail.thresholds.map((row) => {
      const said = [
        ...(row.threshold === detail.best_threshold ? ["best in sample"] : []),
        ...(row.is_winner ? ["★"] : []),
        ...(row.enough_signals ? [] : ["few signals"]),
      ];
      const label = said.length === 0 ? String(row.threshold) : `${row.threshold} (${said.join(", ")})`;
      return option(String(row.threshold), label);
    }),
  );
  choice.value = String(at.threshold);
  choice.addEventListener("change", () => {
    events.threshold(Number(choice.value));
  });
  return make("label", { className: "choice" }, [make("span", { textContent: "Threshold" }), choice]);
}

/** Without an alias there is nothing to open, and the button says why. */
function streamLink({
  can_stream: can,
  streaming_url: url,
  registry_problem: problem,
}: RunDetail): HTMLElement {
  if (can && typeof url === "string") return link(url, "Open stream", "button");
  const off = make("button", { type: "button", textContent: "Open stream" });
  off.setAttribute("aria-disabled", "true");
  off.dataset["tip"] =
    typeof problem === "string"
      ? `It is not known whether this run can be streamed: ${problem}`
      : "No alias points at a serving of this run. Promote it first.";
  return off;
}
