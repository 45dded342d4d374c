/**
 * The state of one viewer's stream: session, ring, newest bin, losses, end.
 *
 * Takes the events of the wire one by one; says what kind of change each was. Knows nothing of screens.
 */
import type { StreamEvent } from "../wire/assemble.js";
import type { RuntimeConfig, SessionEnd } from "../wire/generated.js";
import type { PastBin } from "../wire/past-bins.js";
import { binOf, pastBinOf } from "./bin.js";
import type { StreamedBin } from "./bin.js";
import { RateMeter } from "./rates.js";
import { GridRing, ringCapacity } from "./ring.js";
import { sessionOf } from "./session.js";
import type { Session } from "./session.js";

export type Change = "session" | "bin" | "nothing" | "end";

export interface Stream {
  readonly session: Session;
  readonly ring: GridRing;
}

export class StreamStore {
  readonly rates = new RateMeter();
  stream: Stream | null = null;
  latest: StreamedBin | null = null;
  end: SessionEnd | null = null;
  /** Bins of this session that the gateway dropped for this viewer, and when it did so last. */
  droppedBins = 0;
  droppedAtMs = -Infinity;
  private forgetNext = false;

  constructor(private readonly maxTextureSize: number) {}

  /** `nowMs` is a monotonic clock's. Throws WireError where a config contradicts itself. */
  apply(event: StreamEvent, nowMs: number): Change {
    switch (event.type) {
      case "config":
        return this.applyConfig(event.config);
      case "bin": {
        if (this.stream === null) return "nothing";
        const bin = binOf(event.update, this.stream.session.tickInt);
        this.countDropped(event.update.dropped ?? 0, nowMs);
        if (this.stream.ring.put(bin, event.frame) !== "stored") return "nothing";
        if (event.update.backfill !== true) this.rates.record(nowMs, bin.endMs);
        if (this.latest === null || bin.seq > this.latest.seq) this.latest = bin;
        return "bin";
      }
      case "end":
        this.end = event.end;
        return "end";
    }
  }

  /** Bins fetched from the past; how many of them were new. */
  addPast(bins: readonly PastBin[]): number {
    if (this.stream === null) return 0;
    const { ring, session } = this.stream;
    return bins.filter(
      ({ header, frame }) => ring.put(pastBinOf(header, session.tickInt), frame) === "stored",
    ).length;
  }

  /** The next runtime_config starts a new history, even if the session has the same id (a restart). */
  forget(): void {
    this.forgetNext = true;
  }

  private countDropped(bins: number, nowMs: number): void {
    if (bins === 0) return;
    this.droppedBins += bins;
    this.droppedAtMs = nowMs;
  }

  private applyConfig(config: RuntimeConfig): Change {
    const session = sessionOf(config);
    const known = this.stream?.session;
    this.end = null;
    this.rates.reset();
    if (!this.forgetNext && known?.id === session.id && known.configHash === session.configHash)
      return "nothing";
    this.forgetNext = false;
    const capacity = ringCapacity(session.columns, session.rows, this.maxTextureSize);
    this.stream = { session, ring: new GridRing(session.columns, session.rows, capacity) };
    this.latest = null;
    this.droppedBins = 0;
    return "session";
  }
}
