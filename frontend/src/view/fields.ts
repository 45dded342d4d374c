/** What can be shown as a heatmap: one entry for every numeric grid column, and the view of both forces. */
import { EVENT_AGE } from "../store/ring.js";
import type { GridColumnSpec } from "../store/session.js";
import { GRID_COLUMNS } from "../wire/generated.js";

/**
 * How values become colours. `forces`: hue from the balance of two columns, strength from their sum.
 * `diverging`: signed. `sequential`: from zero up. `codes`: one colour a code.
 */
export type FieldKind = "forces" | "diverging" | "sequential" | "codes";

export interface HeatField {
  readonly id: string;
  readonly label: string;
  readonly group: string;
  readonly unit: string;
  readonly kind: FieldKind;
  /** Ring columns to draw: one, or pressure and vacuum. */
  readonly columns: readonly [string] | readonly [string, string];
  /** The scale's end where the values have natural bounds. */
  readonly bound: number | null;
  /** Lowest and highest code, for `codes`. */
  readonly codes: readonly [number, number] | null;
}

export const FORCES: HeatField = {
  id: "forces",
  label: "Pressure vs vacuum",
  group: "Forces",
  unit: "qty/s",
  kind: "forces",
  columns: ["pressure_variant", "vacuum_variant"],
  bound: null,
  codes: null,
};

const GROUPS: Readonly<Record<string, string>> = {
  force: "Forces",
  mass: "Masses and depth",
  velocity: "Velocity",
  acceleration: "Acceleration",
  jerk: "Jerk",
  signal: "Spectrum",
  indicator: "Indicators",
  metadata: "Activity",
};

/** Columns that cannot be negative although their role could be. */
const UNSIGNED = new Set(["v_add", "v_pull", "v_fill"]);

const CODES: Readonly<Record<string, readonly [number, number]>> = {
  flow_state_code: [-1, 1],
  ask_reprice_sign: [-1, 1],
  bid_reprice_sign: [-1, 1],
  microstate_id: [0, 8],
  state5_code: [-2, 2],
  chase_up_flag: [0, 1],
  chase_down_flag: [0, 1],
};

const BOUNDS: Readonly<Record<string, number>> = { composite: 1, flow_score: 1 };

/** The fields of a session, in menu order; the view of both forces comes first where it can be drawn. */
export function heatFields(columns: readonly GridColumnSpec[]): HeatField[] {
  const served = new Set(columns.map((column) => column.name));
  const single = columns.filter((column) => column.role !== "grid_index").map(fieldOf);
  return FORCES.columns.every((name) => served.has(name)) ? [FORCES, ...single] : single;
}

function fieldOf(column: GridColumnSpec): HeatField {
  if (column.name === "last_event_id") return eventAgeField();
  const known = GRID_COLUMNS.find((c) => c.name === column.name);
  const codes = CODES[column.name] ?? null;
  return {
    id: column.name,
    label: labelOf(column.name),
    group: GROUPS[column.role] ?? "Other",
    unit: known?.unit ?? "",
    kind: codes !== null ? "codes" : isSigned(column) ? "diverging" : "sequential",
    columns: [column.name],
    bound: BOUNDS[column.name] ?? null,
    codes,
  };
}

function eventAgeField(): HeatField {
  return {
    id: EVENT_AGE,
    label: "Records since last touch",
    group: GROUPS["metadata"] ?? "",
    unit: "records",
    kind: "sequential",
    columns: [EVENT_AGE],
    bound: null,
    codes: null,
  };
}

function isSigned(column: GridColumnSpec): boolean {
  if (UNSIGNED.has(column.name)) return false;
  return column.role !== "force" && column.role !== "mass";
}

/** "v_bid_depth" reads as "v bid depth", "pressure_variant" as "pressure". */
function labelOf(name: string): string {
  return name.replace(/_variant$/, "").replaceAll("_", " ");
}
