/** Slots of the ring as the float arrays that the heatmap's textures take. */
import type { HeatSource } from "../view/heat-source.js";
import { NO_SPOT } from "./heatmap-shader.js";

/** Stands for "never": beyond every scale, yet finite in float32. */
const FAR = 1e30;

/** Two values a cell: the field's first and second column (0 where it has only one). */
export function stagedCells(source: HeatSource, firstSlot: number, endSlot: number): Float32Array {
  const { rows, first, second } = source;
  const cells = new Float32Array((endSlot - firstSlot) * rows * 2);
  const base = firstSlot * rows;
  for (let i = 0; 2 * i < cells.length; i += 1) {
    const value = Number(first[base + i] ?? 0);
    cells[2 * i] = Number.isNaN(value) ? FAR : value;
    if (second !== null) cells[2 * i + 1] = Number(second[base + i] ?? 0);
  }
  return cells;
}

/** One value a slot: the spot tick relative to the anchor, NO_SPOT where there is none. */
export function stagedSpots(source: HeatSource, firstSlot: number, endSlot: number): Float32Array {
  return Float32Array.from(source.spotTick.subarray(firstSlot, endSlot), (tick) =>
    Number.isNaN(tick) ? NO_SPOT : tick - source.anchorTick,
  );
}
