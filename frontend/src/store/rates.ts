/** How fast bins come in, measured over the last seconds. Clock times are handed in. */

const WINDOW_MS = 4000;

interface Arrival {
  readonly atMs: number;
  readonly binEndMs: number;
}

export class RateMeter {
  private arrivals: Arrival[] = [];

  /** A live (not backfilled) bin came in. */
  record(atMs: number, binEndMs: number): void {
    this.arrivals.push({ atMs, binEndMs });
    this.forget(atMs);
  }

  reset(): void {
    this.arrivals = [];
  }

  binsPerSecond(nowMs: number): number {
    this.forget(nowMs);
    const first = this.arrivals[0];
    if (first === undefined || this.arrivals.length < 2) return 0;
    return ((this.arrivals.length - 1) * 1000) / Math.max(1, nowMs - first.atMs);
  }

  /** Session time per wall time: 1 is real time; 0 while nothing comes. */
  playbackSpeed(nowMs: number): number {
    this.forget(nowMs);
    const first = this.arrivals[0];
    const last = this.arrivals.at(-1);
    if (first === undefined || last === undefined || first === last) return 0;
    return (last.binEndMs - first.binEndMs) / Math.max(1, nowMs - first.atMs);
  }

  private forget(nowMs: number): void {
    let stale = 0;
    while (stale < this.arrivals.length && (this.arrivals[stale]?.atMs ?? nowMs) < nowMs - WINDOW_MS)
      stale += 1;
    if (stale > 0) this.arrivals.splice(0, stale);
  }
}
