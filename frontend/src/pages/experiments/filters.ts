/** What the list of runs is narrowed by. */
import type { PageQuery } from "../../view/experiments-query.js";
import { DEFAULT_QUERY } from "../../view/experiments-query.js";
import type { RunList } from "../../wire/generated.js";
import { option, required } from "../dom.js";

export type Narrowing = Pick<PageQuery, "text" | "experiment" | "signal" | "dataset" | "minSignals">;

const TYPING_MS = 300;
const SELECTS = { experiment: "experiments", signal: "signals", dataset: "dataset_ids" } as const;
type SelectName = keyof typeof SELECTS;

export class Filters {
  private readonly text = required("filter-text", HTMLInputElement);
  private readonly min = required("filter-min", HTMLInputElement);
  private readonly clearButton = required("filter-clear", HTMLButtonElement);
  private readonly selects: Readonly<Record<SelectName, HTMLSelectElement>> = {
    experiment: required("filter-experiment", HTMLSelectElement),
    signal: required("filter-signal", HTMLSelectElement),
    dataset: required("filter-dataset", HTMLSelectElement),
  };
  private typing: ReturnType<typeof setTimeout> | undefined;

  /** `leave`: the list is to have the keyboard again. */
  constructor(
    private readonly changed: (narrowing: Partial<Narrowing>) => void,
    leave: () => void,
  ) {
    this.text.addEventListener("input", () => {
      this.changed({ text: this.text.value });
    });
    this.text.addEventListener("keydown", (event) => {
      if (!["ArrowDown", "Enter", "Escape"].includes(event.key)) return;
      if (event.key === "Escape" && this.text.value !== "") this.changed({ text: "" });
      event.preventDefault();
      leave();
    });
    this.min.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => {
        if (this.min.value !== "" && this.min.validity.valid)
          this.changed({ minSignals: Number(this.min.value) });
      }, TYPING_MS);
    });
    for (const [name, select] of Object.entries(this.selects)) {
      select.addEventListener("change", () => {
        this.changed({ [name]: select.value });
      });
    }
    this.clearButton.addEventListener("click", () => {
      this.clear();
    });
  }

  clear(): void {
    const { text, experiment, signal, dataset, minSignals } = DEFAULT_QUERY;
    this.changed({ text, experiment, signal, dataset, minSignals });
  }

  focus(): void {
    this.text.focus();
    this.text.select();
  }

  /** What is chosen, and what there is to choose from. */
  show(query: PageQuery, list: RunList | null): void {
    if (this.text.value !== query.text) this.text.value = query.text;
    if (document.activeElement !== this.min) this.min.value = String(query.minSignals);
    for (const name of Object.keys(SELECTS) as SelectName[]) {
      fill(this.selects[name], query[name], list?.[SELECTS[name]] ?? []);
    }
    this.clearButton.hidden = !isNarrowed(query);
  }
}

export function isNarrowed(query: PageQuery): boolean {
  const { text, experiment, signal, dataset, minSignals } = query;
  return text + experiment + signal + dataset !== "" || minSignals !== DEFAULT_QUERY.minSignals;
}

function fill(select: HTMLSelectElement, chosen: string, values: readonly string[]): void {
  const all = chosen === "" || values.includes(chosen) ? values : [chosen, ...values];
  const now = Array.from(select.options, (each) => each.value).slice(1);
  if (select.options.length === 0 || now.join("\n") !== all.join("\n")) {
    select.replaceChildren(option("", "all"), ...all.map((value) => option(value, value)));
  }
  select.value = chosen;
  select.title = chosen;
}
