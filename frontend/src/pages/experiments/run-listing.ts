/** The list of runs: asked for, narrowed, ordered; and what stands there where there is none. */
import type { RunColumn } from "../../view/experiments-column.js";
import { columnOf } from "../../view/experiments-columns.js";
import { matching, ordered } from "../../view/experiments-order.js";
import { DEFAULT_QUERY } from "../../view/experiments-query.js";
import type { PageQuery } from "../../view/experiments-query.js";
import { summaryWords } from "../../view/experiments-words.js";
import type { ExperimentsClient } from "../../wire/experiments.js";
import type { RunList } from "../../wire/generated.js";
import { required } from "../dom.js";
import { button, note, reasonOf, sentence } from "../parts.js";
import { Filters, isNarrowed } from "./filters.js";
import type { Narrowing } from "./filters.js";
import { RunTable } from "./run-table.js";
import type { TableEvents } from "./run-table.js";

const PENDING_MS = 3000;

export interface ListingEvents extends TableEvents {
  readonly narrow: (narrowing: Partial<Narrowing>) => void;
  readonly jobs: () => void;
  /** What was being worked out in the background is known now. */
  readonly settled: () => void;
}

export class RunListing {
  readonly table: RunTable;
  readonly filters: Filters;
  private readonly summary = required("summary", HTMLElement);
  private readonly noteHost = required("runs-note", HTMLElement);
  private list: RunList | null = null;
  private newest = 0;
  private asked = "";
  private later: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly client: ExperimentsClient,
    private readonly events: ListingEvents,
    private query: PageQuery,
  ) {
    this.table = new RunTable(required("runs", HTMLElement), events);
    this.filters = new Filters(events.narrow, () => {
      this.table.focus();
    });
  }

  /** What is there already is narrowed and ordered at once; what the service has to say follows. */
  show(query: PageQuery): void {
    this.query = query;
    this.draw();
    if (this.asked !== keyOf(query)) void this.load();
  }

  async load(): Promise<void> {
    const { query } = this;
    clearTimeout(this.later);
    this.newest += 1;
    const turn = this.newest;
    this.asked = keyOf(query);
    if (this.list === null) this.noteHost.replaceChildren(note("busy", "Asking for the runs."));
    this.summary.setAttribute("aria-busy", "true");
    try {
      const list = await this.client.runs({
        sort: rankedBy(query),
        minSignals: query.minSignals,
        signal: orNull(query.signal),
        datasetId: orNull(query.dataset),
        experiment: orNull(query.experiment),
      });
      if (turn !== this.newest) return;
      const settled = (this.list?.pending.length ?? 0) > 0 && list.pending.length === 0;
      this.list = list;
      this.draw();
      if (settled) this.events.settled();
      // What takes long is worked out in the background; the list is complete without it but for two columns.
      if (list.pending.length > 0) this.later = setTimeout(() => void this.load(), PENDING_MS);
    } catch (error) {
      if (turn !== this.newest) return;
      const again = button("Try again", () => void this.load());
      const words = `The runs are not available. ${sentence(reasonOf(error))}`;
      this.noteHost.replaceChildren(note("bad", words, [again]));
    }
    this.summary.removeAttribute("aria-busy");
  }

  private draw(): void {
    const { list, query } = this;
    this.filters.show(query, list);
    if (list === null) return;
    const column = sortColumn(query);
    const narrowed = list.runs.filter(
      (row) =>
        (query.signal === "" || row.signal === query.signal) &&
        (query.dataset === "" || row.dataset_id === query.dataset) &&
        (query.experiment === "" || row.experiment === query.experiment) &&
        row.n_signals >= query.minSignals,
    );
    const rows = ordered(matching(narrowed, query.text), column, query.reversed);
    this.table.show(rows, column.key, query.reversed);
    this.summary.textContent = summaryWords(list, rows);
    this.noteHost.replaceChildren(...this.emptyNote(list, rows.length));
  }

  private emptyNote(list: RunList, shown: number): readonly HTMLElement[] {
    if (shown > 0) return [];
    if (list.too_few_signals > 0 && list.runs.length === 0) {
      const words = `All runs have fewer than ${this.query.minSignals} signals at every threshold.`;
      const all = button("Show them", () => {
        this.events.narrow({ minSignals: 1 });
      });
      return [note("quiet", words, [all])];
    }
    if (isNarrowed(this.query)) {
      const clear = button("Clear the filters", () => {
        this.filters.clear();
      });
      return [note("quiet", "No run fits these filters.", [clear])];
    }
    const jobs = button("Run an experiment", this.events.jobs);
    return [note("quiet", "No runs yet. Run an experiment here, or with qm run.", [jobs])];
  }
}

function sortColumn({ sort }: PageQuery): RunColumn {
  const column = columnOf(sort) ?? columnOf(DEFAULT_QUERY.sort);
  if (column === undefined) throw new Error("the run table lacks the column that it is ranked by");
  return column;
}

/** By what the service ranks: words are put in order here. */
function rankedBy(query: PageQuery): string {
  const { key, look } = sortColumn(query);
  return look === "number" || look === "interval" ? key : DEFAULT_QUERY.sort;
}

function keyOf(query: PageQuery): string {
  return [rankedBy(query), query.minSignals, query.signal, query.dataset, query.experiment].join("\n");
}

function orNull(text: string): string | null {
  return text === "" ? null : text;
}
