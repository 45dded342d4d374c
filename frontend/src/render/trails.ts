/** Lines over the heatmap, each on a halo: they have to be seen on dark and on bright cells. */
import type { Polyline, TradeDot } from "../view/trails.js";
import type { ProjectionBand } from "../view/projection.js";
import type { Surface } from "./surface.js";
import type { ChartTheme } from "./theme.js";

/** Add a polyline to the present path; a NaN pair lifts the pen. */
export function tracePolyline(context: CanvasRenderingContext2D, points: Polyline): void {
  let down = false;
  for (let i = 0; i + 1 < points.length; i += 2) {
    const x = points[i] ?? NaN;
    const y = points[i + 1] ?? NaN;
    if (Number.isNaN(x)) {
      down = false;
    } else if (down) {
      context.lineTo(x, y);
    } else {
      context.moveTo(x, y);
      down = true;
    }
  }
}

export function drawTrail(
  surface: Surface,
  points: Polyline,
  colour: string,
  width: number,
  halo: string,
): void {
  const { context } = surface;
  context.lineJoin = "round";
  context.beginPath();
  tracePolyline(context, points);
  context.strokeStyle = halo;
  context.lineWidth = width + 2;
  context.stroke();
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}

/** Dots whose area is the volume; `unitVolume` has a radius of `unitRadius` pixels. */
export function drawTrades(
  surface: Surface,
  dots: readonly TradeDot[],
  unitVolume: number,
  unitRadius: number,
  theme: ChartTheme,
): void {
  const { context } = surface;
  for (const side of ["bid", "ask"] as const) {
    context.beginPath();
    for (const dot of dots) {
      if ((dot.buyShare >= 0.5 ? "bid" : "ask") !== side) continue;
      const radius = Math.min(unitRadius * 3, Math.max(1, unitRadius * Math.sqrt(dot.volume / unitVolume)));
      context.moveTo(dot.x + radius, dot.y);
      context.arc(dot.x, dot.y, radius, 0, 2 * Math.PI);
    }
    context.globalAlpha = 0.55;
    context.fillStyle = theme[side];
    context.fill();
    context.globalAlpha = 0.9;
    context.strokeStyle = theme.halo;
    context.lineWidth = 1;
    context.stroke();
    context.globalAlpha = 1;
  }
}

export function drawProjection(surface: Surface, bands: readonly ProjectionBand[], theme: ChartTheme): void {
  const { context } = surface;
  for (const band of bands) {
    context.fillStyle = band.value >= 0 ? theme.bull : theme.bear;
    context.globalAlpha = 0.3 + 0.4 * Math.min(1, Math.abs(band.value));
    context.fillRect(band.x, band.top, Math.max(1, band.width - 0.5), Math.max(1, band.height));
  }
  context.globalAlpha = 1;
}

/** A dotted line from the newest bin on: beyond it nothing is known. */
export function drawNow(surface: Surface, x: number, height: number, theme: ChartTheme): void {
  const { context } = surface;
  context.strokeStyle = theme.crosshair;
  context.lineWidth = 1;
  context.setLineDash([2, 3]);
  context.beginPath();
  context.moveTo(Math.round(x) + 0.5, 0);
  context.lineTo(Math.round(x) + 0.5, height);
  context.stroke();
  context.setLineDash([]);
}
