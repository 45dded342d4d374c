/** The rows of the table that are in the document, and the room that stands for the others. */
import type { Domain } from "../../view/chart-scale.js";
import type { RowWindow } from "../../view/experiments-window.js";
import type { RunListRow } from "../../wire/generated.js";
import { make } from "../dom.js";
import { runRow } from "./run-row.js";

export class RunBody {
  readonly body = make("tbody");
  readonly above = make("tbody", { className: "spacer" }, [make("tr")]);
  readonly below = make("tbody", { className: "spacer" }, [make("tr")]);
  readonly drawn = new Map<number, HTMLTableRowElement>();
  private shown: RowWindow | null = null;

  forget(): void {
    this.drawn.clear();
    this.shown = null;
    this.body.replaceChildren();
  }

  /** False where that is what was shown already. */
  show(window: RowWindow, runs: readonly RunListRow[], scale: Domain): boolean {
    const { shown } = this;
    if (shown?.first === window.first && shown.end === window.end && shown.above === window.above)
      return false;
    this.shown = window;
    this.dropRows(window);
    this.addRows(window, runs, scale);
    spread(this.above, window.above);
    spread(this.below, window.below);
    return true;
  }

  private dropRows({ first, end }: RowWindow): void {
    for (const [index, row] of this.drawn) {
      if (index >= first && index < end) continue;
      row.remove();
      this.drawn.delete(index);
    }
  }

  /** Rows that stay are not touched: laying them out again is what would cost. */
  private addRows({ first, end }: RowWindow, runs: readonly RunListRow[], scale: Domain): void {
    let next = this.body.firstElementChild;
    for (const [offset, run] of runs.slice(first, end).entries()) {
      const index = first + offset;
      const there = this.drawn.get(index);
      if (there !== undefined) {
        next = there.nextElementSibling;
        continue;
      }
      const row = runRow(run, index, scale);
      this.drawn.set(index, row);
      this.body.insertBefore(row, next);
    }
  }
}

function spread(spacer: HTMLElement, pixels: number): void {
  spacer.hidden = pixels === 0;
  const row = spacer.firstElementChild;
  if (row instanceof HTMLElement) row.style.height = `${pixels}px`;
}
