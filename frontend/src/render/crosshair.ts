/** The crosshair with its price and time tags, on a canvas of its own: moving it redraws nothing else. */
import type { CrosshairMark } from "../view/crosshair.js";
import type { ChartLayout } from "../view/layout.js";
import { drawTag } from "./axes.js";
import { crisp } from "./surface.js";
import type { Surface } from "./surface.js";
import type { ChartTheme } from "./theme.js";

export function drawCrosshair(
  surface: Surface,
  layout: ChartLayout,
  mark: CrosshairMark,
  theme: ChartTheme,
): void {
  const { context } = surface;
  const { plot, priceAxis, timeAxis, em } = layout;
  context.strokeStyle = theme.crosshair;
  context.lineWidth = 1;
  context.setLineDash([4, 3]);
  context.beginPath();
  context.moveTo(0, crisp(mark.y));
  context.lineTo(priceAxis.x, crisp(mark.y));
  context.moveTo(crisp(mark.x), 0);
  context.lineTo(crisp(mark.x), timeAxis.y);
  context.stroke();
  context.setLineDash([]);
  const { cell } = mark;
  if (cell !== null) {
    surface.within(plot, () => {
      context.strokeStyle = theme.text;
      context.strokeRect(crisp(cell.x), crisp(cell.y), Math.round(cell.width), Math.round(cell.height));
    });
  }
  drawTag(
    surface,
    priceAxis.x,
    { at: mark.y, label: mark.price, colour: theme.crosshair },
    priceAxis.width,
    em,
    theme,
  );
  drawTimeTag(surface, layout, mark, theme);
}

function drawTimeTag(
  surface: Surface,
  { timeAxis, em }: ChartLayout,
  mark: CrosshairMark,
  theme: ChartTheme,
): void {
  const { context } = surface;
  context.font = `600 ${em * 0.92}px ${theme.fontFamily}`;
  const width = context.measureText(mark.time).width + em;
  const x = Math.min(Math.max(0, mark.x - width / 2), timeAxis.width - width);
  context.fillStyle = theme.crosshair;
  context.fillRect(x, timeAxis.y + 1, width, timeAxis.height - 2);
  context.fillStyle = theme.tagText;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(mark.time, x + em / 2, timeAxis.y + timeAxis.height / 2);
}
