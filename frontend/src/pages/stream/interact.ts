/** Mouse, wheel, touch and keys of the chart, turned into camera moves. */
import { binAtX, pan, xOfBin, yOfTick, zoomPrice, zoomTime } from "../../view/camera.js";
import type { Camera } from "../../view/camera.js";
import { zoneAt } from "../../view/layout.js";
import type { ChartZone } from "../../view/layout.js";
import { Redraw } from "../../view/redraw.js";
import type { StreamChart } from "./chart.js";

const WHEEL_RATE = 0.0016;
const DRAG_RATE = 0.006;
const DRAG_START_PX = 4;

interface Drag {
  readonly zone: ChartZone;
  readonly camera: Camera;
  readonly x: number;
  readonly y: number;
}

/** Wire a chart to its host element. `onFollow` hears when following is switched by hand. */
export function interact(chart: StreamChart, host: HTMLElement, onFollow: () => void): void {
  let drag: Drag | null = null;
  const local = (event: MouseEvent): { x: number; y: number } => {
    const box = host.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  host.addEventListener("pointerdown", (event) => {
    if (event.target instanceof HTMLButtonElement || event.button !== 0 || chart.camera === null) return;
    const { x, y } = local(event);
    const zone = zoneAt(chart.layout, x, y);
    if (zone === null) return;
    host.setPointerCapture(event.pointerId);
    drag = { zone, camera: chart.camera, x, y };
  });
  host.addEventListener("pointermove", (event) => {
    const point = local(event);
    if (drag !== null) dragTo(chart, drag, point.x - drag.x, point.y - drag.y, onFollow);
    const zone = zoneAt(chart.layout, point.x, point.y);
    host.style.cursor = zone === "priceAxis" ? "ns-resize" : zone === "timeAxis" ? "ew-resize" : "crosshair";
    chart.cursor = zone === "plot" || zone === "strip" || zone === "profile" ? point : null;
    // The depth profile follows the crosshair, so the scene is redrawn where the crosshair changes bin.
    chart.invalidate(Redraw.Scene);
  });
  for (const kind of ["pointerup", "pointercancel"] as const) {
    host.addEventListener(kind, () => {
      drag = null;
    });
  }
  host.addEventListener("pointerleave", () => {
    chart.cursor = null;
    chart.invalidate(Redraw.Scene);
  });
  host.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      wheel(chart, event, local(event), onFollow);
    },
    { passive: false },
  );
  host.addEventListener("dblclick", (event) => {
    if (event.target instanceof HTMLButtonElement) return;
    followAgain(chart, onFollow);
  });
}

/** Back to the newest bin and to spot. */
export function followAgain(chart: StreamChart, onFollow: () => void): void {
  if (chart.camera !== null) chart.moveTo(chart.camera, { time: true, price: true });
  onFollow();
}

function dragTo(chart: StreamChart, drag: Drag, dx: number, dy: number, onFollow: () => void): void {
  const { plot } = chart.layout;
  const { following } = chart;
  switch (drag.zone) {
    case "plot":
    case "strip":
    case "profile": {
      const sideways = Math.abs(dx) >= DRAG_START_PX && drag.zone !== "profile";
      const upright = Math.abs(dy) >= DRAG_START_PX && drag.zone !== "strip";
      if (!sideways && !upright) return;
      const moved = pan(drag.camera, sideways ? dx : 0, upright ? dy : 0);
      const present = chart.camera ?? moved;
      // An axis that still follows keeps its own way; only the dragged one is held.
      const time = following.time && !sideways;
      const price = following.price && !upright;
      const camera = {
        ...moved,
        rightBin: time ? present.rightBin : moved.rightBin,
        centreTick: price ? present.centreTick : moved.centreTick,
      };
      chart.moveTo(camera, { time, price });
      break;
    }
    case "priceAxis":
      chart.moveTo(zoomPrice(drag.camera, plot, Math.exp(dy * DRAG_RATE), plot.height / 2), {
        ...following,
        price: false,
      });
      break;
    case "timeAxis":
      chart.moveTo(zoomTime(drag.camera, plot, Math.exp(dx * DRAG_RATE), plot.width), following);
      break;
  }
  onFollow();
}

function wheel(
  chart: StreamChart,
  event: WheelEvent,
  point: { x: number; y: number },
  onFollow: () => void,
): void {
  const { camera, layout, following } = chart;
  if (camera === null) return;
  const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
  const zone = zoneAt(layout, point.x, point.y);
  const factor = Math.exp(event.deltaY * unit * WHEEL_RATE);
  if (zone === "priceAxis" || zone === "profile" || (event.shiftKey && !event.ctrlKey)) {
    // Browsers turn Shift + wheel into a sideways wheel.
    const turned = Math.exp((event.deltaY === 0 ? event.deltaX : event.deltaY) * unit * WHEEL_RATE);
    chart.moveTo(zoomPrice(camera, layout.plot, turned, point.y), { ...following, price: false });
  } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    chart.moveTo(pan(camera, -event.deltaX * unit, 0), { ...following, time: false });
  } else {
    chart.moveTo(zoomTime(camera, layout.plot, factor, timeAnchor(chart, camera, point.x)), following);
  }
  onFollow();
}

/** While following, time is stretched from the newest bin; else from under the mouse. */
function timeAnchor(chart: StreamChart, camera: Camera, x: number): number {
  return chart.following.time
    ? chart.layout.plot.width
    : Math.min(x, xOfBin(camera, chart.layout.plot, camera.rightBin));
}

export type CameraKey = "left" | "right" | "up" | "down" | "timeIn" | "timeOut" | "priceIn" | "priceOut";

export function moveByKey(chart: StreamChart, key: CameraKey): void {
  const { camera, layout, following } = chart;
  if (camera === null) return;
  const { plot } = layout;
  const anchor = timeAnchor(chart, camera, plot.width / 2);
  switch (key) {
    case "left":
    case "right":
      chart.moveTo(pan(camera, (key === "left" ? 0.1 : -0.1) * plot.width, 0), { ...following, time: false });
      return;
    case "up":
    case "down":
      chart.moveTo(pan(camera, 0, (key === "up" ? 0.08 : -0.08) * plot.height), {
        ...following,
        price: false,
      });
      return;
    case "timeIn":
    case "timeOut":
      chart.moveTo(zoomTime(camera, plot, key === "timeIn" ? 0.8 : 1.25, anchor), following);
      return;
    case "priceIn":
    case "priceOut":
      chart.moveTo(zoomPrice(camera, plot, key === "priceIn" ? 0.8 : 1.25, plot.height / 2), following);
      return;
  }
}

/** Move the crosshair by whole cells; it starts in the middle of the newest column. */
export function moveCrosshair(chart: StreamChart, bins: number, ticks: number): void {
  const { camera, layout } = chart;
  if (camera === null) return;
  const { plot } = layout;
  const from = chart.cell ?? {
    seq: Math.floor(binAtX(camera, plot, plot.width * 0.9)),
    tick: camera.centreTick,
  };
  const x = xOfBin(camera, plot, from.seq + bins + 0.5);
  const y = yOfTick(camera, plot, Math.round(from.tick) + ticks);
  chart.cursor = {
    x: Math.max(0, Math.min(plot.width - 1, x)),
    y: Math.max(0, Math.min(plot.height - 1, y)),
  };
  chart.invalidate(Redraw.Scene);
}
