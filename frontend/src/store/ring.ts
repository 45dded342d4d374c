/**
 * The recent past of a session: a ring with one slot a bin, every grid column kept whole.
 *
 * Bin b lives in slot b mod capacity, so a late, repeated or lost bin needs no moving. Each slot keeps
 * its own spot tick: history stays at its absolute price when spot moves. Bins may come twice or in any
 * order; the newest ever seen decides what is too old.
 */
import { GRID_ARRAYS } from "../wire/frames.js";
import type { GridFrame } from "../wire/frames.js";
import type { Bin } from "./bin.js";
import { DirtySlots } from "./dirty.js";
import { BinSeries } from "./series.js";
import type { GridColumnSpec } from "./session.js";

/** Values of one column for all slots, `rows` values a slot. */
export type RingArray = Float32Array | Int32Array | Int8Array | BigInt64Array;

export type PutResult = "stored" | "repeated" | "too_old";

/** Records since the tick was last touched; derived here because last_event_id alone says little. */
export const EVENT_AGE = "event_age";

export class GridRing {
  readonly series: BinSeries;
  readonly dirty: DirtySlots;
  private readonly bins: (Bin | null)[];
  private readonly columns = new Map<string, RingArray>();
  private newestSeq = -1;
  private firstSeq = 0;

  constructor(
    specs: readonly GridColumnSpec[],
    readonly rows: number,
    readonly capacity: number,
  ) {
    this.series = new BinSeries(capacity);
    this.dirty = new DirtySlots(capacity);
    this.bins = new Array<Bin | null>(capacity).fill(null);
    for (const { name, dtype } of specs) {
      // The screen needs no more than float32; it halves the memory.
      const kind = dtype === "float64" ? "float32" : dtype;
      this.columns.set(name, new GRID_ARRAYS[kind](capacity * rows));
    }
    if (this.columns.has("last_event_id")) this.columns.set(EVENT_AGE, new Float32Array(capacity * rows));
  }

  /** The newest bin, -1 before the first. */
  get newest(): number {
    return this.newestSeq;
  }

  /** The oldest bin that may be present; above `newest` while empty. */
  get oldest(): number {
    return Math.max(this.firstSeq, this.newestSeq - this.capacity + 1);
  }

  slotOf(seq: number): number {
    return seq % this.capacity;
  }

  /** The bin's header, or null where the bin is lost, not yet here, or forgotten. */
  bin(seq: number): Bin | null {
    if (seq < 0) return null;
    const bin = this.bins[this.slotOf(seq)] ?? null;
    return bin?.seq === seq ? bin : null;
  }

  column(name: string): RingArray | undefined {
    return this.columns.get(name);
  }

  /** One value of one cell; undefined where the bin or the column is not there. */
  value(name: string, seq: number, row: number): number | bigint | undefined {
    if (this.bin(seq) === null || row < 0 || row >= this.rows) return undefined;
    return this.columns.get(name)?.[this.slotOf(seq) * this.rows + row];
  }

  put(bin: Bin, frame: GridFrame): PutResult {
    if (bin.seq <= this.newestSeq - this.capacity) return "too_old";
    if (this.bin(bin.seq) !== null) return "repeated";
    this.advanceTo(bin.seq);
    const slot = this.slotOf(bin.seq);
    for (const [name, array] of this.columns) {
      const source = frame.columns.get(name);
      if (source !== undefined) copyInto(array, source, slot * this.rows);
    }
    this.writeEventAge(bin, slot);
    this.bins[slot] = bin;
    this.series.write(slot, bin);
    this.dirty.mark(slot);
    return "stored";
  }

  /** Make room up to `seq`: every skipped slot is emptied. */
  private advanceTo(seq: number): void {
    if (this.newestSeq < 0) {
      this.firstSeq = seq;
      this.newestSeq = seq;
      return;
    }
    this.firstSeq = Math.min(this.firstSeq, seq);
    for (let s = Math.max(this.newestSeq + 1, seq - this.capacity + 1); s <= seq; s += 1) {
      const slot = this.slotOf(s);
      this.bins[slot] = null;
      this.series.clear(slot);
      this.dirty.mark(slot);
    }
    this.newestSeq = Math.max(this.newestSeq, seq);
  }

  private writeEventAge(bin: Bin, slot: number): void {
    const ids = this.columns.get("last_event_id");
    const ages = this.columns.get(EVENT_AGE);
    if (!(ids instanceof BigInt64Array) || !(ages instanceof Float32Array)) return;
    const base = slot * this.rows;
    for (let i = base; i < base + this.rows; i += 1) {
      const id = ids[i] ?? 0n;
      ages[i] = id === 0n ? NaN : Number(bin.eventId - id);
    }
  }
}

function copyInto(target: RingArray, source: ArrayLike<number> | BigInt64Array, offset: number): void {
  if (target instanceof BigInt64Array) {
    if (source instanceof BigInt64Array) target.set(source, offset);
  } else if (!(source instanceof BigInt64Array)) {
    target.set(source, offset);
  }
}

/** How many bins to keep: as many as a memory budget and the GPU's texture height allow. */
export function ringCapacity(specs: readonly GridColumnSpec[], rows: number, maxTextureSize: number): number {
  const budgetBytes = 96 * 2 ** 20;
  const bytesPerRow = specs.reduce(
    (sum, { dtype }) => sum + (dtype === "int8" ? 1 : dtype === "int64" ? 12 : 4),
    0,
  );
  return Math.max(256, Math.min(8192, maxTextureSize, Math.floor(budgetBytes / (bytesPerRow * rows))));
}
