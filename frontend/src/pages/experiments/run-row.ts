/** One run as a row of the table. */
import { RUN_COLUMNS } from "../../view/experiments-columns.js";
import type { RunColumn } from "../../view/experiments-column.js";
import { intervalBar } from "../../view/experiments-interval.js";
import type { Domain } from "../../view/chart-scale.js";
import type { RunListRow } from "../../wire/generated.js";
import { make } from "../dom.js";

/** Cells whose text may be longer than they are wide: the whole is shown on hover. */
const LONG_REM = 8;

export const rowId = (index: number): string => `run-row-${index}`;

export function runRow(row: RunListRow, index: number, scale: Domain): HTMLTableRowElement {
  const cells = RUN_COLUMNS.map((column) => cellOf(column, row, scale));
  const element = make("tr", { id: rowId(index) }, cells);
  element.dataset["index"] = String(index);
  element.setAttribute("aria-rowindex", String(index + 2));
  return element;
}

function cellOf(column: RunColumn, row: RunListRow, scale: Domain): HTMLTableCellElement {
  const cell = make("td", { className: column.look });
  const said = column.show(row);
  switch (column.look) {
    case "interval":
      cell.append(intervalOf(row, scale, said));
      break;
    case "mark":
      cell.textContent = said;
      if (row.is_winner) cell.append(make("span", { className: "visually-hidden", textContent: "winner" }));
      break;
    case "number":
      cell.textContent = said;
      if (column.key.endsWith("_ticks") && column.key.includes("pnl"))
        cell.dataset["side"] = sideOf(row, column);
      break;
    case "text":
      if (column.key === "can_stream" && typeof row.streaming_url === "string") {
        cell.append(make("a", { href: row.streaming_url, textContent: said }));
        break;
      }
      cell.textContent = said;
      if (column.width >= LONG_REM) cell.title = said;
  }
  return cell;
}

function sideOf(row: RunListRow, { key }: RunColumn): string {
  const value = row[key];
  return typeof value !== "number" || value === 0 ? "none" : value > 0 ? "above" : "below";
}

function intervalOf(row: RunListRow, scale: Domain, said: string): HTMLElement {
  const frame = make("span", { className: "interval-bar", title: said });
  frame.setAttribute("role", "img");
  frame.setAttribute("aria-label", said);
  const bar = intervalBar(row, scale);
  if (bar === null) return frame;
  frame.dataset["side"] = bar.side;
  frame.dataset["cut"] = bar.cut;
  const part = (className: string, left: number, width?: number): void => {
    const mark = make("i", { className });
    mark.style.left = `${(left * 100).toFixed(2)}%`;
    if (width !== undefined) mark.style.width = `${(width * 100).toFixed(2)}%`;
    frame.append(mark);
  };
  part("zero", bar.zero);
  part("span", bar.left, bar.width);
  if (bar.mean !== null) part("mean", bar.mean);
  return frame;
}
