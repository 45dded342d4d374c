/** Which past bins to fetch next: those that are looked at and not there. Pure but for what it remembers. */
import type { GridRing } from "./ring.js";

/** Bins `from` up to, and not including, `to`. */
export interface BinRange {
  readonly from: number;
  readonly to: number;
}

export const GAP = {
  /** Most bins in one request. */
  chunk: 300,
  /** Newer bins than this may still be on their way. */
  liveBins: 50,
} as const;

export class GapFinder {
  /** Bins that were asked for once; the gateway may have forgotten them, so they are not asked for again. */
  private readonly asked = new Set<number>();

  /** The range nearest to the right end of what is seen, or null where nothing is missing. */
  next(ring: GridRing, firstSeen: number, lastSeen: number): BinRange | null {
    const low = Math.max(0, firstSeen, ring.newest - ring.capacity + 1);
    const high = Math.min(lastSeen, ring.newest - GAP.liveBins);
    let to = high;
    while (to >= low && !this.missing(ring, to)) to -= 1;
    if (to < low) return null;
    let from = to;
    while (from > low && to - from + 1 < GAP.chunk && this.missing(ring, from - 1)) from -= 1;
    return { from, to: to + 1 };
  }

  markAsked({ from, to }: BinRange): void {
    for (let seq = from; seq < to; seq += 1) this.asked.add(seq);
  }

  private missing(ring: GridRing, seq: number): boolean {
    return ring.bin(seq) === null && !this.asked.has(seq);
  }
}
