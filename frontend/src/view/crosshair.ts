/** The crosshair as plain data: where it is, which cell it is on, what its tags say. */
import type { Session } from "../store/session.js";
import { xOfBin, yOfTick } from "./camera.js";
import type { Camera, PlotSize } from "./camera.js";
import type { Rect } from "./layout.js";
import { formatPrice } from "./price-axis.js";
import type { CellAddress } from "./readout.js";
import { formatTime, msOfBin } from "./time-axis.js";
import type { TimeScale, Zone } from "./time-axis.js";

/** Smaller cells than this are not outlined. */
const MIN_CELL_PX = 3;

export interface CrosshairMark {
  readonly x: number;
  readonly y: number;
  /** The cell's rectangle in plot pixels; null where it is too small to see. */
  readonly cell: Rect | null;
  readonly price: string;
  readonly time: string;
}

export function crosshairMark(
  at: { readonly x: number; readonly y: number },
  cell: CellAddress,
  camera: Camera,
  size: PlotSize,
  session: Session,
  time: TimeScale,
  zone: Zone,
): CrosshairMark {
  const width = 1 / camera.binsPerPx;
  const height = 1 / camera.ticksPerPx;
  const rect = {
    x: xOfBin(camera, size, cell.seq),
    y: yOfTick(camera, size, cell.tick + 0.5),
    width,
    height,
  };
  return {
    ...at,
    cell: width >= MIN_CELL_PX && height >= MIN_CELL_PX ? rect : null,
    price: formatPrice(cell.tick, { tickInt: session.tickInt, decimals: session.priceDecimals }),
    time: formatTime(zone, msOfBin(time, cell.seq), Math.min(999, time.cellWidthMs)),
  };
}
