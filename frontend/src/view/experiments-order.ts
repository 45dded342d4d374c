/** Which runs the table shows, and in what order. */
import type { RunListRow } from "../wire/generated.js";
import type { RunColumn } from "./experiments-column.js";

/**
 * Best first, or worst first where `reversed`; runs without a value come last either way. Runs that are equal
 * keep the order in which they came.
 */
export function ordered(
  rows: readonly RunListRow[],
  column: RunColumn,
  reversed: boolean,
): readonly RunListRow[] {
  const sign = column.smallerFirst === reversed ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [a[column.key], b[column.key]];
    if (x === null || x === undefined) return y === null || y === undefined ? 0 : 1;
    if (y === null || y === undefined) return -1;
    if (typeof x === "string" && typeof y === "string")
      return sign * x.localeCompare(y, "en", { numeric: true });
    return sign * (Number(x) - Number(y));
  });
}

/** Runs that have every word of `text` in one of their texts. */
export function matching(rows: readonly RunListRow[], text: string): readonly RunListRow[] {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return rows;
  return rows.filter((row) => {
    const said = [
      row.signal,
      row.run_id,
      row.params,
      row.scoring,
      row.experiment,
      row.dataset_id,
      row.artifact,
    ]
      .join("\n")
      .replaceAll('"', "")
      .toLowerCase();
    return wanted.every((word) => said.includes(word));
  });
}
