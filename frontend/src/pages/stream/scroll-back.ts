/** Fetches past bins that are looked at and not there: one request at a time, when the user looks back. */
import { GapFinder } from "../../store/gaps.js";
import type { StreamStore } from "../../store/stream-store.js";
import { visibleBins } from "../../view/camera.js";
import { Redraw } from "../../view/redraw.js";
import { describeError } from "../../wire/errors.js";
import { decodePastBins } from "../../wire/past-bins.js";
import type { GatewayClient } from "../../wire/rest.js";
import type { StreamChart } from "./chart.js";

const LOOK_MS = 400;
/** A viewer that cannot keep up shall not ask for more. */
const QUIET_AFTER_DROP_MS = 5000;

export class ScrollBack {
  private gaps = new GapFinder();
  private fetching = false;

  constructor(
    private readonly gateway: GatewayClient,
    private readonly store: StreamStore,
    private readonly chart: StreamChart,
    private readonly onFailure: (words: string) => void,
  ) {
    setInterval(() => void this.look(), LOOK_MS);
  }

  openSession(): void {
    this.gaps = new GapFinder();
  }

  private async look(): Promise<void> {
    const { stream } = this.store;
    const { camera, layout } = this.chart;
    if (this.fetching || stream === null || camera === null || document.hidden) return;
    if (performance.now() - this.store.droppedAtMs < QUIET_AFTER_DROP_MS) return;
    const { session, ring } = stream;
    const range = this.gaps.next(ring, ...visibleBins(camera, layout.plot));
    if (range === null) return;
    this.fetching = true;
    this.gaps.markAsked(range);
    try {
      const bytes = await this.gateway.pastBins(session.id, range.from, range.to);
      if (this.store.stream !== stream) return;
      this.store.addPast(decodePastBins(bytes, session.columns, session.rows));
      this.chart.invalidate(Redraw.Scene);
    } catch (error) {
      this.onFailure(`The past cannot be fetched. ${describeError(error)}`);
    } finally {
      this.fetching = false;
    }
  }
}
