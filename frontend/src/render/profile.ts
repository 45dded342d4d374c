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
  context.textAlign = "right";
  const right = width - em * 0.5;
  const write = (text: string, y: number, colour: string): void => {
    if (text === "") return;
    const room = context.measureText(text).width + em * 0.6;
    context.globalAlpha = 0.85;
    context.fillStyle = theme.surface;
    context.fillRect(right - room + em * 0.3, y - em * 0.15, room, em * 1.2);
    context.globalAlpha = 1;
    context.fillStyle = colour;
    context.fillText(text, right, y);
  };
  write(labels.title, em * 0.5, theme.textMuted);
  write(labels.ask, em * 1.7, theme.ask);
  write(labels.bid, height - em * 2.6, theme.bid);
  write(labels.max, height - em * 1.4, theme.textMuted);
}
