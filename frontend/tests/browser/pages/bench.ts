/** Measures the renderers in a browser: many columns in the ring, one frame after the other, GPU included. */
import { HeatmapRenderer } from "../../../src/render/heatmap.js";
import { Surface } from "../../../src/render/surface.js";
import { chartTheme } from "../../../src/pages/stream/chart-theme.js";
import { drawScene } from "../../../src/pages/stream/scene.js";
import { fitCamera, zoomTime } from "../../../src/view/camera.js";
import { robustMax } from "../../../src/view/colour-scale.js";
import { FORCES } from "../../../src/view/fields.js";
import { heatSource, heatView } from "../../../src/view/heat-source.js";
import { layoutChart } from "../../../src/view/layout.js";
import { buildPalette } from "../../../src/view/palettes.js";
import { syntheticStream } from "./synthetic.js";

export interface BenchResult {
  readonly fillMsPerBin: number;
  readonly uploadAllMs: number;
  readonly uploadOneMs: number;
  readonly heatMs: number;
  readonly sceneMs: number;
  readonly scaleMs: number;
}

declare global {
  interface Window {
    bench: (width: number, height: number, columns: number, pxPerBin: number) => BenchResult;
  }
}

window.bench = (width, height, columns, pxPerBin) => {
  const heatCanvas = document.querySelector<HTMLCanvasElement>("#heat");
  const sceneCanvas = document.querySelector<HTMLCanvasElement>("#scene");
  if (heatCanvas === null || sceneCanvas === null) throw new Error("the page has no canvases");
  const started = performance.now();
  const stream = syntheticStream(columns);
  const fillMsPerBin = (performance.now() - started) / columns;
  const { ring, latest } = stream;
  const source = heatSource(ring, FORCES, latest.spotTick);
  if (source === null) throw new Error("the ring is empty");
  const layout = layoutChart(width, height, 12);
  const surface = new Surface(sceneCanvas);
  surface.resize(width, height, 1);
  const heatmap = new HeatmapRenderer(heatCanvas);
  const gl = heatCanvas.getContext("webgl2");
  // Reading a pixel waits for the GPU; without it only the queueing would be measured.
  const finish = (): void => gl?.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  heatmap.setPalette(buildPalette("forces", "dark", null));
  heatmap.setSource(source);
  finish();
  const uploadAllMs = meanMs(1, () => {
    ring.dirty.markAll();
    heatmap.upload(ring.dirty.take());
    finish();
  });
  const uploadOneMs = meanMs(50, () => {
    ring.dirty.mark(ring.slotOf(ring.newest));
    heatmap.upload(ring.dirty.take());
    finish();
  });
  const fitted = fitCamera(ring.newest + 1, latest.spotTick, ring.rows, layout.plot, 3);
  const camera = zoomTime(fitted, layout.plot, 3 / pxPerBin, layout.plot.width);
  const scaleMs = meanMs(20, () => robustMax(ring, FORCES, ring.oldest, ring.newest));
  const max = robustMax(ring, FORCES, ring.oldest, ring.newest) ?? 1;
  const view = heatView(ring, camera, layout.plot, FORCES, { max, curve: "root" }, source.anchorTick, 1);
  const heatMs = meanMs(60, () => {
    ring.dirty.mark(ring.slotOf(ring.newest));
    heatmap.upload(ring.dirty.take());
    heatmap.draw(view);
    finish();
  });
  const theme = chartTheme();
  const options = { trails: true, trades: true, projection: true, zone: "UTC" } as const;
  const time = { startMs: latest.startMs - latest.seq * 100, cellWidthMs: 100 };
  const sceneMs = meanMs(60, () => {
    const picture = {
      stream,
      latest,
      camera,
      layout,
      time,
      options,
      profileSeq: latest.seq,
      profileMax: 0,
      theme,
    };
    drawScene(surface, picture);
    surface.context.getImageData(0, 0, 1, 1);
  });
  return { fillMsPerBin, uploadAllMs, uploadOneMs, heatMs, sceneMs, scaleMs };
};

function meanMs(times: number, run: () => unknown): number {
  const started = performance.now();
  for (let i = 0; i < times; i += 1) run();
  return (performance.now() - started) / times;
}
