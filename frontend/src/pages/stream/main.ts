/** The stream page: wires socket, store, chart and panels together. */
import { GlUnavailable } from "../../render/gl.js";
import { HeatmapRenderer } from "../../render/heatmap.js";
import { StreamStore } from "../../store/stream-store.js";
import { describeError } from "../../wire/errors.js";
import { required } from "../dom.js";
import { fillNavigation } from "../shell.js";
import { ThemeSwitch } from "../theme.js";
import { StatusView } from "./status.js";
import { StreamPage } from "./page.js";

function start(): void {
  fillNavigation(required("places", HTMLElement), "streams");
  const serving = new URLSearchParams(location.search).get("serving") ?? "";
  const canvas = required("heat", HTMLCanvasElement);
  let heatmap: HeatmapRenderer;
  try {
    heatmap = new HeatmapRenderer(canvas);
  } catch (error) {
    if (!(error instanceof GlUnavailable)) throw error;
    new ThemeSwitch(required("theme", HTMLButtonElement), () => undefined);
    noWebGl(describeError(error));
    return;
  }
  const page = new StreamPage(serving, heatmap, new StreamStore(heatmap.maxTextureSize));
  // The driver may take the context away (sleep, driver update): a new page is the simplest new context.
  canvas.addEventListener("webglcontextlost", () => {
    page.stop();
    location.reload();
  });
  page.start();
}

function noWebGl(reason: string): void {
  new StatusView({ retry: () => undefined, restart: () => undefined }).show({
    tone: "bad",
    label: "no WebGL2",
    title: "The heatmap needs WebGL2",
    detail: `${reason.charAt(0).toUpperCase()}${reason.slice(1)}. Turn on hardware acceleration, or use a current Chrome, Edge, Firefox or Safari.`,
    remedy: "choose",
  });
}

start();
