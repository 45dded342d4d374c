/** Which slots of a ring changed since somebody last asked. */

/** Slots `first` up to, and not including, `end`. */
export interface SlotSpan {
  readonly first: number;
  readonly end: number;
}

export class DirtySlots {
  private readonly marked: Uint8Array;
  private low: number;
  private high = 0;

  constructor(readonly capacity: number) {
    this.marked = new Uint8Array(capacity);
    this.low = capacity;
  }

  mark(slot: number): void {
    this.marked[slot] = 1;
    this.low = Math.min(this.low, slot);
    this.high = Math.max(this.high, slot + 1);
  }

  markAll(): void {
    this.marked.fill(1);
    this.low = 0;
    this.high = this.capacity;
  }

  get any(): boolean {
    return this.low < this.high;
  }

  /** The marked slots as maximal spans in ascending order; all are clean afterwards. */
  take(): SlotSpan[] {
    const spans: SlotSpan[] = [];
    let slot = this.low;
    while (slot < this.high) {
      if (this.marked[slot] === 0) {
        slot += 1;
        continue;
      }
      const first = slot;
      while (slot < this.high && this.marked[slot] === 1) slot += 1;
      spans.push({ first, end: slot });
    }
    this.marked.fill(0, this.low, Math.max(this.low, this.high));
    this.low = this.capacity;
    this.high = 0;
    return spans;
  }
}
