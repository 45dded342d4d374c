/** Colour mixing in OKLab, where equal steps look equal. Colours are sRGB triples in [0, 255]. */

export type Rgb = readonly [number, number, number];
type Lab = readonly [number, number, number];

/** A colour at a position in [0, 1] of a ramp. */
export interface Stop {
  readonly at: number;
  readonly colour: Rgb;
}

export function hex(text: string): Rgb {
  const value = Number.parseInt(text.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

export function cssColour(colour: Rgb, alpha = 1): string {
  return `rgb(${colour.map((c) => Math.round(c)).join(" ")} / ${alpha})`;
}

export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const a = toLab(from);
  const b = toLab(to);
  return fromLab([lerp(a[0], b[0], share), lerp(a[1], b[1], share), lerp(a[2], b[2], share)]);
}

/** The colour of an ascending ramp at `t`, clamped to its ends. */
export function sampleRamp(stops: readonly Stop[], t: number): Rgb {
  const above = stops.findIndex((stop) => stop.at >= t);
  const upper = stops[above === -1 ? stops.length - 1 : above];
  const lower = stops[Math.max(0, (above === -1 ? stops.length : above) - 1)];
  if (upper === undefined || lower === undefined) throw new RangeError("a ramp needs at least one stop");
  if (upper === lower || upper.at === lower.at) return upper.colour;
  return mix(lower.colour, upper.colour, Math.min(1, Math.max(0, (t - lower.at) / (upper.at - lower.at))));
}

const lerp = (a: number, b: number, share: number): number => a + (b - a) * share;

function toLab(colour: Rgb): Lab {
  const [r, g, b] = colour.map(linearOf) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromLab([lightness, a, b]: Lab): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    encoded(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    encoded(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    encoded(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function linearOf(channel: number): number {
  const c = channel / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
}

function encoded(linear: number): number {
  const c = linear <= 0.0031308 ? 12.92 * linear : 1.055 * Math.max(0, linear) ** (1 / 2.4) - 0.055;
  return Math.min(255, Math.max(0, c * 255));
}
