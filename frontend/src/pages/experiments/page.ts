/** The experiments page: what its address says is what it shows. */
import { formatQuery, parseQuery } from "../../view/experiments-query.js";
import type { PageQuery } from "../../view/experiments-query.js";
import { ExperimentsClient } from "../../wire/experiments.js";
import type { RunListRow } from "../../wire/generated.js";
import { required } from "../dom.js";
import { JobSide } from "./job-side.js";
import { PromoteDialog } from "./promote.js";
import { RunListing } from "./run-listing.js";
import { RunPanel } from "./run-panel.js";

/** While the arrow keys are held down, details of what is passed are not asked for. */
const SETTLE_MS = 140;

export class ExperimentsPage {
  readonly listing: RunListing;
  private readonly jobs: JobSide;
  private readonly run: RunPanel;
  private readonly panel = required("panel", HTMLElement);
  private query: PageQuery = parseQuery(location.search);
  private settling: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    const client = new ExperimentsClient();
    const experiment = (name: string): void => {
      this.change({ experiment: name });
    };
    this.listing = new RunListing(
      client,
      {
        open: (row) => {
          this.openRun(row);
        },
        moved: (row) => {
          this.follow(row);
        },
        sort: (key) => {
          this.change({ sort: key, reversed: this.query.sort === key && !this.query.reversed });
        },
        narrow: (narrowing) => {
          this.change(narrowing);
        },
        jobs: () => {
          this.toggleJobs();
        },
        settled: () => {
          if (this.query.run !== "") void this.run.load();
        },
      },
      this.query,
    );
    const dialog = new PromoteDialog(client, () => {
      void this.run.load();
      void this.listing.load();
    });
    this.run = new RunPanel(client, {
      close: () => {
        this.close();
      },
      threshold: (threshold) => {
        this.change({ threshold });
      },
      promote: (detail, at) => {
        dialog.open(detail, at);
      },
      experiment,
    });
    this.jobs = new JobSide(client, {
      toggle: () => {
        this.toggleJobs();
      },
      experiment,
      ended: () => {
        void this.listing.load();
      },
    });
    addEventListener("popstate", () => {
      this.show(parseQuery(location.search));
    });
  }

  start(): void {
    this.show(this.query);
    this.jobs.start();
    this.listing.table.focus();
  }

  /** Whatever is open beside the table. */
  close(): void {
    clearTimeout(this.settling);
    if (this.query.run !== "" || this.query.jobs) {
      this.change({ run: "", threshold: null, jobs: false }, true);
    }
    this.listing.table.focus();
  }

  toggleJobs(): void {
    if (this.query.jobs) this.close();
    else this.change({ jobs: true, run: "", threshold: null }, true);
  }

  private openRun(row: RunListRow): void {
    clearTimeout(this.settling);
    this.change({ run: row.run_id, threshold: row.threshold, jobs: false }, this.query.run === "");
  }

  /** With a run open, the details follow the cursor. */
  private follow(row: RunListRow): void {
    clearTimeout(this.settling);
    if (this.query.run === "") return;
    this.settling = setTimeout(() => {
      this.openRun(row);
    }, SETTLE_MS);
  }

  /** `step`: the browser's way back leads to what was before it. */
  private change(part: Partial<PageQuery>, step = false): void {
    const query = { ...this.query, ...part };
    const url = location.pathname + formatQuery(query);
    if (step) history.pushState(null, "", url);
    else history.replaceState(null, "", url);
    this.show(query);
  }

  private show(query: PageQuery): void {
    this.query = query;
    const { run, jobs, threshold } = query;
    this.panel.hidden = run === "" && !jobs;
    this.panel.setAttribute("aria-label", run === "" ? "Jobs" : "Details of the run");
    const content = run === "" ? this.jobs.panel.host : this.run.host;
    if (this.panel.firstElementChild !== content) this.panel.replaceChildren(content);
    if (run === "") this.run.forget();
    else this.run.show(run, threshold);
    this.jobs.shown(jobs && run === "");
    this.listing.show(query);
    this.listing.table.markOpen(run);
  }
}
