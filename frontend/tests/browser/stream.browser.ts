/** The stream page in a real browser, against the fake gateway. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { vi } from "vitest";
import { SESSION_ID } from "../mock-gateway/server.js";
import { chromiumPath, openBrowser, serveSources } from "./stage.js";
import { DESK, Theatre, live, screenshot } from "./theatre.js";
import type { Look } from "./theatre.js";

const LOOKS: readonly Look[] = [
  DESK,
  { width: 1280, height: 720, scheme: "light" },
  { width: 2560, height: 1440, scheme: "dark" },
  { width: 2560, height: 1440, scheme: "light" },
  { width: 3840, height: 2160, scheme: "dark" },
];
const none = chromiumPath() === null;
if (none) console.log("browser tests are skipped: no Chromium found (set CHROMIUM_PATH)");

describe.skipIf(none)("the stream page", () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await Theatre.open({ history: 500, backfillBins: 400 });
  });
  afterAll(async () => {
    await theatre.close();
  });

  it.each(LOOKS)("draws a live picture at $width x $height, $scheme", async (look) => {
    const { page, complaints } = await theatre.stream("demo", look);
    await live(page);
    await page.waitForFunction(() => Number(document.querySelector("#rate-bins")?.textContent) > 3);
    await page.mouse.move(look.width * 0.45, look.height * 0.45);
    await page.locator("#cell-where", { hasText: "k " }).waitFor();
    await screenshot(page, `stream-${look.width}x${look.height}-${look.scheme}`);
    // Nothing sticks out of the window, and the heatmap has colours of cells in it.
    const overflow = await page.evaluate(() => {
      const { scrollWidth, scrollHeight } = document.documentElement;
      return [scrollWidth - innerWidth, scrollHeight - innerHeight];
    });
    expect(overflow.every((px) => px <= 0)).toBe(true);
    expect(
      await page.locator("aside").evaluate((aside) => aside.scrollHeight - aside.clientHeight),
    ).toBeLessThanOrEqual(0);
    expect(await distinctColours(page)).toBeGreaterThan(50);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("shows every value of the cell under the crosshair, moved by mouse or keys", async () => {
    const { page, complaints } = await theatre.stream();
    await live(page);
    await page.mouse.move(500, 330);
    await page.locator("#cell-where", { hasText: "k " }).waitFor();
    await page.locator("#pause").click();
    await page.locator("#status", { hasText: "paused" }).waitFor();
    await page.mouse.move(500, 330);
    const before = await page.locator("#cell-where").textContent();
    await page.keyboard.press("Shift+ArrowUp");
    await vi.waitFor(async () => {
      expect(await page.locator("#cell-where").textContent()).not.toBe(before);
    });
    const cells = await page.locator(".matrix td").allTextContents();
    expect(cells).toHaveLength(24);
    expect(cells.every((text) => text !== "–")).toBe(true);
    await page.keyboard.press("Escape");
    await page.locator("#cell-where", { hasText: "under the crosshair" }).waitFor();
    await page.keyboard.press("p");
    await live(page);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("stops following when it is dragged or panned, and follows again", async () => {
    const { page } = await theatre.stream();
    await live(page);
    const follow = page.locator("#follow");
    const pressed = (state: string): Promise<void> =>
      vi.waitFor(async () => {
        expect(await follow.getAttribute("aria-pressed")).toBe(state);
      });
    await pressed("true");
    await page.mouse.move(400, 300);
    await page.mouse.down();
    await page.mouse.move(520, 302, { steps: 4 });
    await page.mouse.up();
    await pressed("mixed");
    await page.mouse.dblclick(400, 300);
    await pressed("true");
    await page.locator("#chart").focus();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowUp");
    await pressed("false");
    await page.keyboard.press("f");
    await pressed("true");
    await page.mouse.wheel(0, 300);
    await pressed("true");
    await page.context().close();
  });

  it("draws every field with its legend, without complaint", async () => {
    const { page, complaints } = await theatre.stream();
    await live(page);
    const ids = await page
      .locator("#field option")
      .evaluateAll((all) => all.map((o) => (o as HTMLOptionElement).value));
    expect(ids.length).toBeGreaterThan(38);
    for (const id of ids) {
      await page.selectOption("#field", id);
      await vi.waitFor(async () => {
        expect(await page.locator("#legend-marks span").count()).toBeGreaterThan(0);
      });
    }
    for (const id of ["composite", "state5_code", "rest_depth"]) {
      await page.selectOption("#field", id);
      await page.waitForTimeout(400);
      await screenshot(page, `field-${id}`);
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("keeps a scale that was set by hand, until it is automatic again", async () => {
    const { page } = await theatre.stream();
    await live(page);
    await page.locator("#scale-max").fill("77");
    await page.keyboard.press("Enter");
    expect(await page.locator("#scale-auto").getAttribute("aria-pressed")).toBe("false");
    await page.waitForTimeout(600);
    expect(await page.locator("#scale-max").inputValue()).toBe("77");
    await page.locator("#scale-auto").click();
    expect(await page.locator("#scale-auto").getAttribute("aria-pressed")).toBe("true");
    await page.context().close();
  });

  it("fetches the past that is looked at", async () => {
    const { page, complaints } = await theatre.stream();
    await live(page);
    await page.locator("#chart").focus();
    for (let i = 0; i < 12; i += 1) await page.keyboard.press("-");
    await vi.waitFor(
      () => {
        expect(
          theatre.gateway.requests.some(({ url }) => url.startsWith(`/v1/sessions/${SESSION_ID}/bins?from=`)),
        ).toBe(true);
      },
      { timeout: 5000 },
    );
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("names every control for those who cannot see it", async () => {
    const { page } = await theatre.stream();
    await live(page);
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll("button, select, input")]
        .filter((element) => {
          const labels = "labels" in element ? ((element.labels as NodeList | null)?.length ?? 0) : 0;
          return element.textContent.trim() === "" && !element.hasAttribute("aria-label") && labels === 0;
        })
        .map((element) => element.id),
    );
    expect(nameless).toEqual([]);
    await page.keyboard.press("?");
    await page.locator("#help-dialog[open]").waitFor();
    await screenshot(page, "help");
    await page.keyboard.press("Escape");
    await page.locator("#help-dialog:not([open])").waitFor({ state: "attached" });
    await page.context().close();
  });

  it("remembers theme, zone and field", async () => {
    const { page } = await theatre.stream();
    await live(page);
    await page.selectOption("#field", "v_add");
    await page.locator("#zone").click();
    await page.locator("#theme").click();
    await page.reload();
    await live(page);
    expect(await page.locator("#field").inputValue()).toBe("v_add");
    expect(await page.locator("#zone").textContent()).toBe("UTC");
    expect(await page.locator("html").getAttribute("data-theme")).toBe("light");
    await page.context().close();
  });
});

describe.skipIf(none)("the shader", () => {
  it("colours cells as the view's formulas say", async () => {
    const site = await serveSources();
    const browser = await openBrowser();
    const page = await browser?.newPage();
    await page?.goto(`${site.url}/tests/browser/pages/shader.html`);
    await page?.waitForFunction(() => "shaderErrors" in window);
    const errors = await page?.evaluate(() => window.shaderErrors());
    await browser?.close();
    await site.close();
    expect(Object.keys(errors ?? {})).toHaveLength(12);
    // Half a step of the palette is what linear filtering may differ from the nearest entry.
    for (const [name, error] of Object.entries(errors ?? {})) expect(error, name).toBeLessThanOrEqual(6);
  });
});

/** Colours in a picture of the plot: the canvas cannot be read back, a screenshot can. */
async function distinctColours(page: import("playwright-core").Page): Promise<number> {
  const box = await page.locator("#heat-frame").boundingBox();
  if (box === null) return 0;
  const png = await page.screenshot({ clip: { ...box, height: Math.min(box.height, 400) } });
  return page.evaluate(async (base64) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context?.drawImage(image, 0, 0);
    const data = new Uint32Array(
      context?.getImageData(0, 0, image.width, image.height).data.buffer ?? new ArrayBuffer(0),
    );
    return new Set(data).size;
  }, png.toString("base64"));
}
