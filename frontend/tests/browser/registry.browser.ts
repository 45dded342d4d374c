/** The registry page in a real browser, against the fake gateway: read, change, be refused, look again. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { MockRegistry } from "../mock-gateway/registry.js";
import { chromiumPath } from "./stage.js";
import { DESK, Theatre, screenshot } from "./theatre.js";
import type { Look } from "./theatre.js";

const LOOKS: readonly Look[] = [
  DESK,
  { width: 1280, height: 720, scheme: "light" },
  { width: 2560, height: 1440, scheme: "light" },
  { width: 3840, height: 2160, scheme: "dark" },
];
/** Chromium says so itself of every answer that is no success. */
const FAILED_REQUEST = "Failed to load resource";

describe.skipIf(chromiumPath() === null)("the registry page", () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await Theatre.open({ history: 60, backfillBins: 60 });
  });
  afterAll(async () => {
    await theatre.close();
  });
  beforeEach(() => {
    theatre.gateway.registry = new MockRegistry();
  });

  async function open(query = "", look: Look = DESK): Promise<{ page: Page; complaints: string[] }> {
    const opened = await theatre.page(look);
    await opened.page.goto(theatre.url(`registry.html${query}`));
    return opened;
  }
  const id = (index: number): string => theatre.gateway.registry.id(index);
  const rollBackForm = (page: Page): Promise<void> =>
    page.getByRole("button", { name: "Roll back", exact: true }).click();
  const say = async (page: Page, form: string, who: string, why: string): Promise<void> => {
    await page.locator(`#${form} [name=who]`).fill(who);
    await page.locator(`#${form} [name=why]`).fill(why);
    await page.locator(`#${form} button.primary`).click();
  };
  const done = (page: Page, words: string): Promise<void> =>
    page.locator("#notice", { hasText: words }).waitFor();
  /** The rows of the history, once the newest says so. */
  const historyRows = (page: Page, newest: RegExp): Promise<string[]> =>
    vi.waitFor(async () => {
      const rows = await page.locator("table.list tbody tr").allInnerTexts();
      expect(rows[0]).toMatch(newest);
      return rows;
    }, 5000);

  it.each(LOOKS)("shows every view at $width x $height, $scheme", async (look) => {
    const views = {
      overview: "",
      serving: `?serving=${id(2)}`,
      alias: "?alias=demo&at=2026-11-20T23:30:00Z",
      compare: `?a=demo&b=${id(2)}`,
      all: `?a=demo&b=${id(2)}&show=all`,
      audit: "?view=audit",
    };
    for (const [name, query] of Object.entries(views)) {
      const { page, complaints } = await open(query, look);
      await page.locator("#health", { hasText: /^ready$/ }).waitFor();
      await page.locator("table.list tbody tr, .field-groups .card").first().waitFor();
      await page.waitForFunction(() => document.querySelector("[aria-busy]") === null);
      const sticksOut = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(sticksOut, name).toBeLessThanOrEqual(0);
      await screenshot(page, `registry-${name}-${look.width}x${look.height}-${look.scheme}`);
      expect(complaints, name).toEqual([]);
      await page.context().close();
    }
  });

  it("lists servings with their aliases, the damaged one with its error, and filters them", async () => {
    const { page } = await open();
    const servings = page.locator("table.list").nth(1).locator("tbody tr");
    await servings.first().waitFor();
    expect(await servings.count()).toBe(5);
    expect(await page.locator("tr.damaged").innerText()).toContain("hash mismatch");
    await page.keyboard.press("/");
    await page.keyboard.type("ofi-sweep");
    expect(await servings.count()).toBe(2);
    await page.keyboard.press("End");
    await page.keyboard.type(" nothing");
    await page.getByText("No serving fits the filter").waitFor();
    await page.locator("#filter").fill("");
    await page.locator(`input[aria-label="Compare ${id(0)}"]`).check();
    expect(await page.getByRole("button", { name: "Compare", exact: true }).isDisabled()).toBe(true);
    await page.locator(`input[aria-label="Compare ${id(2)}"]`).check();
    await page.getByRole("button", { name: "Compare", exact: true }).click();
    await page.getByText("fields differ").waitFor();
    expect(page.url()).toContain(`a=${id(0)}&b=${id(2)}`);
    await page.context().close();
  });

  it("turns the pages of a very long list", async () => {
    const { registry } = theatre.gateway;
    for (let i = 0; i < 500; i += 1)
      registry.publish({ name: `s${i}`, hash: i.toString(16).padStart(12, "0") });
    const { page } = await open();
    await page.getByText("1–500 of 505").waitFor();
    await page.getByRole("button", { name: "Older" }).click();
    await page.getByText("501–505 of 505").waitFor();
    expect(await page.getByRole("button", { name: "Older" }).isDisabled()).toBe(true);
    await page.context().close();
  });

  it("promotes, rolls back, and shows both in the history", async () => {
    const { page, complaints } = await open(`?serving=${id(2)}`);
    await page.locator("#promote [name=alias]").fill("demo");
    await page.getByText(`demo points at ${id(0)} now (version 3)`).waitFor();
    await say(page, "promote", "carol", "wins out of sample");
    await done(page, `demo points at ${id(2)} now (version 4).`);
    expect(theatre.gateway.registry.moves.at(-1)).toMatchObject({ serving: id(2), who: "carol" });
    await page.locator("a.tag", { hasText: "demo" }).click();
    await rollBackForm(page);
    await page.getByText(`demo will point at ${id(0)} again`).waitFor();
    expect(await page.locator("#rollback [name=who]").inputValue()).toBe("carol");
    await say(page, "rollback", "carol", "no");
    await done(page, `demo points at ${id(0)} now (version 5).`);
    const [, before] = await historyRows(page, /rollback\s+done/);
    expect(before).toContain("wins out of sample");
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("says what happened meanwhile, changes nothing, and looks again", async () => {
    const { page, complaints } = await open("?alias=demo");
    await page.locator("#promote [name=serving]").fill(id(1));
    theatre.gateway.registry.promote("demo", { serving_id: id(2), who: "mallory", why: "mine is better" });
    await say(page, "promote", "carol", "the opening hour");
    const words = page.locator("#promote .note");
    await words.waitFor();
    expect(await words.innerText()).toContain(`meanwhile mallory pointed it at ${id(2)}`);
    expect(await words.innerText()).toContain("Nothing was changed");
    await screenshot(page, "registry-conflict");
    await words.getByRole("button", { name: "Look again" }).click();
    await page.getByText(`demo points at ${id(2)} now (version 4)`).waitFor();
    await historyRows(page, /refused[^]*expected/);
    expect(await page.locator("#promote [name=why]").inputValue()).toBe("the opening hour");
    await page.locator("#promote [name=serving]").fill(id(1));
    await page.locator("#promote button.primary").click();
    await done(page, `demo points at ${id(1)} now (version 5).`);
    expect(complaints.filter((line) => !line.includes(FAILED_REQUEST))).toEqual([]);
    await page.context().close();
  });

  it("says why something is refused, and keeps what was typed", async () => {
    const { page } = await open("?alias=demo");
    await page.locator("#promote [name=serving]").fill(id(4));
    await say(page, "promote", "carol", "try it");
    await page.locator("#promote .note", { hasText: "hash mismatch" }).waitFor();
    expect(await page.locator("#promote [name=serving]").inputValue()).toBe(id(4));
    await page.goto(theatre.url("registry.html?alias=esm4-open"));
    await rollBackForm(page);
    await page.getByText("There is nothing to roll back to").waitFor();
    expect(await page.locator("#rollback button.primary").isDisabled()).toBe(true);
    await page.goto(theatre.url(`registry.html?serving=${id(4)}`));
    await page.locator(".note", { hasText: "hash mismatch" }).waitFor();
    await page.goto(theatre.url("registry.html?serving=nobody"));
    await page.locator(".note", { hasText: "there are: demo" }).waitFor();
    await page.context().close();
  });

  it("makes an alias that does not exist yet", async () => {
    const { page } = await open("?alias=brand-new");
    await page.getByText("There is no alias brand-new yet").waitFor();
    await page.locator("#promote [name=serving]").fill(id(0));
    await say(page, "promote", "carol", "first");
    await done(page, `brand-new points at ${id(0)} now (version 1).`);
    await page.context().close();
  });

  it("says where an alias pointed at an instant, and when it did not exist", async () => {
    const { page } = await open("?alias=demo");
    const [, second] = theatre.gateway.registry.moves.filter(({ alias }) => alias === "demo");
    await page.getByRole("button", { name: /Time zone/ }).click();
    await page
      .locator("#at input")
      .fill(new Date(Date.parse(second?.at ?? "") + 1000).toISOString().slice(0, 19));
    await page.locator("#at button").click();
    const answer = page.locator(".card", { has: page.locator("#at") });
    await answer.getByText(id(3)).waitFor();
    await answer.getByText("window of 40 bins").waitFor();
    await page.goto(theatre.url("registry.html?alias=demo&at=2020-01-01T00:00:00Z"));
    await answer.getByText("demo since").waitFor();
    await page.context().close();
  });

  it("pages through the audit trail and filters it", async () => {
    for (let i = 0; i < 60; i += 1)
      theatre.gateway.registry.promote("demo", { serving_id: id(i % 2), who: "loop", why: `move ${i}` });
    const { page } = await open("?view=audit");
    await page.getByText("1–50 of 71").waitFor();
    await page.getByRole("button", { name: "Older" }).click();
    await page.getByText("51–71 of 71").waitFor();
    expect(page.url()).toContain("offset=50");
    await page.goBack();
    await page.getByText("1–50 of 71").waitFor();
    await page.locator("select[aria-label=Outcome]").selectOption("refused");
    await page.getByText("2 in all").waitFor();
    expect(await historyRows(page, /refused/)).toHaveLength(2);
    await page.context().close();
  });

  it("shows by what exception a run was published, and on what evidence", async () => {
    const { page } = await open("?view=audit");
    const row = page.locator("tbody tr", { hasText: "Override: to watch it live" });
    await row.locator("summary").click();
    await row.getByText("p 0.21 after 1,440 trials (Holm)").waitFor();
    await screenshot(page, "registry-evidence");
    await page.context().close();
  });

  it("is worked by the keyboard alone", async () => {
    const { page } = await open();
    await page.locator("table.list a").first().waitFor();
    await page.locator("table.list a").first().focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "esm4-open", level: 1 }).waitFor();
    await page.keyboard.press("h");
    await page.getByRole("heading", { name: "Audit trail" }).waitFor();
    await page.keyboard.press("c");
    await page.getByText("Choose two").waitFor();
    await page.keyboard.press("?");
    await page.locator("#help-dialog[open]").waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("o");
    await page.getByRole("heading", { name: "Servings" }).waitFor();
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll("button, select, input, textarea")]
        .filter((element) => {
          const labels = "labels" in element ? ((element.labels as NodeList | null)?.length ?? 0) : 0;
          return element.textContent.trim() === "" && !element.hasAttribute("aria-label") && labels === 0;
        })
        .map((element) => element.outerHTML),
    );
    expect(nameless).toEqual([]);
    await page.context().close();
  });

  it("says that the registry is down, and asks again", async () => {
    theatre.gateway.registry.down = "registry: connection refused";
    const { page } = await open();
    await page.locator(".note", { hasText: "connection refused" }).first().waitFor();
    await screenshot(page, "registry-down");
    theatre.gateway.registry.down = null;
    await page.getByRole("button", { name: "Try again" }).first().click();
    await page.locator("table.list a", { hasText: "demo" }).first().waitFor();
    await page.context().close();
  });

  it("that is empty says how it is filled", async () => {
    theatre.gateway.registry = new MockRegistry(false);
    const { page } = await open();
    await page.getByText("No alias yet").waitFor();
    await page.getByText("No serving yet").waitFor();
    await page.goto(theatre.url("registry.html?view=audit"));
    await page.getByText("Nothing yet").waitFor();
    await page.context().close();
  });
});
