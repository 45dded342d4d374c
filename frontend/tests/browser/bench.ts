/** Frame times of the renderers, printed; the only thing that it fails on is a page that does not run. */
import type { BenchResult } from "./pages/bench.js";
import { openBrowser, serveSources } from "./stage.js";

const SIZES = [
  [1280, 720, 3000, 3],
  [1280, 720, 3000, 0.25],
  [2560, 1440, 3000, 3],
  [3840, 2160, 3000, 3],
] as const;

export async function main(): Promise<number> {
  const browser = await openBrowser();
  if (browser === null) {
    console.log("skipped: no Chromium found (set CHROMIUM_PATH)");
    return 0;
  }
  const site = await serveSources();
  for (const [width, height, columns, pxPerBin] of SIZES) {
    const page = await browser.newPage({ viewport: { width, height } });
    await page.goto(`${site.url}/tests/browser/pages/bench.html`);
    await page.waitForFunction(() => "bench" in window);
    const result: BenchResult = await page.evaluate((args) => window.bench(...args), [
      width,
      height,
      columns,
      pxPerBin,
    ] as const);
    const words = Object.entries(result).map(([name, ms]) => `${name} ${Number(ms).toFixed(2)}`);
    console.log(`${width}x${height}, ${columns} columns, ${pxPerBin} px/bin: ${words.join(", ")}`);
    await page.close();
  }
  await browser.close();
  await site.close();
  return 0;
}
