/** Draws known cells and says by how much the GPU's colours differ from what the view's formulas say. */
import { HeatmapRenderer } from "../../../src/render/heatmap.js";
import { CURVES, normalise } from "../../../src/view/colour-scale.js";
import type { ColourScale } from "../../../src/view/colour-scale.js";
import type { FieldKind } from "../../../src/view/fields.js";
import type { HeatContent, HeatSource } from "../../../src/view/heat-source.js";
import { buildPalette } from "../../../src/view/palettes.js";
import type { Palette } from "../../../src/view/palettes.js";

const ROWS = 5;
const BINS = 8;
const OUTSIDE = [1, 2, 3] as const;
const LOST = [200, 100, 50] as const;
/** Bin 5 did not come; spot rises by a tick in bin 3. */
const SPOTS = [100, 100, 100, 101, 101, NaN, 101, 101];

declare global {
  interface Window {
    /** Largest difference of a colour channel, by kind and curve. */
    shaderErrors: () => Record<string, number>;
  }
}

window.shaderErrors = () => {
  const canvas = document.querySelector<HTMLCanvasElement>("#heat");
  if (canvas === null) throw new Error("the page has no canvas");
  const renderer = new HeatmapRenderer(canvas);
  renderer.setBackground({ outside: OUTSIDE, lost: LOST });
  const errors: Record<string, number> = {};
  for (const kind of ["forces", "diverging", "sequential", "codes"] as const) {
    const codes = [-2, 2] as const;
    const palette = buildPalette(kind, "dark", codes);
    const source = sourceOf(kind);
    renderer.setPalette(palette);
    renderer.setSource(source);
    renderer.upload([{ first: 0, end: BINS }]);
    for (const curve of CURVES) {
      const scale = { max: 40, curve };
      const content: HeatContent = {
        oldest: 0,
        newest: BINS - 1,
        bins: { first: -1, step: 1, count: BINS + 2 },
        ticks: { first: -3, step: 1, count: ROWS + 3 },
        kind,
        codes,
        scale,
      };
      renderer.draw({ content, place: { x: 0, y: 0, width: 100, height: 100 } });
      errors[`${kind}/${curve}`] = worst(canvas, content, (seq, row) =>
        colourOf(kind, palette, source, scale, seq, row),
      );
    }
  }
  return errors;
};

function sourceOf(kind: FieldKind): HeatSource {
  const first = new Float32Array(BINS * ROWS);
  const second = new Float32Array(BINS * ROWS);
  for (let i = 0; i < first.length; i += 1) {
    first[i] = kind === "codes" ? (i % 5) - 2 : kind === "diverging" ? 3 * i - 50 : 1.3 * i;
    second[i] = kind === "forces" ? 45 - 1.1 * i : 0;
  }
  return { rows: ROWS, capacity: BINS, first, second, spotTick: Float64Array.from(SPOTS), anchorTick: 100 };
}

function colourOf(
  kind: FieldKind,
  palette: Palette,
  source: HeatSource,
  scale: ColourScale,
  seq: number,
  row: number,
): number[] {
  const a = Number(source.first[seq * ROWS + row]);
  const b = Number(source.second?.[seq * ROWS + row] ?? 0);
  switch (kind) {
    case "forces":
      return lookUp(palette, a + b > 0 ? (0.5 * (a - b)) / (a + b) + 0.5 : 0.5, normalise(a + b, scale));
    case "diverging":
      return lookUp(palette, 0.5 + 0.5 * Math.sign(a) * normalise(a, scale), 0);
    case "sequential":
      return lookUp(palette, normalise(a, scale), 0);
    case "codes":
      return lookUp(palette, (a + 2) / 4, 0);
  }
}

function lookUp(palette: Palette, across: number, up: number): number[] {
  const x = Math.round(across * (palette.width - 1));
  const y = Math.round(up * (palette.height - 1));
  return [...palette.pixels.subarray((y * palette.width + x) * 4, (y * palette.width + x) * 4 + 3)];
}

function worst(
  canvas: HTMLCanvasElement,
  content: HeatContent,
  expected: (seq: number, row: number) => number[],
): number {
  const gl = canvas.getContext("webgl2");
  const { bins, ticks } = content;
  const pixels = new Uint8Array(bins.count * ticks.count * 4);
  gl?.readPixels(0, 0, bins.count, ticks.count, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  let error = 0;
  for (let x = 0; x < bins.count; x += 1) {
    for (let y = 0; y < ticks.count; y += 1) {
      const seq = bins.first + x;
      const spot = SPOTS[seq];
      const row = ticks.first + y - ((spot ?? 0) - 100) + 2;
      const known = spot !== undefined && !Number.isNaN(spot);
      const inside = known && row >= 0 && row < ROWS;
      const want = inside ? expected(seq, row) : spot === undefined || known ? OUTSIDE : LOST;
      const at = (y * bins.count + x) * 4;
      for (const [c, channel] of want.entries())
        error = Math.max(error, Math.abs((pixels[at + c] ?? -999) - channel));
    }
  }
  return error;
}
