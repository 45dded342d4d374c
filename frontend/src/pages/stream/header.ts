/** The header's readings: which session, what time it is in it, how fast it comes. */
import type { Session } from "../../store/session.js";
import type { StreamStore } from "../../store/stream-store.js";
import { compact } from "../../view/format.js";
import { formatDate, formatTime } from "../../view/time-axis.js";
import type { Zone } from "../../view/time-axis.js";
import { required, text } from "../dom.js";
import { servingHref } from "../places.js";

/** Weight of the newest sample in the shown means. */
const SMOOTHING = 0.1;

export class Header {
  private readonly symbol = text("symbol");
  private readonly serving = text("serving");
  private readonly date = text("clock-date");
  private readonly time = text("clock-time");
  private readonly bins = text("rate-bins");
  private readonly speed = text("rate-speed");
  private readonly latency = text("rate-latency");
  private readonly gateway = text("rate-gateway");
  private readonly dropped = text("rate-dropped");
  private readonly droppedCell = required("rate-dropped-cell", HTMLElement);
  private meanLatencyMs = NaN;
  private meanDrawMs = NaN;

  openSession(session: Session): void {
    this.symbol(session.symbol);
    this.serving(session.servingName);
    const serving = required("serving", HTMLAnchorElement);
    serving.title = `${session.servingId}, from ${session.source}: its fields in the registry`;
    serving.href = servingHref(session.servingId);
    document.title = `${session.symbol} ${session.servingName} · qMachina`;
  }

  /** A picture was drawn `latencyMs` after its newest bin came in, in `drawMs`. */
  measured(latencyMs: number | null, drawMs: number): void {
    if (latencyMs !== null) this.meanLatencyMs = mean(this.meanLatencyMs, latencyMs);
    this.meanDrawMs = mean(this.meanDrawMs, drawMs);
  }

  gatewayAnswered(roundTripMs: number | null): void {
    this.gateway(roundTripMs === null ? "–" : `${roundTripMs.toFixed(0)} ms`);
  }

  /** Several times a second; digits that change faster cannot be read. */
  show(store: StreamStore, zone: Zone, nowMs: number): void {
    const { latest, rates } = store;
    if (latest !== null) {
      this.date(formatDate(zone, latest.endMs));
      this.time(formatTime(zone, latest.endMs, 100));
    }
    this.bins(rates.binsPerSecond(nowMs).toFixed(1));
    const speed = rates.playbackSpeed(nowMs);
    this.speed(
      speed === 0 ? "–" : `${speed < 10 ? speed.toFixed(speed < 1 ? 2 : 1) : compact(Math.round(speed))}×`,
    );
    if (!Number.isNaN(this.meanLatencyMs)) {
      this.latency(`${this.meanLatencyMs.toFixed(0)} ms, draw ${this.meanDrawMs.toFixed(1)}`);
    }
    this.dropped(String(store.droppedBins));
    this.droppedCell.dataset["alert"] = String(store.droppedBins > 0);
  }
}

function mean(before: number, sample: number): number {
  return Number.isNaN(before) ? sample : before + SMOOTHING * (sample - before);
}
