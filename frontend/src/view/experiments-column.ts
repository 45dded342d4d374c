/** What a column of the run table is, and how columns of numbers and of words are made. */
import type { RunListRow } from "../wire/generated.js";
import { NOTHING } from "./format.js";

export type RunKey = keyof RunListRow;

export interface RunColumn {
  readonly key: RunKey;
  readonly label: string;
  /** In words, for whoever hovers or focuses the header. */
  readonly meaning: string;
  /** In rem. */
  readonly width: number;
  readonly look: "text" | "number" | "interval" | "mark";
  readonly show: (row: RunListRow) => string;
  /** The better end first; words from A. */
  readonly smallerFirst: boolean;
}

type Value = string | number | boolean | null | undefined;
type Show = (value: number) => string;

export function number(key: RunKey, label: string, width: number, show: Show, meaning: string): RunColumn {
  const cell = (row: RunListRow): string => {
    const value: Value = row[key];
    return typeof value === "number" && Number.isFinite(value) ? show(value) : NOTHING;
  };
  return { key, label, meaning, width, look: "number", show: cell, smallerFirst: SMALLER_FIRST.has(key) };
}

export function words(
  key: RunKey,
  label: string,
  width: number,
  meaning: string,
  show: (value: string) => string = (value) => value,
): RunColumn {
  const cell = (row: RunListRow): string => {
    const value: Value = row[key];
    return typeof value === "string" && value !== "" ? show(value) : NOTHING;
  };
  return { key, label, meaning, width, look: "text", show: cell, smallerFirst: key !== "created_at" };
}

const SMALLER_FIRST: ReadonlySet<RunKey> = new Set<RunKey>([
  "holm_p",
  "p_value",
  "benjamini_yekutieli_p",
  "overfitting_probability",
  "spa_p",
  "sl_rate",
  "timeout_rate",
  "median_time_to_outcome_ms",
]);

/** `{"a":1,"b":"x"}` as `a 1 · b x`. */
export function settings(json: string): string {
  let document: unknown;
  try {
    document = JSON.parse(json) as unknown;
  } catch {
    return json;
  }
  if (typeof document !== "object" || document === null) return json;
  const said = Object.entries(document).map(
    ([key, value]) => `${key} ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return said.length === 0 ? NOTHING : said.join(" · ");
}
