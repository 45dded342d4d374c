/** One viewer's page: events of the stream in, changes of the screen out. */
import type { HeatmapRenderer } from "../../render/heatmap.js";
import type { StreamStore } from "../../store/stream-store.js";
import type { StreamEvent } from "../../wire/assemble.js";
import { INITIAL } from "../../wire/connection.js";
import type { ConnectionState } from "../../wire/connection.js";
import type { SessionStatus } from "../../wire/generated.js";
import { GatewayClient } from "../../wire/rest.js";
import { StreamSocket } from "../../wire/socket.js";
import { gaugesAt } from "../../view/gauges.js";
import { Redraw } from "../../view/redraw.js";
import type { RedrawLevel } from "../../view/redraw.js";
import { statusWords } from "../../view/words.js";
import { required } from "../dom.js";
import { ThemeSwitch } from "../theme.js";
import { showCell } from "./cell-reading.js";
import { StreamChart } from "./chart.js";
import { SessionControl } from "./control.js";
import { GaugesPanel } from "./gauges-panel.js";
import { Header } from "./header.js";
import { interact } from "./interact.js";
import { Layers } from "./layers.js";
import { CellPanel, FlowPanel } from "./readings.js";
import { ScrollBack } from "./scroll-back.js";
import { bindKeys } from "./shortcuts.js";
import { StatusView } from "./status.js";
import { Toolbar } from "./toolbar.js";

const READINGS_MS = 150;

export class StreamPage {
  private readonly gateway = new GatewayClient();
  private readonly layers = new Layers();
  private readonly header = new Header();
  private readonly gauges = new GaugesPanel();
  private readonly flow = new FlowPanel();
  private readonly cell = new CellPanel();
  private readonly theme: ThemeSwitch;
  private readonly chart: StreamChart;
  private readonly toolbar: Toolbar;
  private readonly control: SessionControl;
  private readonly socket: StreamSocket;
  private readonly status: StatusView;
  private readonly scrollBack: ScrollBack;
  private connection: ConnectionState = INITIAL;
  private sessionStatus: SessionStatus | null = null;
  private gatewayReason = "";
  private arrivedAtMs: number | null = null;

  constructor(
    private readonly serving: string,
    heatmap: HeatmapRenderer,
    private readonly store: StreamStore,
  ) {
    this.theme = new ThemeSwitch(required("theme", HTMLButtonElement), () => {
      this.toolbar.repaintLegend();
      this.chart.invalidate(Redraw.Layout);
    });
    const host = required("chart", HTMLElement);
    const canvases = {
      host,
      frame: required("heat-frame", HTMLElement),
      scene: required("scene", HTMLCanvasElement),
      cursor: required("cursor", HTMLCanvasElement),
    };
    const onFrame = (costMs: number, level: RedrawLevel): void => {
      this.afterFrame(costMs, level);
    };
    this.chart = new StreamChart(
      canvases,
      store,
      () => this.theme.name,
      () => this.layers.options,
      { onFrame },
      heatmap,
    );
    this.toolbar = new Toolbar(this.chart);
    this.layers.bind(this.chart);
    const showFollowing = (): void => {
      this.layers.showFollowing(this.chart);
    };
    interact(this.chart, host, showFollowing);
    this.status = new StatusView({
      retry: () => {
        this.socket.retryNow();
      },
      restart: () => {
        this.control.restart();
      },
    });
    this.control = new SessionControl(this.gateway, {
      onStatus: (status, roundTripMs) => {
        this.sessionStatus = status;
        this.header.gatewayAnswered(roundTripMs);
        this.showStatus();
      },
      onRestarted: () => {
        store.forget();
        this.socket.renew();
      },
      onFailure: (words) => {
        this.status.notice(words);
      },
    });
    this.socket = new StreamSocket(streamUrl(serving), {
      onEvent: (event) => {
        this.take(event);
      },
      onState: (state) => {
        this.connectionChanged(state);
      },
    });
    this.scrollBack = new ScrollBack(this.gateway, store, this.chart, (words) => {
      this.status.notice(words);
    });
    bindKeys(this.chart, this.control, this.toolbar, this.theme, showFollowing);
    setInterval(() => {
      this.showReadings();
    }, READINGS_MS);
  }

  start(): void {
    this.chart.invalidate(Redraw.Layout);
    if (this.serving === "") {
      this.connectionChanged({
        ...INITIAL,
        phase: "refused",
        reason: "no serving was chosen (?serving= is missing)",
      });
      return;
    }
    this.socket.start();
    this.showStatus();
  }

  stop(): void {
    this.socket.stop();
  }

  private take(event: StreamEvent): void {
    const now = performance.now();
    const droppedBefore = this.store.droppedBins;
    const change = this.store.apply(event, now);
    const lost = this.store.droppedBins - droppedBefore;
    if (lost > 0)
      this.status.notice(`${lost} ${lost === 1 ? "bin was" : "bins were"} dropped: this viewer is too slow`);
    if (event.type === "config") this.control.openSession(event.config.session.id);
    if (change === "session" && this.store.stream !== null) {
      const { session } = this.store.stream;
      this.chart.openSession();
      this.toolbar.openSession(session);
      this.gauges.openSession();
      this.scrollBack.openSession();
      this.header.openSession(session);
      this.layers.showFollowing(this.chart);
    }
    if (change === "bin") {
      this.arrivedAtMs = now;
      this.chart.invalidate(Redraw.Scene);
      if (this.chart.camera === null) this.showStatus();
    }
  }

  private connectionChanged(state: ConnectionState): void {
    this.connection = state;
    if (state.trouble === "unreachable" && state.phase === "backing_off") void this.askWhyUnreachable();
    else this.gatewayReason = "";
    this.showStatus();
  }

  private async askWhyUnreachable(): Promise<void> {
    const health = await this.gateway.health();
    this.gatewayReason = health.state === "not_ready" ? health.reason : "";
    this.showStatus();
  }

  private showStatus(): void {
    const words = statusWords({
      connection: this.connection,
      sessionState: this.sessionStatus?.state ?? "",
      sessionReason: this.sessionStatus?.reason ?? "",
      end: this.store.end,
      hasBins: this.store.latest !== null,
      gatewayReason: this.gatewayReason,
    });
    this.status.show(words);
  }

  private afterFrame(costMs: number, level: RedrawLevel): void {
    const now = performance.now();
    const arrived = this.arrivedAtMs;
    this.arrivedAtMs = null;
    if (level >= Redraw.Scene) this.header.measured(arrived === null ? null : now - arrived, costMs);
    showCell(this.cell, this.store, this.chart, this.layers.options.zone);
  }

  private showReadings(): void {
    const { stream, latest } = this.store;
    this.header.show(this.store, this.layers.options.zone, performance.now());
    if (stream === null || latest === null) return;
    this.toolbar.refresh();
    this.gauges.show(
      gaugesAt(stream.ring, latest, stream.session.cellWidthMs),
      latest.detail.model,
      latest.detail.signal,
    );
    this.flow.show(latest);
    this.showStatus();
  }
}

function streamUrl(serving: string): string {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}/v1/stream?serving=${encodeURIComponent(serving)}`;
}
