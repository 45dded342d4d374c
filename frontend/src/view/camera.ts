/**
 * Where the plot looks: time in bins across, price in ticks upwards. Pure functions of plain values.
 *
 * Bin b covers [b, b + 1) of the bin axis; tick T covers [T - 0.5, T + 0.5) of the tick axis. Pixels are
 * CSS pixels of the plot, y downwards.
 */

export interface Camera {
  /** Bin coordinate at the plot's right edge. */
  readonly rightBin: number;
  readonly binsPerPx: number;
  /** Tick coordinate at the plot's middle. */
  readonly centreTick: number;
  readonly ticksPerPx: number;
}

export interface PlotSize {
  readonly width: number;
  readonly height: number;
}

export const ZOOM = {
  minBinsPerPx: 1 / 64,
  maxBinsPerPx: 16,
  minTicksPerPx: 1 / 96,
  maxTicksPerPx: 4,
} as const;

export const binAtX = (camera: Camera, size: PlotSize, x: number): number =>
  camera.rightBin - (size.width - x) * camera.binsPerPx;

export const xOfBin = (camera: Camera, size: PlotSize, bin: number): number =>
  size.width - (camera.rightBin - bin) / camera.binsPerPx;

export const tickAtY = (camera: Camera, size: PlotSize, y: number): number =>
  camera.centreTick + (size.height / 2 - y) * camera.ticksPerPx;

export const yOfTick = (camera: Camera, size: PlotSize, tick: number): number =>
  size.height / 2 - (tick - camera.centreTick) / camera.ticksPerPx;

/** First and last (inclusive) bin that touch the plot. */
export function visibleBins(camera: Camera, size: PlotSize): readonly [number, number] {
  return [Math.floor(binAtX(camera, size, 0)), Math.ceil(camera.rightBin) - 1];
}

/** The camera that shows `rows` ticks around `tick`, `pxPerBin` wide bins, ending at `rightBin`. */
export function fitCamera(
  rightBin: number,
  tick: number,
  rows: number,
  size: PlotSize,
  pxPerBin: number,
): Camera {
  return clampCamera({
    rightBin,
    binsPerPx: 1 / pxPerBin,
    centreTick: tick,
    ticksPerPx: (rows + 2) / Math.max(1, size.height),
  });
}

/** Drag the picture by (dx, dy) pixels. */
export function pan(camera: Camera, dx: number, dy: number): Camera {
  return {
    ...camera,
    rightBin: camera.rightBin - dx * camera.binsPerPx,
    centreTick: camera.centreTick + dy * camera.ticksPerPx,
  };
}

/** Show `factor` times as much time; what lies at `x` stays there. */
export function zoomTime(camera: Camera, size: PlotSize, factor: number, x: number): Camera {
  const fixed = binAtX(camera, size, x);
  const binsPerPx = clamp(camera.binsPerPx * factor, ZOOM.minBinsPerPx, ZOOM.maxBinsPerPx);
  return { ...camera, binsPerPx, rightBin: fixed + (size.width - x) * binsPerPx };
}

/** Show `factor` times as many ticks; what lies at `y` stays there. */
export function zoomPrice(camera: Camera, size: PlotSize, factor: number, y: number): Camera {
  const fixed = tickAtY(camera, size, y);
  const ticksPerPx = clamp(camera.ticksPerPx * factor, ZOOM.minTicksPerPx, ZOOM.maxTicksPerPx);
  return { ...camera, ticksPerPx, centreTick: fixed - (size.height / 2 - y) * ticksPerPx };
}

/** Keep the right edge from leaving the known past and a little future. */
export function clampTime(camera: Camera, size: PlotSize, oldest: number, newest: number): Camera {
  const span = size.width * camera.binsPerPx;
  const rightBin = clamp(camera.rightBin, oldest + span * 0.1, newest + 1 + span * 0.9);
  return { ...camera, rightBin };
}

function clampCamera(camera: Camera): Camera {
  return {
    ...camera,
    binsPerPx: clamp(camera.binsPerPx, ZOOM.minBinsPerPx, ZOOM.maxBinsPerPx),
    ticksPerPx: clamp(camera.ticksPerPx, ZOOM.minTicksPerPx, ZOOM.maxTicksPerPx),
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
