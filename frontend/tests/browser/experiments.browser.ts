/** The experiments page in a real browser, against the fake gateway. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { manyRuns } from "../mock-gateway/harness-runs.js";
import { chromiumPath } from "./stage.js";
import { DESK, Theatre, screenshot } from "./theatre.js";
import type { Look } from "./theatre.js";

const LOOKS: readonly Look[] = [
  DESK,
  { width: 1280, height: 720, scheme: "light" },
  { width: 2560, height: 1440, scheme: "dark" },
  { width: 3840, height: 2160, scheme: "dark" },
  { width: 3840, height: 2160, scheme: "light" },
];

describe.skipIf(chromiumPath() === null)("the experiments page", () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await Theatre.open({ history: 60 });
  });
  afterAll(async () => {
    await theatre.close();
  });

  async function open(search = "", look: Look = DESK): Promise<{ page: Page; complaints: string[] }> {
    const opened = await theatre.page(look);
    await opened.page.goto(theatre.url(`experiments.html${search}`));
    await opened.page.locator(".run-table tr[data-index]").first().waitFor();
    return opened;
  }
  const rowAt = (page: Page, index: number): ReturnType<Page["locator"]> =>
    page.locator(`.run-table tbody tr[data-index="${index}"]`);
  const cell = async (page: Page, index: number, column: number): Promise<string> =>
    (await rowAt(page, index).locator("td").nth(column).textContent()) ?? "";
  const query = (page: Page): URLSearchParams => new URL(page.url()).searchParams;

  it.each(LOOKS)("fits $width x $height, $scheme", async (look) => {
    const { page, complaints } = await open("", look);
    const name = `experiments-${look.width}x${look.height}-${look.scheme}`;
    await screenshot(page, name);
    await page.keyboard.press("Enter");
    await page.locator(".run-panel .tiles").waitFor();
    await page.locator(".chart-line").first().waitFor();
    await screenshot(page, `${name}-run`);
    const overflow = await page.evaluate(() => {
      const { scrollWidth, scrollHeight } = document.documentElement;
      const panel = document.querySelector("#panel");
      const tiles = Array.from(document.querySelectorAll(".tiles dd"));
      return [
        scrollWidth - innerWidth,
        scrollHeight - innerHeight,
        panel === null ? 1 : panel.scrollWidth - panel.clientWidth,
        ...tiles.map((tile) => tile.scrollWidth - tile.clientWidth),
      ];
    });
    expect(Math.max(...overflow)).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("sorts by any column, best first and reversed, and says so in its address", async () => {
    const { page } = await open();
    const [best, second] = [await cell(page, 0, 2), await cell(page, 1, 2)].map((text) => parseFloat(text));
    expect(best).toBeGreaterThanOrEqual(second ?? Infinity);
    const head = page.locator("th button", { hasText: "Holm p" });
    await head.click();
    await vi.waitFor(async () => {
      expect(await cell(page, 0, 5)).toMatch(/^\de\u2212\d+$/);
    });
    expect(query(page).get("sort")).toBe("holm_p");
    expect(await page.locator("th[aria-sort]").getAttribute("aria-sort")).toBe("ascending");
    await head.click();
    await vi.waitFor(async () => {
      expect(await cell(page, 0, 5)).toBe("1");
    });
    expect(query(page).has("reversed")).toBe(true);
    await page.locator("th button", { hasText: "Signal" }).first().click();
    await vi.waitFor(async () => {
      expect(await cell(page, 0, 1)).toBe("ads");
    });
    await page.context().close();
  });

  it("explains a column where it is hovered", async () => {
    const { page } = await open();
    await page.locator("th button", { hasText: "Defl. Sharpe" }).hover();
    await page.locator("#tip", { hasText: "the luck of the best of all trials" }).waitFor();
    await screenshot(page, "experiments-tip");
    await page.context().close();
  });

  it("filters by words, selects and signals; says when nothing fits, and clears", async () => {
    const { page } = await open();
    await page.keyboard.press("/");
    await page.keyboard.type("pfp lead_bins:5");
    await vi.waitFor(async () => {
      expect(await cell(page, 0, 1)).toBe("pfp");
    });
    await page.keyboard.press("Enter");
    await page.selectOption("#filter-experiment", "ofi-sweep");
    await page.locator(".runs-note", { hasText: "No run fits these filters" }).waitFor();
    await screenshot(page, "experiments-nothing-fits");
    await page.getByRole("button", { name: "Clear the filters" }).click();
    await rowAt(page, 0).waitFor();
    expect(query(page).toString()).toBe("");
    await page.fill("#filter-min", "800");
    await page.locator("#summary", { hasText: "left out with too few signals" }).waitFor();
    expect(query(page).get("min_signals")).toBe("800");
    await page.context().close();
  });

  it("is used by the keyboard alone: moves, opens, follows the cursor, closes", async () => {
    const { page } = await open();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.locator(".run-panel .tiles").waitFor();
    const first = query(page).get("run");
    expect(await rowAt(page, 2).getAttribute("aria-selected")).toBe("true");
    await page.keyboard.press("ArrowDown");
    await vi.waitFor(() => {
      expect(query(page).get("run")).not.toBe(first);
    });
    await page.keyboard.press("End");
    await page.locator('.run-table tr.cursor[aria-selected="true"]').waitFor();
    await page.keyboard.press("Escape");
    expect(query(page).has("run")).toBe(false);
    expect(await page.locator("#panel").isHidden()).toBe(true);
    await page.goBack();
    await page.locator(".run-panel .tiles").waitFor();
    await page.context().close();
  });

  it("opens what an address names, at its threshold, and another by a click into a chart", async () => {
    const run = theatre.gateway.harness.runs.find((each) => each.lineage.signal === "gbm");
    const { page, complaints } = await open(`?run=${run?.lineage.run_id ?? ""}&threshold=0.3&sort=n_signals`);
    await page.locator("#threshold").waitFor();
    expect(await page.locator("#threshold").inputValue()).toBe("0.3");
    const opened = page.locator('.run-table tr[aria-selected="true"]');
    await opened.waitFor();
    expect(await opened.evaluate((row) => row.getBoundingClientRect().bottom <= innerHeight)).toBe(true);
    const chart = page.locator(".chart.tall .frame");
    const box = await chart.boundingBox();
    if (box === null) throw new Error("no chart");
    await page.mouse.move(box.x + box.width * 0.75, box.y + 40);
    await page.locator(".chart.tall .reading", { hasText: "out of sample" }).waitFor();
    await page.mouse.click(box.x + box.width * 0.75, box.y + 40);
    await vi.waitFor(() => {
      expect(Number(query(page).get("threshold"))).toBeGreaterThan(0.4);
    });
    await page.locator("#panel").evaluate((panel) => {
      panel.scrollTop = 520;
    });
    await screenshot(page, "experiments-run-below");
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("says that a run failed, and why; and that there is no such run", async () => {
    const failed = theatre.gateway.harness.runs.find((each) => each.lineage.status === "failed");
    const { page } = await open(`?run=${failed?.lineage.run_id ?? ""}`);
    await page.locator(".run-panel .note", { hasText: "needs at least 9 bins" }).waitFor();
    await page.goto(theatre.url("experiments.html?run=ffffffffffffffff"));
    await page.locator(".run-panel .note", { hasText: "There is no such run" }).waitFor();
    await page.context().close();
  });

  it("scrolls ten thousand runs with few of them in the document", async () => {
    const before = theatre.gateway.harness.runs;
    theatre.gateway.harness.runs = manyRuns(10_000);
    const { page } = await open("?min_signals=1");
    await page.locator("#summary", { hasText: /9,\d\d\d runs|10,000/ }).waitFor();
    const { most, made, times } = await page.locator(".runs").evaluate(async (host) => {
      const frame = (): Promise<number> => new Promise(requestAnimationFrame);
      let made = 0;
      const watch = new MutationObserver((changes) => {
        for (const { addedNodes } of changes) made += addedNodes.length;
      });
      watch.observe(host, { childList: true, subtree: true });
      const times: number[] = [];
      let most = 0;
      for (let i = 0; i < 50; i += 1) {
        const start = performance.now();
        host.scrollTop += 60;
        await frame();
        await frame();
        times.push(performance.now() - start);
        most = Math.max(most, host.querySelectorAll("tr[data-index]").length);
      }
      host.scrollTop = host.scrollHeight;
      await frame();
      await frame();
      return { most, made, times: times.sort((a, b) => a - b) };
    });
    console.log(
      `scrolling 10,000 runs: two frames take ${times[25]?.toFixed(0)} ms, at worst ${times[49]?.toFixed(0)}`,
    );
    // 50 steps of 60 pixels pass 120 rows; the jump to the end brings one window.
    expect(most).toBeLessThan(60);
    expect(made).toBeLessThan(120 + 60 + 20);
    const last = await page.locator(".run-table tr[data-index]").last().getAttribute("data-index");
    expect(Number(last)).toBeGreaterThan(9000);
    theatre.gateway.harness.runs = before;
    await page.context().close();
  });
});
