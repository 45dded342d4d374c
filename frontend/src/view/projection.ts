/** The model score carried forward, as bands in the empty room right of the newest bin. */
import type { StreamedBin } from "../store/bin.js";
import { xOfBin, yOfTick } from "./camera.js";
import type { Camera, PlotSize } from "./camera.js";

export interface ProjectionBand {
  readonly x: number;
  readonly width: number;
  readonly top: number;
  readonly height: number;
  /** In [-1, 1]: sign is the side, size the strength. */
  readonly value: number;
}

/** A score of one reaches this part of the grid's radius. */
const REACH = 0.4;

/**
 * One band a horizon, from the horizon before it. A band starts at spot and reaches upwards for bull and
 * downwards for bear, in proportion to |value|: it shows strength, it does not forecast a price.
 */
export function projectionBands(
  bin: StreamedBin,
  radiusTicks: number,
  camera: Camera,
  size: PlotSize,
): ProjectionBand[] {
  if (Number.isNaN(bin.spotTick)) return [];
  const bands: ProjectionBand[] = [];
  const horizons = [...bin.detail.model.projections].sort((a, b) => a.horizon_bins - b.horizon_bins);
  let before = 0;
  for (const { horizon_bins: bins, value } of horizons) {
    const x = xOfBin(camera, size, bin.seq + 1 + before);
    const right = xOfBin(camera, size, bin.seq + 1 + bins);
    const y = yOfTick(camera, size, bin.spotTick);
    const reach = yOfTick(camera, size, bin.spotTick + value * radiusTicks * REACH);
    bands.push({ x, width: right - x, top: Math.min(y, reach), height: Math.abs(reach - y), value });
    before = bins;
  }
  return bands;
}
