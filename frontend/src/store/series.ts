/** One number a bin, for every slot of a ring: what is drawn as lines, bars and dots. NaN where there is none. */
import type { Bin } from "./bin.js";

export const SERIES = {
  spotTick: (bin: Bin) => bin.spotTick,
  bidTick: (bin: Bin) => bin.bidTick,
  askTick: (bin: Bin) => bin.askTick,
  vwapTick: ({ detail }: Bin) => detail?.flow.vwapTick ?? NaN,
  buyVolume: ({ detail }: Bin) => detail?.flow.buyVolume ?? NaN,
  sellVolume: ({ detail }: Bin) => detail?.flow.sellVolume ?? NaN,
  score: ({ detail }: Bin) => detail?.model.score ?? NaN,
  signal: ({ detail }: Bin) => detail?.signal.value ?? NaN,
  bull: ({ detail }: Bin) => detail?.model.bull ?? NaN,
  bear: ({ detail }: Bin) => detail?.model.bear ?? NaN,
} as const;

export type SeriesName = keyof typeof SERIES;

const NAMES = Object.keys(SERIES) as SeriesName[];

export class BinSeries {
  private readonly arrays: Readonly<Record<SeriesName, Float64Array>>;

  constructor(capacity: number) {
    const entries = NAMES.map((name) => [name, new Float64Array(capacity).fill(NaN)] as const);
    this.arrays = Object.fromEntries(entries) as Record<SeriesName, Float64Array>;
  }

  /** One value a slot. */
  of(name: SeriesName): Float64Array {
    return this.arrays[name];
  }

  write(slot: number, bin: Bin): void {
    for (const name of NAMES) this.arrays[name][slot] = SERIES[name](bin);
  }

  clear(slot: number): void {
    for (const name of NAMES) this.arrays[name][slot] = NaN;
  }
}
