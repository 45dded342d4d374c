/** The depth profile: bid and ask bars by price. */
import type { ChartLayout } from "../view/layout.js";
import type { DepthProfile } from "../view/profile.js";
import type { Surface } from "./surface.js";
import type { ChartTheme } from "./theme.js";

export interface ProfileLabels {
  readonly title: string;
  readonly bid: string;
  readonly ask: string;
  readonly max: string;
}

export function drawProfile(
  surface: Surface,
  layout: ChartLayout,
  profile: DepthProfile | null,
  labels: ProfileLabels,
  theme: ChartTheme,
): void {
  const { em, profile: rect } = layout;
  surface.within(rect, () => {
    const { context } = surface;
    const room = rect.width - em * 0.6;
    for (const bar of profile?.bars ?? []) {
      const gap = bar.height > 3 ? 1 : 0;
      for (const side of ["bid", "ask"] as const) {
        const width = bar[side] * room;
        if (width <= 0) continue;
        context.fillStyle = theme[side];
        context.globalAlpha = 0.78;
        context.fillRect(0, bar.y + gap / 2, Math.max(1, width), Math.max(0.75, bar.height - gap));
      }
    }
    context.globalAlpha = 1;
    drawLabels(surface, rect.width, rect.height, em, labels, theme);
  });
}

function drawLabels(
  surface: Surface,
  width: number,
  height: number,
  em: number,
  labels: ProfileLabels,
  theme: ChartTheme,
): void {
  const { context } = surface;
  context.font = `${em * 0.86}px ${theme.fontFamily}`;
  context.textBaseline = "top";
  const write = (text: string, x: number, y: number, align: CanvasTextAlign, colour: string): void => {
    context.textAlign = align;
    context.lineWidth = 3;
    context.strokeStyle = theme.surface;
    context.strokeText(text, x, y);
    context.fillStyle = colour;
    context.fillText(text, x, y);
  };
  write(labels.title, width - em * 0.5, em * 0.5, "right", theme.textMuted);
  write(labels.ask, width - em * 0.5, em * 1.7, "right", theme.ask);
  write(labels.bid, width - em * 0.5, height - em * 2.6, "right", theme.bid);
  write(labels.max, width - em * 0.5, height - em * 1.4, "right", theme.textMuted);
}
