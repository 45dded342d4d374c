/** The header of the table of runs: names that explain themselves and sort. */
import { RUN_COLUMNS } from "../../view/experiments-columns.js";
import type { RunKey } from "../../view/experiments-column.js";
import { make } from "../dom.js";

export class TableHead {
  readonly element: HTMLTableSectionElement;
  private readonly cells: ReadonlyMap<RunKey, HTMLTableCellElement>;

  constructor(sort: (key: RunKey) => void) {
    this.cells = new Map(
      RUN_COLUMNS.map(({ key, label, look, meaning }) => {
        const button = make("button", { type: "button" }, [make("span", { textContent: label })]);
        if (label === "") button.replaceChildren("★");
        button.dataset["tip"] = meaning;
        if (label === "") button.setAttribute("aria-label", "Winner");
        button.addEventListener("click", () => {
          sort(key);
        });
        return [key, make("th", { scope: "col", className: look }, [button])];
      }),
    );
    this.element = make("thead", {}, [make("tr", {}, [...this.cells.values()])]);
  }

  show(sort: RunKey, reversed: boolean): void {
    const smallerFirst = RUN_COLUMNS.find((column) => column.key === sort)?.smallerFirst ?? false;
    for (const [key, cell] of this.cells) {
      if (key === sort)
        cell.setAttribute("aria-sort", smallerFirst === reversed ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
  }
}
