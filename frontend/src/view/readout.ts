/** What lies under the crosshair, as text. */
import type { Bin } from "../store/bin.js";
import type { GridRing } from "../store/ring.js";
import { binAtX, tickAtY } from "./camera.js";
import type { Camera, PlotSize } from "./camera.js";

/** One cell of the time/price plane, whether or not there is data. */
export interface CellAddress {
  readonly seq: number;
  readonly tick: number;
}

export const TRAINS = ["add", "pull", "fill", "rest_depth", "bid_depth", "ask_depth"] as const;
export type TrainName = (typeof TRAINS)[number];

/** The mass (or depth) of a train, and its chain; null where it is not streamed. */
export interface TrainReadout {
  readonly train: TrainName;
  readonly values: readonly (number | null)[];
}

export interface CellReadout {
  readonly bin: Bin | null;
  /** Tick offset from that bin's spot; null where the bin has none. */
  readonly k: number | null;
  readonly trains: readonly TrainReadout[];
  /** Every other column of the cell, by name. */
  readonly others: ReadonlyMap<string, number | bigint>;
}

export function cellAt(camera: Camera, size: PlotSize, x: number, y: number): CellAddress {
  return { seq: Math.floor(binAtX(camera, size, x)), tick: Math.floor(tickAtY(camera, size, y) + 0.5) };
}

export function readCell(ring: GridRing, columns: readonly string[], cell: CellAddress): CellReadout {
  const bin = ring.bin(cell.seq);
  const k = bin === null || Number.isNaN(bin.spotTick) ? null : cell.tick - bin.spotTick;
  const row = k === null ? -1 : k + (ring.rows - 1) / 2;
  const valueOf = (name: string): number | bigint | undefined => ring.value(name, cell.seq, row);
  const numberOf = (name: string): number | null => {
    const value = valueOf(name);
    return value === undefined ? null : Number(value);
  };
  const trains = TRAINS.map((train) => {
    const level = train.endsWith("depth") ? train : `${train}_mass`;
    return { train, values: [level, `v_${train}`, `a_${train}`, `j_${train}`].map(numberOf) };
  });
  const inTrains = new Set(TRAINS.flatMap((t) => [t, `${t}_mass`, `v_${t}`, `a_${t}`, `j_${t}`]));
  const others = new Map<string, number | bigint>();
  for (const name of columns) {
    if (inTrains.has(name) || name === "k") continue;
    const value = valueOf(name);
    if (value !== undefined) others.set(name, value);
  }
  return { bin, k, trains, others };
}
