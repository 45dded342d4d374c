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

export interface Trails {
  readonly spot: Polyline;
  readonly bid: Polyline;
  readonly ask: Polyline;
}

/** The touch on one common halo; spot as a faint line under it. */
export function drawTrails(surface: Surface, trails: Trails, theme: ChartTheme): void {
  const { context } = surface;
  context.lineJoin = "round";
  const stroke = (lines: readonly Polyline[], colour: string, width: number): void => {
    context.beginPath();
    for (const line of lines) tracePolyline(context, line);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  };
  context.globalAlpha = 0.45;
  stroke([trails.spot], theme.spot, 1);
  context.globalAlpha = 1;
  stroke([trails.ask, trails.bid], theme.halo, 3.5);
  stroke([trails.ask], theme.ask, 1.5);
  stroke([trails.bid], theme.bid, 1.5);
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
      const radius = Math.min(unitRadius * 2.6, Math.max(1, unitRadius * Math.sqrt(dot.volume / unitVolume)));
      context.moveTo(dot.x + radius, dot.y);
      context.arc(dot.x, dot.y, radius, 0, 2 * Math.PI);
    }
    context.globalAlpha = 0.6;
    context.fillStyle = theme[side];
    context.fill();
    context.globalAlpha = 0.9;
    context.strokeStyle = theme.halo;
    context.lineWidth = 1;
    context.stroke();
    context.globalAlpha = 1;
  }
}

/** Bands that fade with their horizon: the further, the less is known. */
export function drawProjection(surface: Surface, bands: readonly ProjectionBand[], theme: ChartTheme): void {
  const { context } = surface;
  for (const [i, band] of bands.entries()) {
    context.fillStyle = band.value >= 0 ? theme.bull : theme.bear;
    context.globalAlpha = 0.42 * (1 - i / (bands.length + 1));
    context.fillRect(band.x, band.top, Math.max(1, band.width), Math.max(1, band.height));
    context.globalAlpha = 0.95;
    const end = band.value >= 0 ? band.top : band.top + band.height;
    context.fillRect(band.x, end - 0.75, Math.max(1, band.width), 1.5);
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
