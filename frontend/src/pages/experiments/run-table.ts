/**
 * The table of runs. Only the rows in sight and a few around them are in the document, so ten thousand scroll like
 * ten. The arrow keys move a cursor; Enter opens what it is on.
 */
import { RUN_COLUMNS } from "../../view/experiments-columns.js";
import type { RunKey } from "../../view/experiments-column.js";
import { intervalScale } from "../../view/experiments-interval.js";
import { rowWindow, scrolledTo, stepOf } from "../../view/experiments-window.js";
import type { Viewport } from "../../view/experiments-window.js";
import type { RunListRow } from "../../wire/generated.js";
import { make } from "../dom.js";
import { TableHead } from "./table-head.js";
import { RunBody } from "./run-body.js";
import { rowId } from "./run-row.js";

const ROW_REM = 2.1;

export interface TableEvents {
  readonly open: (row: RunListRow) => void;
  /** The cursor came to a row by the keyboard. */
  readonly moved: (row: RunListRow) => void;
  readonly sort: (key: RunKey) => void;
}

export class RunTable {
  private readonly head: TableHead;
  private readonly body = new RunBody();
  private readonly table: HTMLTableElement;
  private rows: readonly RunListRow[] = [];
  private scale = intervalScale([]);
  private cursor = 0;
  private openId = "";
  private order = "";
  private scheduled = false;
  /** Whole pixels, so that ten thousand rows are as high as ten thousand times one. */
  private rowPx = 0;

  constructor(
    private readonly host: HTMLElement,
    private readonly events: TableEvents,
  ) {
    this.head = new TableHead((key) => {
      events.sort(key);
    });
    const widths = RUN_COLUMNS.map((column) => {
      const col = make("col");
      col.style.width = `${column.width}rem`;
      return col;
    });
    this.table = make("table", { className: "run-table", tabIndex: 0 }, [
      make("caption", { className: "visually-hidden", textContent: "Runs, each at its best threshold" }),
      make("colgroup", {}, widths),
      this.head.element,
      this.body.above,
      this.body.body,
      this.body.below,
    ]);
    const total = RUN_COLUMNS.reduce((sum, column) => sum + column.width, 0);
    this.table.style.width = `${total}rem`;
    this.table.setAttribute("role", "grid");
    host.replaceChildren(this.table);
    host.addEventListener("scroll", () => {
      this.schedule();
    });
    new ResizeObserver(() => {
      this.measure();
    }).observe(host);
    this.measure();
    this.body.body.addEventListener("click", ({ target }) => {
      const row = target instanceof Element && target.closest("a") === null ? target.closest("tr") : null;
      if (row === null) return;
      this.point(Number(row.dataset["index"]));
      this.open();
    });
    this.table.addEventListener("keydown", (event) => {
      this.key(event);
    });
  }

  show(rows: readonly RunListRow[], sort: RunKey, reversed: boolean): void {
    const wanted = this.openId === "" ? this.rows[this.cursor]?.run_id : this.openId;
    const first = this.rows.length === 0;
    const order = `${sort} ${reversed}`;
    this.rows = rows;
    this.scale = intervalScale(rows);
    this.head.show(sort, reversed);
    this.table.setAttribute("aria-rowcount", String(rows.length + 1));
    this.cursor = Math.max(
      0,
      rows.findIndex((row) => row.run_id === wanted),
    );
    this.body.forget();
    if (order !== this.order) this.host.scrollTop = 0;
    this.order = order;
    this.draw();
    // Only now is there anything to scroll.
    if (first) this.bring(this.cursor);
  }

  /** Marks the run whose details are open, and points at it. */
  markOpen(runId: string): void {
    if (runId === this.openId) return;
    this.openId = runId;
    const index = this.rows.findIndex((row) => row.run_id === runId);
    if (index >= 0) this.point(index);
    this.mark();
  }

  focus(): void {
    this.table.focus({ preventScroll: true });
    this.bring(this.cursor);
  }

  move(step: number): void {
    if (this.rows.length === 0) return;
    this.point(Math.max(0, Math.min(this.rows.length - 1, this.cursor + step)));
    const row = this.rows[this.cursor];
    if (row !== undefined) this.events.moved(row);
  }

  open(): void {
    const row = this.rows[this.cursor];
    if (row !== undefined) this.events.open(row);
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this.table) return;
    const step = stepOf(event.key, this.viewport(), this.rows.length);
    if (step !== null) this.move(step);
    else if (event.key === "Enter") this.open();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private point(index: number): void {
    this.cursor = index;
    this.bring(index);
    this.mark();
  }

  private bring(index: number): void {
    const view = this.viewport();
    const top = scrolledTo(index, view, this.rows.length);
    if (top !== view.top) this.host.scrollTop = top;
    this.draw();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      this.draw();
    });
  }

  private draw(): void {
    const changed = this.body.show(rowWindow(this.viewport(), this.rows.length), this.rows, this.scale);
    if (changed) this.mark();
  }

  private mark(): void {
    for (const [index, element] of this.body.drawn) {
      element.classList.toggle("cursor", index === this.cursor);
      const open = this.openId !== "" && this.rows[index]?.run_id === this.openId;
      if (open) element.setAttribute("aria-selected", "true");
      else element.removeAttribute("aria-selected");
    }
    if (this.body.drawn.has(this.cursor))
      this.table.setAttribute("aria-activedescendant", rowId(this.cursor));
    else this.table.removeAttribute("aria-activedescendant");
  }

  private viewport(): Viewport {
    const { scrollTop, clientHeight } = this.host;
    const head = this.head.element.offsetHeight;
    return { top: scrollTop, height: Math.max(0, clientHeight - head), rowHeight: this.rowPx };
  }

  private measure(): void {
    const em = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.rowPx = Math.round(em * ROW_REM);
    this.host.style.setProperty("--row", `${this.rowPx}px`);
    this.schedule();
  }
}
