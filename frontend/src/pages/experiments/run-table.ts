/**
 * The table of runs. Only the rows in sight and a few around them are in the document, so ten thousand scroll like
 * ten. The arrow keys move a cursor; Enter opens what it is on.
 */
import { RUN_COLUMNS } from "../../view/experiments-columns.js";
import type { RunKey } from "../../view/experiments-column.js";
import { intervalScale } from "../../view/experiments-interval.js";
import { rowWindow, scrolledTo } from "../../view/experiments-window.js";
import type { RowWindow, Viewport } from "../../view/experiments-window.js";
import type { RunListRow } from "../../wire/generated.js";
import { make } from "../dom.js";
import { TableHead } from "./table-head.js";
import { rowId, runRow } from "./run-row.js";

const ROW_REM = 2.1;

export interface TableEvents {
  readonly open: (row: RunListRow) => void;
  /** The cursor came to a row by the keyboard. */
  readonly moved: (row: RunListRow) => void;
  readonly sort: (key: RunKey) => void;
}

export class RunTable {
  private readonly head: TableHead;
  private readonly body = make("tbody");
  private readonly above = make("tbody", { className: "spacer" }, [make("tr")]);
  private readonly below = make("tbody", { className: "spacer" }, [make("tr")]);
  private readonly table: HTMLTableElement;
  private rows: readonly RunListRow[] = [];
  private scale = intervalScale([]);
  private drawn = new Map<number, HTMLTableRowElement>();
  private shown: RowWindow | null = null;
  private cursor = 0;
  private openId = "";
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
      this.above,
      this.body,
      this.below,
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
    this.body.addEventListener("click", ({ target }) => {
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
    const before = this.rows[this.cursor]?.run_id;
    this.rows = rows;
    this.scale = intervalScale(rows);
    this.head.show(sort, reversed);
    this.table.setAttribute("aria-rowcount", String(rows.length + 1));
    const again = rows.findIndex((row) => row.run_id === before);
    this.cursor = Math.max(0, again);
    this.forget();
    this.draw();
  }

  /** Marks the run whose details are open, and points at it. */
  markOpen(runId: string): void {
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
    const page = Math.max(1, Math.floor(this.viewport().height / this.rowPx) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -this.rows.length,
      End: this.rows.length,
    };
    const step = steps[event.key];
    if (step !== undefined) this.move(step);
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

  private forget(): void {
    this.drawn = new Map();
    this.shown = null;
    this.body.replaceChildren();
  }

  private draw(): void {
    const next = rowWindow(this.viewport(), this.rows.length);
    if (this.shown?.first === next.first && this.shown.end === next.end) return;
    this.shown = next;
    const drawn = new Map<number, HTMLTableRowElement>();
    for (const [offset, row] of this.rows.slice(next.first, next.end).entries()) {
      const index = next.first + offset;
      drawn.set(index, this.drawn.get(index) ?? runRow(row, index, this.scale));
    }
    this.drawn = drawn;
    this.body.replaceChildren(...drawn.values());
    spread(this.above, next.above);
    spread(this.below, next.below);
    this.mark();
  }

  private mark(): void {
    for (const [index, element] of this.drawn) {
      element.classList.toggle("cursor", index === this.cursor);
      const open = this.openId !== "" && this.rows[index]?.run_id === this.openId;
      if (open) element.setAttribute("aria-selected", "true");
      else element.removeAttribute("aria-selected");
    }
    if (this.drawn.has(this.cursor)) this.table.setAttribute("aria-activedescendant", rowId(this.cursor));
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
    this.shown = null;
    this.schedule();
  }
}

function spread(spacer: HTMLElement, pixels: number): void {
  spacer.hidden = pixels === 0;
  const row = spacer.firstElementChild;
  if (row instanceof HTMLElement) row.style.height = `${pixels}px`;
}
