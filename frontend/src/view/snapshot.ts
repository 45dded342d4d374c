/** The resolved fields of a serving, flat and in groups: pure. */

import { NOTHING } from "./format.js";

/** A dotted name and its value; lists count as one value, an empty mapping too, as in the registry's diff. */
export interface Field {
  readonly name: string;
  readonly value: unknown;
}

export interface FieldGroup {
  readonly title: string;
  readonly fields: readonly Field[];
}

/** First match decides; what none matches goes to "Other". */
const GROUPS: readonly (readonly [string, RegExp])[] = [
  ["Capture", /^(product_type|symbol|symbol_root|dt|start_time|end_time)$/],
  ["Signal", /^signal\b/],
  ["Instrument", /^(tick_size|bucket_size_dollars|contract_multiplier|qty_unit|price_decimals)$/],
  ["Grid and stream", /^(n_absolute_ticks|grid_radius_ticks|cell_width_ms|stream_schema\b.*)$/],
  ["Physics", /^(tau_|c\d_)/],
  ["Spectrum", /^flow_/],
  ["State model", /^state_/],
  ["Projection", /^projection_/],
];
const OTHER = "Other";

export function leaves(value: unknown, path = ""): readonly Field[] {
  const entries = isMapping(value) ? Object.entries(value) : [];
  if (entries.length === 0) return path === "" ? [] : [{ name: path, value }];
  return entries.flatMap(([key, inner]) => leaves(inner, path === "" ? key : `${path}.${key}`));
}

/** Fields whose name or value holds `filter`, by group, empty groups left out. */
export function grouped(fields: readonly Field[], filter = ""): readonly FieldGroup[] {
  const wanted = filter.trim().toLowerCase();
  const seen = fields.filter(({ name, value }) =>
    `${name} ${valueText(value)}`.toLowerCase().includes(wanted),
  );
  const titles = [...GROUPS.map(([title]) => title), OTHER];
  return titles
    .map((title) => ({ title, fields: seen.filter(({ name }) => groupOf(name) === title) }))
    .filter((group) => group.fields.length > 0);
}

export function groupOf(name: string): string {
  return GROUPS.find(([, pattern]) => pattern.test(name))?.[0] ?? OTHER;
}

/** A value as one reads it in a configuration; a field that a side does not have (undefined) is a dash. */
export function valueText(value: unknown): string {
  if (value === undefined) return NOTHING;
  if (value === null) return "none";
  if (Array.isArray(value)) return value.length === 0 ? "empty" : value.map(valueText).join(", ");
  if (isMapping(value)) return Object.keys(value).length === 0 ? "empty" : JSON.stringify(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}

export interface ComparedField extends Field {
  readonly other: unknown;
  readonly changed: boolean;
}

/** Every field of both sides, in the order of the first; `changed` names those that differ. */
export function compared(
  a: readonly Field[],
  b: readonly Field[],
  changed: ReadonlySet<string>,
): readonly ComparedField[] {
  const left = new Map(a.map(({ name, value }) => [name, value]));
  const right = new Map(b.map(({ name, value }) => [name, value]));
  const names = [...left.keys(), ...[...right.keys()].filter((name) => !left.has(name))];
  return names.map((name) => ({
    name,
    value: left.get(name),
    other: right.get(name),
    changed: changed.has(name),
  }));
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
