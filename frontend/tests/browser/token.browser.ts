/** A gateway that wants a token: the pages ask for it once, keep it for the tab, and go on. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath } from "./stage.js";
import { Theatre } from "./theatre.js";

const TOKEN = "the-token-of-the-browser-test";

describe.skipIf(chromiumPath() === null)("a gateway that wants a token", () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await Theatre.open({ history: 60, backfillBins: 60 });
    theatre.gateway.token = TOKEN;
  });
  afterAll(async () => {
    await theatre.close();
  });

  it("is given one at the prompt, by the registry page and then by the stream", async () => {
    const { page } = await theatre.page();
    await page.goto(theatre.url("registry.html"));
    const prompt = page.locator("#token-prompt");
    await prompt.waitFor();
    await prompt.locator("input").fill(TOKEN);
    await prompt.locator("button.primary").click();
    await page.locator("text=demo").first().waitFor();
    expect(await prompt.count()).toBe(0);

    await page.goto(theatre.url("vp-stream.html?serving=demo"));
    await expect.poll(() => theatre.gateway.offered.at(-1)?.length ?? 0, { timeout: 10_000 }).toBe(2);
    expect(await prompt.count()).toBe(0);
    expect(theatre.gateway.requests.map(({ url }) => url).join()).not.toContain(TOKEN);
  });

  it("gives the report to who shows one: a link cannot, so the page fetches and saves it", async () => {
    const { page } = await theatre.page();
    await page.goto(theatre.url("experiments.html"));
    const prompt = page.locator("#token-prompt");
    await prompt.locator("input").fill(TOKEN);
    await prompt.locator("button.primary").click();
    await page.locator(".run-table tr[data-index]").first().click();
    const saved = page.waitForEvent("download");
    await page.getByRole("link", { name: "Report" }).click();
    const report = await saved;
    expect(report.suggestedFilename()).toMatch(/^[a-z-]+\.html$/);
    expect(await readFile(await report.path(), "utf8")).toMatch(/\/v1\/experiments\/[a-z-]+\/report/);
  });

  it("is given one at the stream's prompt, and who declines is told why there is nothing", async () => {
    const { page } = await theatre.stream();
    const prompt = page.locator("#token-prompt");
    await prompt.locator("input").fill(TOKEN);
    await prompt.locator("button.primary").click();
    await page.locator("#token-prompt").waitFor({ state: "detached" });
    await expect.poll(() => theatre.gateway.offered.at(-1)?.length ?? 0, { timeout: 10_000 }).toBe(2);

    const { page: declining } = await theatre.stream();
    await declining.locator("#token-prompt button", { hasText: "Cancel" }).click();
    await declining.locator("text=a token is needed").first().waitFor();
    expect(await declining.locator("#token-prompt").count()).toBe(0);
  });
});
