/** Grid lines, axis labels and price tags. */
import type { ChartLayout } from "../view/layout.js";
import type { AxisMark } from "../view/price-axis.js";
import { crisp } from "./surface.js";
import type { Surface } from "./surface.js";
import type { ChartTheme } from "./theme.js";

export interface PriceTag {
  readonly at: number;
  readonly label: string;
  readonly colour: string;
}

/** Faint lines across the plot and the strip. */
export function drawGridLines(
  surface: Surface,
  layout: ChartLayout,
  prices: readonly AxisMark[],
  times: readonly AxisMark[],
  theme: ChartTheme,
): void {
  const { context } = surface;
  const { plot, profile, strip } = layout;
  context.lineWidth = 1;
  context.strokeStyle = theme.line;
  context.beginPath();
  for (const mark of prices) {
    if (!mark.major) continue;
    context.moveTo(plot.x, crisp(mark.at));
    context.lineTo(profile.x + profile.width, crisp(mark.at));
  }
  for (const mark of times) {
    if (!mark.major) continue;
    context.moveTo(crisp(mark.at), plot.y);
    context.lineTo(crisp(mark.at), strip.y + strip.height);
  }
  context.stroke();
}

/** Borders between the chart's parts. */
export function drawFrame(surface: Surface, layout: ChartLayout, theme: ChartTheme): void {
  const { context } = surface;
  const { profile, priceAxis, strip, timeAxis } = layout;
  context.strokeStyle = theme.lineStrong;
  context.lineWidth = 1;
  context.beginPath();
  for (const x of [profile.x, priceAxis.x]) {
    context.moveTo(crisp(x), 0);
    context.lineTo(crisp(x), x === profile.x ? timeAxis.y : strip.y);
  }
  for (const y of [strip.y, timeAxis.y]) {
    context.moveTo(0, crisp(y));
    context.lineTo(surface.width, crisp(y));
  }
  context.stroke();
}

export function drawPriceAxis(
  surface: Surface,
  layout: ChartLayout,
  marks: readonly AxisMark[],
  tags: readonly PriceTag[],
  theme: ChartTheme,
): void {
  const { em } = layout;
  surface.within(layout.priceAxis, () => {
    const { context } = surface;
    context.font = `${em * 0.92}px ${theme.fontFamily}`;
    context.textBaseline = "middle";
    context.textAlign = "left";
    for (const mark of marks) {
      context.fillStyle = mark.major ? theme.text : theme.textMuted;
      context.fillText(mark.label, em * 0.6, mark.at);
    }
    for (const tag of tags) drawTag(surface, 0, tag, layout.priceAxis.width, em, theme);
  });
}

export function drawTag(
  surface: Surface,
  x: number,
  tag: PriceTag,
  width: number,
  em: number,
  theme: ChartTheme,
): void {
  const { context } = surface;
  const height = em * 1.45;
  context.fillStyle = tag.colour;
  context.fillRect(x + 1, Math.round(tag.at - height / 2), width - 1, Math.round(height));
  context.fillStyle = theme.tagText;
  context.font = `600 ${em * 0.92}px ${theme.fontFamily}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(tag.label, x + em * 0.6, tag.at);
}

export function drawTimeAxis(
  surface: Surface,
  layout: ChartLayout,
  marks: readonly AxisMark[],
  theme: ChartTheme,
): void {
  const { em, timeAxis } = layout;
  surface.within(timeAxis, () => {
    const { context } = surface;
    context.font = `${em * 0.92}px ${theme.fontFamily}`;
    context.textBaseline = "middle";
    context.textAlign = "center";
    for (const mark of marks) {
      context.fillStyle = mark.major ? theme.text : theme.textMuted;
      context.fillText(mark.label, mark.at, timeAxis.height / 2);
    }
  });
}
