/** Composes one picture: view functions make plain data, renderers draw it. */
import { drawFrame, drawGridLines, drawPriceAxis, drawTimeAxis } from "../../render/axes.js";
import type { PriceTag } from "../../render/axes.js";
import { drawProfile } from "../../render/profile.js";
import { drawStrip } from "../../render/strip.js";
import type { Surface } from "../../render/surface.js";
import type { ChartTheme } from "../../render/theme.js";
import { drawNow, drawProjection, drawTrades, drawTrails } from "../../render/trails.js";
import type { StreamedBin } from "../../store/bin.js";
import type { Stream } from "../../store/stream-store.js";
import { xOfBin, yOfTick } from "../../view/camera.js";
import type { Camera } from "../../view/camera.js";
import { compact, signed } from "../../view/format.js";
import type { ChartLayout } from "../../view/layout.js";
import { formatPrice, priceMarks } from "../../view/price-axis.js";
import { depthProfile } from "../../view/profile.js";
import { projectionBands } from "../../view/projection.js";
import { strip } from "../../view/strip.js";
import { formatTime, timeMarks } from "../../view/time-axis.js";
import type { TimeScale, Zone } from "../../view/time-axis.js";
import { tradeDots, trail } from "../../view/trails.js";

export interface SceneOptions {
  readonly trails: boolean;
  readonly trades: boolean;
  readonly projection: boolean;
  readonly zone: Zone;
}

export interface SceneInput {
  readonly stream: Stream;
  readonly latest: StreamedBin;
  readonly camera: Camera;
  readonly layout: ChartLayout;
  readonly time: TimeScale;
  readonly options: SceneOptions;
  /** The bin whose depth is shown: under the crosshair, else the newest. */
  readonly profileSeq: number;
  readonly profileMax: number;
  readonly theme: ChartTheme;
}

/** Returns the depth profile's scale, for the next picture. */
export function drawScene(surface: Surface, input: SceneInput): number {
  const { camera, layout, theme, options, time } = input;
  const { session } = input.stream;
  const { plot, em } = layout;
  const priceScale = { tickInt: session.tickInt, decimals: session.priceDecimals };
  const prices = priceMarks(camera, plot, priceScale, em * 1.9);
  const times = timeMarks(camera, plot, time, options.zone, em * 6.5);
  surface.clear();
  drawGridLines(surface, layout, prices, times, theme);
  surface.within(plot, () => {
    drawOverlays(surface, input);
  });
  const max = drawDepth(surface, input);
  drawStripOf(surface, input);
  drawPriceAxis(surface, layout, prices, priceTags(input), theme);
  drawTimeAxis(surface, layout, times, theme);
  drawFrame(surface, layout, theme);
  return max;
}

function drawOverlays(
  surface: Surface,
  { stream, latest, camera, layout, options, theme }: SceneInput,
): void {
  const { plot, em } = layout;
  const { ring, session } = stream;
  if (options.projection)
    drawProjection(surface, projectionBands(latest, session.radiusTicks, camera, plot), theme);
  if (options.trails) {
    // A spread of one tick has both lines in the same place: a pixel apart, both are seen.
    const apart = 1 * camera.ticksPerPx;
    drawTrails(
      surface,
      {
        spot: trail(ring, "spotTick", camera, plot, 0),
        bid: trail(ring, "bidTick", camera, plot, 0.5 - apart),
        ask: trail(ring, "askTick", camera, plot, -0.5 + apart),
      },
      theme,
    );
  }
  if (options.trades) {
    const dots = tradeDots(ring, camera, plot, em * 0.9);
    const unit = dots.reduce((sum, dot) => sum + dot.volume, 0) / Math.max(1, dots.length);
    drawTrades(surface, dots, Math.max(1, unit), em * 0.3, theme);
  }
  drawNow(surface, xOfBin(camera, plot, latest.seq + 1), plot.height, theme);
}

function drawDepth(surface: Surface, input: SceneInput): number {
  const { stream, camera, layout, latest, profileSeq, options, theme } = input;
  const profile = depthProfile(stream.ring, profileSeq, camera, layout.plot, input.profileMax);
  const bin = stream.ring.bin(profileSeq);
  const live = profileSeq === latest.seq;
  const title = live || bin === null ? "Depth now" : `Depth ${formatTime(options.zone, bin.endMs, 100)}`;
  const labels = {
    title,
    ask: profile === null ? "" : `ask ${compact(profile.askTotal)}`,
    bid: profile === null ? "" : `bid ${compact(profile.bidTotal)}`,
    max: profile === null ? "" : `full bar ${compact(profile.max)}`,
  };
  drawProfile(surface, layout, profile, labels, theme);
  return profile?.max ?? input.profileMax;
}

function drawStripOf(surface: Surface, { stream, latest, camera, layout, theme }: SceneInput): void {
  const data = strip(stream.ring, camera, { width: layout.plot.width, height: layout.strip.height });
  const range = data.signalRange === 1 ? "" : ` (\u00b1${compact(data.signalRange)})`;
  const labels = {
    score: `model score ${signed(latest.detail.model.score)}`,
    signal: `${latest.detail.signal.name} ${signed(latest.detail.signal.value)}${range}`,
    volume: `volume, highest ${compact(data.maxVolume)}`,
  };
  drawStrip(surface, layout, data, labels, theme);
}

function priceTags({ stream, latest, camera, layout, theme }: SceneInput): PriceTag[] {
  const { session } = stream;
  const scale = { tickInt: session.tickInt, decimals: session.priceDecimals };
  const tag = (tick: number, colour: string, shift: number): PriceTag => ({
    at: yOfTick(camera, layout.plot, tick) + shift,
    label: formatPrice(tick, scale),
    colour,
  });
  if (Number.isNaN(latest.bidTick) || Number.isNaN(latest.askTick)) return [];
  // The touch is often one tick wide: keep the two tags from covering each other.
  const gap = yOfTick(camera, layout.plot, latest.bidTick) - yOfTick(camera, layout.plot, latest.askTick);
  const shift = Math.max(0, (layout.em * 1.5 - gap) / 2);
  return [tag(latest.askTick, theme.ask, -shift), tag(latest.bidTick, theme.bid, shift)];
}
