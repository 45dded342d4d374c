/** What goes wrong is said in words: each trouble in a real browser, against the fake gateway. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { chromiumPath } from "./stage.js";
import { Theatre, live, screenshot } from "./theatre.js";

describe.skipIf(chromiumPath() === null)("the stream page says in words", () => {
  let theatre: Theatre;
  beforeEach(async () => {
    theatre = await Theatre.open({ history: 60, backfillBins: 60 });
  });
  afterEach(async () => {
    await theatre.close();
  });

  it("that a serving is unknown, and which there are", async () => {
    const { page, complaints } = await theatre.stream("nope");
    await page.locator("#banner-title", { hasText: "refused" }).waitFor();
    expect(await page.locator("#banner-detail").textContent()).toContain("there are: demo, esm4-open");
    await screenshot(page, "refused");
    expect(complaints).toEqual([]);
  });

  it("that no serving was chosen", async () => {
    const { page } = await theatre.stream("");
    await page.locator("#banner-detail", { hasText: "No serving was chosen" }).waitFor();
  });

  it("that bins were dropped", async () => {
    const { page } = await theatre.stream();
    await live(page);
    theatre.gateway.play(4);
    await page.locator("#notice", { hasText: "4 bins were dropped" }).waitFor();
    await vi.waitFor(async () => {
      expect(await page.locator("#rate-dropped").textContent()).toBe("4");
    });
    await screenshot(page, "dropped");
  });

  it("that the session failed, and why; and restarts it", async () => {
    const { page } = await theatre.stream();
    await live(page);
    theatre.gateway.end("failed", "es.dbn.zst: truncated at byte 77 of the uncompressed stream");
    await page.locator("#banner-detail", { hasText: "truncated at byte 77" }).waitFor();
    await screenshot(page, "failed");
    await page.getByRole("button", { name: "Restart the session" }).click();
    await live(page);
    expect(
      theatre.gateway.requests.some(
        ({ method, body }) => method === "POST" && JSON.stringify(body).includes("restart"),
      ),
    ).toBe(true);
  });

  it("that it was too slow, and comes back", async () => {
    const { page } = await theatre.stream();
    await live(page);
    theatre.gateway.dropViewers(1013, "too slow: bins were lost for too long");
    await page.locator("#banner-title", { hasText: "could not keep up" }).waitFor();
    await live(page);
    expect(await page.locator("#banner").isHidden()).toBe(true);
  });

  it("that the gateway is gone", async () => {
    const { page } = await theatre.stream();
    await live(page);
    await theatre.gateway.stop();
    await page.locator("#banner-title", { hasText: /lost|cannot be reached/ }).waitFor();
    await page.locator("#banner-title", { hasText: "cannot be reached" }).waitFor({ timeout: 10_000 });
    await screenshot(page, "unreachable");
  });

  it("that there is no WebGL2", async () => {
    const { page, complaints } = await theatre.page();
    await page.addInitScript(() => {
      const original = Reflect.get(HTMLCanvasElement.prototype, "getContext") as (
        ...args: unknown[]
      ) => unknown;
      HTMLCanvasElement.prototype.getContext = function (
        this: HTMLCanvasElement,
        kind: string,
        ...rest: unknown[]
      ) {
        return kind === "webgl2" ? null : original.call(this, kind, ...rest);
      } as HTMLCanvasElement["getContext"];
    });
    await page.goto(theatre.url("vp-stream.html?serving=demo"));
    await page.locator("#banner-title", { hasText: "needs WebGL2" }).waitFor();
    expect(complaints).toEqual([]);
  });
});

describe.skipIf(chromiumPath() === null)("the index page", () => {
  it("links every alias to its stream, and says so when it cannot", async () => {
    const theatre = await Theatre.open({ history: 60 });
    const { page, complaints } = await theatre.page({ width: 1280, height: 720, scheme: "light" });
    await page.goto(theatre.url(""));
    await page.locator("#aliases a", { hasText: "demo" }).first().waitFor();
    await page.locator("#sessions a", { hasText: "demo" }).waitFor();
    await screenshot(page, "index");
    await page.locator("#aliases a", { hasText: "esm4-open" }).click();
    await live(page);
    expect(new URL(page.url()).searchParams.get("serving")).toBe("esm4-open");
    await page.locator("#places a", { hasText: "Registry" }).click();
    await page.locator("table.list a", { hasText: "esm4-open" }).first().waitFor();
    await page.goBack();
    await live(page);
    await page.locator("#serving").click();
    await page.locator(".field-groups").waitFor();
    expect(complaints).toEqual([]);
    await theatre.gateway.stop();
    await page.goto(theatre.url(""));
    await page.locator("#aliases .note", { hasText: "The gateway does not answer" }).waitFor();
    await page.locator("#health", { hasText: "unreachable" }).waitFor();
    await theatre.close();
  });
});
