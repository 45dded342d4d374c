/** The colour legend: the palette itself, painted into a small canvas. */
import type { Palette } from "../view/palettes.js";

/** Paint `palette` over the whole canvas, strong at the top where it has two dimensions. */
export function drawLegend(canvas: HTMLCanvasElement, palette: Palette): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  canvas.width = palette.width;
  canvas.height = palette.height;
  const image = context.createImageData(palette.width, palette.height);
  const rowBytes = palette.width * 4;
  for (let y = 0; y < palette.height; y += 1) {
    const source = palette.pixels.subarray(y * rowBytes, (y + 1) * rowBytes);
    image.data.set(source, (palette.height - 1 - y) * rowBytes);
  }
  context.putImageData(image, 0, 0);
}
