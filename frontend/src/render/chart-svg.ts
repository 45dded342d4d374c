/** Draws a chart's picture as SVG; colours come from the stylesheet by the names of the looks. */
import type { ChartPicture } from "../view/chart-picture.js";

const SVG = "http://www.w3.org/2000/svg";

type Attributes = Readonly<Record<string, string | number>>;

/** Replace what `target` shows. */
export function drawChart(target: SVGSVGElement, picture: ChartPicture): void {
  const { plot, width, height } = picture;
  target.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const bottom = plot.y + plot.height;
  const grid = picture.upward
    .map(({ at }) => `M${plot.x},${Math.round(at) + 0.5}h${plot.width}`)
    .concat(picture.across.map(({ at }) => `M${Math.round(at) + 0.5},${plot.y}v${plot.height}`));
  target.replaceChildren(
    shape("path", { class: "chart-grid", d: grid.join("") }),
    ...picture.outlines.map(({ d, look }) => shape("path", { class: `chart-${look}`, d })),
    ...picture.upward.map(({ at, label }) =>
      words("chart-label", plot.x - 6, at, label, { "text-anchor": "end", "dominant-baseline": "central" }),
    ),
    ...picture.across.map(({ at, label }) =>
      words("chart-label", at, bottom + 5, label, {
        "text-anchor": "middle",
        "dominant-baseline": "hanging",
      }),
    ),
    ...picture.words.map(({ x, y, text, anchor }) =>
      words("chart-words", x, y, text, { "text-anchor": anchor }),
    ),
  );
}

function words(look: string, x: number, y: number, text: string, more: Attributes): SVGElement {
  const element = shape("text", { class: look, x, y, ...more });
  element.textContent = text;
  return element;
}

function shape(name: string, attributes: Attributes): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
