/** Linear scales of charts: domains of values that may be missing, and round marks on them. */
import type { AxisMark } from "./price-axis.js";
import type { Rect } from "./layout.js";

export interface Domain {
  readonly low: number;
  readonly high: number;
}

export type Maybe = number | null | undefined;

export function isNumber(value: Maybe): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/**
 * The smallest domain that holds every value, with `margin` (a share of its span) on both sides; what is missing is
 * left out. A single value gets room around it, and nothing at all is 0 to 1.
 */
export function domainOf(values: Iterable<Maybe>, margin = 0): Domain {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!isNumber(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return { low: 0, high: 1 };
  const room = low === high ? Math.max(Math.abs(low) * 0.1, 0.5) : (high - low) * margin;
  return { low: low - room, high: high + room };
}

/** The smallest step of 1, 2, 2.5 or 5 times a power of ten that is not under `least`. */
export function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 2.5, 5, 10].find((each) => each * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** Multiples of a round step inside the domain, about `count` of them, free of binary rounding. */
export function roundValues(domain: Domain, count: number): readonly number[] {
  const step = roundStep((domain.high - domain.low) / Math.max(1, count));
  const first = Math.ceil(domain.low / step - 1e-9);
  const last = Math.floor(domain.high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)) + 0);
}

/** From values to pixels. `upward`: larger values are higher up. */
export class LinearScale {
  constructor(
    readonly domain: Domain,
    private readonly from: number,
    private readonly to: number,
  ) {}

  static across(domain: Domain, { x, width }: Rect): LinearScale {
    return new LinearScale(domain, x, x + width);
  }

  static upward(domain: Domain, { y, height }: Rect): LinearScale {
    return new LinearScale(domain, y + height, y);
  }

  at(value: number): number {
    const { low, high } = this.domain;
    return this.from + ((value - low) / (high - low)) * (this.to - this.from);
  }

  /** As `at`, but never outside the domain. */
  within(value: number): number {
    return this.at(Math.min(this.domain.high, Math.max(this.domain.low, value)));
  }

  valueAt(pixel: number): number {
    const { low, high } = this.domain;
    return low + ((pixel - this.from) / (this.to - this.from)) * (high - low);
  }

  /** Marks at round values, `gap` pixels or more apart. */
  marks(gap: number, label: (value: number) => string): readonly AxisMark[] {
    const count = Math.max(1, Math.floor(Math.abs(this.to - this.from) / gap));
    return roundValues(this.domain, count).map((value) => ({
      at: this.at(value),
      label: label(value),
      major: value === 0,
    }));
  }
}

/** A round value with all its digits, and a real minus sign. */
export function plainLabel(value: number): string {
  return String(value).replace("-", "\u2212");
}

/** The value nearest to `wanted`; its position in the list, -1 in an empty one. */
export function nearest(values: readonly number[], wanted: number): number {
  let best = -1;
  let distance = Infinity;
  for (const [i, value] of values.entries()) {
    if (Math.abs(value - wanted) >= distance) continue;
    best = i;
    distance = Math.abs(value - wanted);
  }
  return best;
}
