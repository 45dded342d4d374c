/** The strip under the plot: volume bars behind the score and signal lines. */
import type { ChartLayout } from "../view/layout.js";
import type { Strip } from "../view/strip.js";
import { crisp } from "./surface.js";
import type { Surface } from "./surface.js";
import type { ChartTheme } from "./theme.js";
import { tracePolyline } from "./trails.js";

export interface StripLabels {
  readonly score: string;
  readonly signal: string;
  readonly volume: string;
}

export function drawStrip(
  surface: Surface,
  layout: ChartLayout,
  strip: Strip,
  labels: StripLabels,
  theme: ChartTheme,
): void {
  const { context } = surface;
  const { height } = layout.strip;
  surface.within(layout.strip, () => {
    context.globalAlpha = 0.4;
    for (const bar of strip.volume) {
      const width = Math.max(1, bar.width - 0.5);
      context.fillStyle = theme.bid;
      context.fillRect(bar.x, height - bar.buy, width, bar.buy);
      context.fillStyle = theme.ask;
      context.fillRect(bar.x, height - bar.buy - bar.sell, width, bar.sell);
    }
    context.globalAlpha = 1;
    context.strokeStyle = theme.lineStrong;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(0, crisp(height / 2));
    context.lineTo(layout.strip.width, crisp(height / 2));
    context.stroke();
    for (const line of ["signal", "score"] as const) {
      context.beginPath();
      tracePolyline(context, strip[line]);
      context.strokeStyle = theme[line];
      context.lineWidth = 1.4;
      context.lineJoin = "round";
      context.stroke();
    }
  });
  drawLabels(surface, layout, labels, theme);
}

function drawLabels(surface: Surface, layout: ChartLayout, labels: StripLabels, theme: ChartTheme): void {
  const { em } = layout;
  surface.within(layout.stripAxis, () => {
    const { context } = surface;
    context.font = `${em * 0.86}px ${theme.fontFamily}`;
    context.textAlign = "left";
    context.textBaseline = "top";
    const lines = [
      [labels.score, theme.score],
      [labels.signal, theme.signal],
      [labels.volume, theme.textMuted],
    ] as const;
    for (const [i, [text, colour]] of lines.entries()) {
      context.fillStyle = colour;
      context.fillText(text, em * 0.6, em * (0.5 + 1.35 * i));
    }
  });
}
