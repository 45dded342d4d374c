/**
 * The heatmap's colours. A palette is a small image: across, from -1 (vacuum, negative) to +1 (pressure,
 * positive); upwards, from weak to strong. Kinds with one dimension use one row.
 *
 * Pressure is blue and vacuum orange: told apart with every common colour blindness, and no red/green,
 * which belong to ask and bid.
 */
import { hex, mix, sampleRamp } from "./colour.js";
import type { Rgb, Stop } from "./colour.js";
import type { FieldKind } from "./fields.js";

export type ThemeName = "dark" | "light";

/** RGBA bytes, row by row from weak to strong. */
export interface Palette {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

const WIDTH = 256;
const STRENGTHS = 64;

const ramp = (...colours: readonly string[]): readonly Stop[] =>
  colours.map((colour, i) => ({ at: i / (colours.length - 1), colour: hex(colour) }));

interface ThemeRamps {
  readonly positive: readonly Stop[];
  readonly negative: readonly Stop[];
  readonly balanced: readonly Stop[];
  readonly sequential: readonly Stop[];
}

const RAMPS: Readonly<Record<ThemeName, ThemeRamps>> = {
  dark: {
    positive: ramp("#0a0d13", "#0e2a52", "#1359a8", "#2f93e8", "#86d3ff", "#f0fbff"),
    negative: ramp("#0a0d13", "#40190f", "#8a3410", "#dd6a17", "#ffb45c", "#fff4d6"),
    balanced: ramp("#0a0d13", "#1a1c28", "#2e2f42", "#4a4860", "#6d6982", "#9490a6"),
    sequential: ramp("#0a0d13", "#1a1f4d", "#4b2a86", "#9a3a92", "#e0577a", "#ff9a63", "#fff0b8"),
  },
  light: {
    positive: ramp("#ffffff", "#d8e9fc", "#9cc8f6", "#4f98e8", "#1b66c4", "#0a3a85"),
    negative: ramp("#ffffff", "#fee8d2", "#fcc48d", "#f08c37", "#c85a10", "#7d3004"),
    balanced: ramp("#ffffff", "#eeedf1", "#d5d2dc", "#b5b0c1", "#938ca3", "#726b85"),
    sequential: ramp("#ffffff", "#fde6b8", "#fbb174", "#e36a72", "#a23d87", "#55287b", "#1a1a4b"),
  },
};

const STATE_COLOURS: Readonly<Record<ThemeName, readonly Rgb[]>> = {
  dark: ["#d7263d", "#7d2233", "#20262f", "#1c5f47", "#1fc98a"].map(hex),
  light: ["#cf2740", "#f0a3ab", "#eceff3", "#9fdcc1", "#0f9d6b"].map(hex),
};

export function buildPalette(
  kind: FieldKind,
  theme: ThemeName,
  codes: readonly [number, number] | null,
): Palette {
  const ramps = RAMPS[theme];
  switch (kind) {
    case "forces":
      return paint(WIDTH, STRENGTHS, (balance, strength) => forceColour(ramps, balance, strength));
    case "diverging":
      return paint(WIDTH, 1, (t) => sampleRamp(t < 0 ? ramps.negative : ramps.positive, Math.abs(t)));
    case "sequential":
      return paint(WIDTH, 1, (t) => sampleRamp(ramps.sequential, (t + 1) / 2));
    case "codes": {
      const [low, high] = codes ?? [0, 1];
      const count = high - low + 1;
      return paint(count, 1, (t) =>
        codeColour(theme, low + Math.round(((t + 1) / 2) * (count - 1)), low, high),
      );
    }
  }
}

/** An imbalance of this much already has its side's full hue. */
const FULL_HUE = 0.3;

/** Hue from the balance in [-1, 1], strength along the ramp. The balanced ramp is dull: only a side shines. */
function forceColour(ramps: ThemeRamps, balance: number, strength: number): Rgb {
  const pure = sampleRamp(balance < 0 ? ramps.negative : ramps.positive, strength);
  const even = sampleRamp(ramps.balanced, strength);
  return mix(even, pure, Math.min(1, Math.abs(balance) / FULL_HUE));
}

/** Signed codes run from bear to bull; unsigned ones along the sequential ramp. */
export function codeColour(theme: ThemeName, code: number, low: number, high: number): Rgb {
  if (low < 0) {
    const index = Math.round(2 + (code / Math.max(1, high)) * 2);
    return STATE_COLOURS[theme][index] ?? [128, 128, 128];
  }
  return sampleRamp(RAMPS[theme].sequential, 0.12 + (0.8 * (code - low)) / Math.max(1, high - low));
}

function paint(width: number, height: number, colourAt: (across: number, up: number) => Rgb): Palette {
  const pixels = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const across = width === 1 ? 0 : (2 * x) / (width - 1) - 1;
      const up = height === 1 ? 1 : y / (height - 1);
      const colour = colourAt(across, up);
      pixels.set([...colour.map((c) => Math.round(c)), 255], (y * width + x) * 4);
    }
  }
  return { width, height, pixels };
}
