/** Divides the chart into plot, depth profile, strip and axes. All rectangles are in CSS pixels. */

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface ChartLayout {
  readonly plot: Rect;
  readonly profile: Rect;
  readonly priceAxis: Rect;
  /** Model score and volume, under the plot, on the same time axis. */
  readonly strip: Rect;
  readonly stripAxis: Rect;
  readonly timeAxis: Rect;
  /** One line of chart text; everything else is in proportion. */
  readonly em: number;
}

export type ChartZone = "plot" | "profile" | "priceAxis" | "strip" | "timeAxis";

/** `em` is the page's font size: the chart grows with it on large screens. */
export function layoutChart(width: number, height: number, em: number): ChartLayout {
  const axisWidth = Math.round(em * 5.4);
  const profileWidth = Math.round(Math.min(width * 0.16, em * 15));
  const timeHeight = Math.round(em * 1.9);
  const stripHeight = Math.round(Math.min(height * 0.2, em * 8));
  const plotWidth = Math.max(40, width - axisWidth - profileWidth);
  const plotHeight = Math.max(40, height - timeHeight - stripHeight);
  return {
    plot: { x: 0, y: 0, width: plotWidth, height: plotHeight },
    profile: { x: plotWidth, y: 0, width: profileWidth, height: plotHeight },
    priceAxis: { x: plotWidth + profileWidth, y: 0, width: axisWidth, height: plotHeight },
    strip: { x: 0, y: plotHeight, width: plotWidth, height: stripHeight },
    stripAxis: { x: plotWidth, y: plotHeight, width: profileWidth + axisWidth, height: stripHeight },
    timeAxis: { x: 0, y: plotHeight + stripHeight, width: plotWidth, height: timeHeight },
    em,
  };
}

/** Which part of the chart a point lies in; null outside all. */
export function zoneAt(layout: ChartLayout, x: number, y: number): ChartZone | null {
  const zones: readonly ChartZone[] = ["plot", "profile", "priceAxis", "strip", "timeAxis"];
  return zones.find((zone) => contains(layout[zone], x, y)) ?? null;
}

export function contains(rect: Rect, x: number, y: number): boolean {
  return x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height;
}
