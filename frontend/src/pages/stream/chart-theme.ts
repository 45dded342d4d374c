/** The chart's colours, read from the stylesheet. */
import type { HeatBackground } from "../../render/heatmap.js";
import type { ChartTheme } from "../../render/theme.js";
import type { Rgb } from "../../view/colour.js";
import { cssToken } from "../theme.js";

export function chartTheme(): ChartTheme {
  return {
    surface: cssToken("--panel"),
    outside: cssToken("--chart-outside"),
    lost: cssToken("--chart-lost"),
    line: cssToken("--chart-line"),
    lineStrong: cssToken("--line-strong"),
    text: cssToken("--text"),
    textMuted: cssToken("--muted"),
    halo: cssToken("--chart-halo"),
    spot: cssToken("--chart-spot"),
    bid: cssToken("--bid"),
    ask: cssToken("--ask"),
    bull: cssToken("--bid"),
    bear: cssToken("--ask"),
    score: cssToken("--score"),
    signal: cssToken("--signal"),
    crosshair: cssToken("--crosshair"),
    tagText: cssToken("--tag-text"),
    fontFamily: getComputedStyle(document.body).fontFamily,
  };
}

export function heatBackground(theme: ChartTheme): HeatBackground {
  return { outside: rgbOf(theme.outside), lost: rgbOf(theme.lost) };
}

function rgbOf(css: string): Rgb {
  const [r = 0, g = 0, b = 0] = (css.match(/[\d.]+/g) ?? []).map(Number);
  return [r, g, b];
}
