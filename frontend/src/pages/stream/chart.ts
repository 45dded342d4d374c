/**
 * The chart: owns camera, crosshair and canvases, and repairs what was invalidated once a frame.
 *
 * It knows the stream only through the store; mouse and keys reach it through interact.ts.
 */
import { drawCrosshair } from "../../render/crosshair.js";
import { HeatmapRenderer } from "../../render/heatmap.js";
import { Surface } from "../../render/surface.js";
import type { ChartTheme } from "../../render/theme.js";
import type { StreamStore } from "../../store/stream-store.js";
import { clampTime, fitCamera, visibleBins } from "../../view/camera.js";
import type { Camera } from "../../view/camera.js";
import { crosshairMark } from "../../view/crosshair.js";
import { follow } from "../../view/follow.js";
import type { Following } from "../../view/follow.js";
import { heatSource, heatView } from "../../view/heat-source.js";
import { layoutChart } from "../../view/layout.js";
import type { ChartLayout } from "../../view/layout.js";
import { buildPalette } from "../../view/palettes.js";
import type { Palette, ThemeName } from "../../view/palettes.js";
import { cellAt } from "../../view/readout.js";
import type { CellAddress } from "../../view/readout.js";
import { Redraw, RedrawQueue } from "../../view/redraw.js";
import type { RedrawLevel } from "../../view/redraw.js";
import type { TimeScale } from "../../view/time-axis.js";
import { chartTheme, heatBackground } from "./chart-theme.js";
import { Colouring } from "./colouring.js";
import { drawScene } from "./scene.js";
import type { SceneOptions } from "./scene.js";

export interface ChartCanvases {
  readonly host: HTMLElement;
  /** Clips the heatmap to the plot. */
  readonly frame: HTMLElement;
  readonly scene: HTMLCanvasElement;
  readonly cursor: HTMLCanvasElement;
}

export interface ChartListener {
  /** A frame was drawn: what it cost, and whether anything but the crosshair changed. */
  readonly onFrame: (costMs: number, level: RedrawLevel) => void;
}

/** Pixels a bin when a session opens. */
const FIRST_PX_PER_BIN = 3;
/** Part of the grid that is shown when a session opens: its outer rows are quiet most of the time. */
const FIRST_SHARE = 0.7;
const REDUCED_MOTION = matchMedia("(prefers-reduced-motion: reduce)");

export class StreamChart {
  readonly colouring = new Colouring();
  layout: ChartLayout = layoutChart(1, 1, 12);
  camera: Camera | null = null;
  following: Following = { time: true, price: true };
  cursor: { readonly x: number; readonly y: number } | null = null;
  palette: Palette = buildPalette("forces", "dark", null);
  private readonly heatmap: HeatmapRenderer;
  private readonly scene: Surface;
  private readonly cursorSurface: Surface;
  private readonly queue: RedrawQueue;
  private theme: ChartTheme = chartTheme();
  private anchorTick = 0;
  private profileMax = 0;
  private lastFrameMs = 0;

  /** Throws GlUnavailable. */
  constructor(
    private readonly canvases: ChartCanvases,
    private readonly store: StreamStore,
    private readonly themeName: () => ThemeName,
    private readonly options: () => SceneOptions,
    private readonly listener: ChartListener,
    heatmap: HeatmapRenderer,
  ) {
    this.heatmap = heatmap;
    this.scene = new Surface(canvases.scene);
    this.cursorSurface = new Surface(canvases.cursor);
    this.queue = new RedrawQueue(
      (level, nowMs) => this.frame(level, nowMs),
      (callback) => requestAnimationFrame(callback),
    );
    new ResizeObserver(() => {
      this.invalidate(Redraw.Layout);
    }).observe(canvases.host);
  }

  invalidate(level: RedrawLevel): void {
    this.queue.invalidate(level);
  }

  /** A new session: forget the old camera and scale. */
  openSession(): void {
    this.camera = null;
    this.following = { time: true, price: true };
    this.colouring.reset();
    this.profileMax = 0;
    this.invalidate(Redraw.Layout);
  }

  /** The field or its colours changed: every slot is uploaded again. */
  recolour(): void {
    this.colouring.reset();
    this.store.stream?.ring.dirty.markAll();
    this.invalidate(Redraw.Layout);
  }

  moveTo(camera: Camera, following: Following): void {
    const ring = this.store.stream?.ring;
    this.camera = ring === undefined ? camera : clampTime(camera, this.layout.plot, ring.oldest, ring.newest);
    this.following = following;
    this.invalidate(Redraw.Scene);
  }

  /** The cell under the crosshair, else null. */
  get cell(): CellAddress | null {
    if (this.cursor === null || this.camera === null || this.cursor.x >= this.layout.plot.width) return null;
    return cellAt(this.camera, this.layout.plot, this.cursor.x, this.cursor.y);
  }

  get timeScale(): TimeScale | null {
    const { stream, latest } = this.store;
    if (stream === null || latest === null) return null;
    const { cellWidthMs } = stream.session;
    return { startMs: latest.startMs - latest.seq * cellWidthMs, cellWidthMs };
  }

  private frame(level: RedrawLevel, nowMs: number): RedrawLevel {
    const started = performance.now();
    if (level >= Redraw.Layout) this.measure();
    const again = level >= Redraw.Scene ? this.drawPicture(nowMs) : Redraw.None;
    this.drawCursor();
    this.lastFrameMs = nowMs;
    this.listener.onFrame(performance.now() - started, level);
    return again;
  }

  private measure(): void {
    const { host, frame } = this.canvases;
    const em = Number.parseFloat(getComputedStyle(host).fontSize);
    const ratio = window.devicePixelRatio;
    this.layout = layoutChart(host.clientWidth, host.clientHeight, em);
    frame.style.width = `${this.layout.plot.width}px`;
    frame.style.height = `${this.layout.plot.height}px`;
    this.scene.resize(host.clientWidth, host.clientHeight, ratio);
    this.cursorSurface.resize(host.clientWidth, host.clientHeight, ratio);
    this.theme = chartTheme();
    const { kind, codes } = this.colouring.field;
    this.palette = buildPalette(kind, this.themeName(), codes);
    this.heatmap.setPalette(this.palette);
    this.heatmap.setBackground(heatBackground(this.theme));
  }

  private drawPicture(nowMs: number): RedrawLevel {
    const { stream, latest } = this.store;
    const time = this.timeScale;
    if (stream === null || latest === null || time === null) {
      this.scene.clear();
      this.heatmap.draw(null);
      return Redraw.None;
    }
    const { plot } = this.layout;
    const moving = this.followLatest(nowMs);
    const { camera } = this;
    if (camera === null) return Redraw.None;
    const [from, to] = visibleBins(camera, plot);
    const rescaling = this.colouring.update(stream.ring, from, to, nowMs);
    const { field, scale } = this.colouring;
    const source = heatSource(stream.ring, field, this.anchorTick);
    if (source !== null) {
      this.heatmap.setSource(source);
      this.heatmap.upload(stream.ring.dirty.take());
    }
    const ratio = window.devicePixelRatio;
    const view = source && heatView(stream.ring, camera, plot, field, scale, this.anchorTick, ratio);
    this.heatmap.draw(view);
    this.profileMax = drawScene(this.scene, {
      stream,
      latest,
      camera,
      time,
      layout: this.layout,
      options: this.options(),
      profileSeq: stream.ring.bin(this.cell?.seq ?? -1)?.seq ?? latest.seq,
      profileMax: this.profileMax,
      theme: this.theme,
    });
    return moving || rescaling ? Redraw.Scene : Redraw.None;
  }

  private followLatest(nowMs: number): boolean {
    const { stream, latest } = this.store;
    if (stream === null || latest === null) return false;
    const target = { newestBin: latest.seq, spotTick: latest.spotTick };
    const first = this.camera === null;
    if (this.camera === null) {
      if (Number.isNaN(latest.spotTick)) return false;
      this.anchorTick = latest.spotTick;
      stream.ring.dirty.markAll();
      const rows = stream.ring.rows * FIRST_SHARE;
      this.camera = fitCamera(latest.seq + 1, latest.spotTick, rows, this.layout.plot, FIRST_PX_PER_BIN);
    }
    const elapsed = Math.min(100, nowMs - this.lastFrameMs);
    const instant = first || REDUCED_MOTION.matches;
    const next = follow(this.camera, this.layout.plot, this.following, target, elapsed, instant);
    this.camera = next.camera;
    return next.moving;
  }

  private drawCursor(): void {
    this.cursorSurface.clear();
    const { cell, cursor, camera } = this;
    const { stream } = this.store;
    const time = this.timeScale;
    if (cell === null || cursor === null || camera === null || stream === null || time === null) return;
    const { zone } = this.options();
    const mark = crosshairMark(cursor, cell, camera, this.layout.plot, stream.session, time, zone);
    drawCrosshair(this.cursorSurface, this.layout, mark, this.theme);
  }
}
