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
    balanced: ramp("#0a0d13", "#241d33", "#4a3b63", "#83719f", "#c4b8d6", "#faf7ff"),
    sequential: ramp("#0a0d13", "#1a1f4d", "#4b2a86", "#9a3a92", "#e0577a", "#ff9a63", "#fff0b8"),
  },
  light: {
    positive: ramp("#ffffff", "#d3e6fb", "#8fc0f3", "#3c8ae0", "#1557ad", "#082a5e"),
    negative: ramp("#ffffff", "#fde3c8", "#fbb876", "#ea7d22", "#b04a0b", "#5c2104"),
    balanced: ramp("#ffffff", "#e8e2ef", "#c3b5d4", "#9179ac", "#5e4780", "#2f1f49"),
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

/** Hue from the balance in [-1, 1], from its pure ramp to the balanced one; strength along the ramp. */
function forceColour(ramps: ThemeRamps, balance: number, strength: number): Rgb {
  const pure = sampleRamp(balance < 0 ? ramps.negative : ramps.positive, strength);
  const even = sampleRamp(ramps.balanced, strength);
  // A steep start: a small imbalance already shows its side.
  return mix(even, pure, Math.abs(balance) ** 0.6);
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
