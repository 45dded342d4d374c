/** The experiments page in a real browser, against the fake gateway. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

async function open(
  theatre: Theatre,
  search = "",
  look: Look = DESK,
): Promise<{ page: Page; complaints: string[] }> {
  const opened = await theatre.page(look);
  await opened.page.goto(theatre.url(`experiments.html${search}`));
  return opened;
}

async function listed(page: Page): Promise<void> {
  await page.locator(".run-table tbody tr[data-index]").first().waitFor();
}

describe.skipIf(chromiumPath() === null)("the experiments page", () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await Theatre.open({ history: 60 });
  });
  afterAll(async () => {
    await theatre.close();
  });

  it.each(LOOKS)("fits $width x $height, $scheme", async (look) => {
    const { page, complaints } = await open(theatre, "", look);
    await listed(page);
    await page.waitForTimeout(200);
    const name = `experiments-${look.width}x${look.height}-${look.scheme}`;
    await screenshot(page, name);
    await page.keyboard.press("Enter");
    await page.locator(".run-panel .tiles").waitFor();
    await page.waitForTimeout(300);
    await screenshot(page, `${name}-run`);
    const overflow = await page.evaluate(() => {
      const { scrollWidth, scrollHeight } = document.documentElement;
      return [scrollWidth - innerWidth, scrollHeight - innerHeight];
    });
    expect(overflow.every((px) => px <= 0)).toBe(true);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
