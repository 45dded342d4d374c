/** Tables that can be read with the arrow keys: up and down go from row to row, Enter opens. */
import { make } from "./dom.js";

export interface Column<Row> {
  readonly label: string;
  readonly cell: (row: Row) => Node | string;
  /** `num` right, `wrap` for words, `nowrap`, `id` for ids. */
  readonly className?: string;
  /** The header is for screen readers only. */
  readonly quiet?: boolean;
}

export interface TableOptions<Row> {
  /** What the table lists, for those who cannot see it. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowClass?: (row: Row) => string;
}

/** A scrolling frame with the table in it. The first link or button of a row is where the arrow keys go. */
export function table<Row>({ caption, columns, rows, rowClass }: TableOptions<Row>): HTMLElement {
  const head = columns.map(({ label, className = "", quiet = false }) => {
    const cell = make("th", { scope: "col", className });
    cell.append(quiet ? make("span", { className: "visually-hidden", textContent: label }) : label);
    return cell;
  });
  const body = rows.map((row) => {
    const cells = columns.map(({ cell, className = "" }) => make("td", { className }, [cell(row)]));
    return make("tr", { className: rowClass?.(row) ?? "" }, cells);
  });
  const element = make("table", { className: "list" }, [
    make("caption", { className: "visually-hidden", textContent: caption }),
    make("thead", {}, [make("tr", {}, head)]),
    make("tbody", {}, body),
  ]);
  element.addEventListener("keydown", moveByArrow);
  return make("div", { className: "table-frame" }, [element]);
}

function moveByArrow(event: KeyboardEvent): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0 || !(event.target instanceof Element) || event.target instanceof HTMLSelectElement) return;
  const row = event.target.closest("tbody tr");
  const next = step > 0 ? row?.nextElementSibling : row?.previousElementSibling;
  const target = next?.querySelector<HTMLElement>("a, button");
  if (target === null || target === undefined) return;
  event.preventDefault();
  target.focus();
}
