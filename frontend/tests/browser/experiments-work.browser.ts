/** Promotion, jobs and trouble on the experiments page, in a real browser against the fake gateway. */
import type { Page } from "playwright-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { gateOf } from "../mock-gateway/harness-answers.js";
import { chromiumPath } from "./stage.js";
import { DESK, Theatre, screenshot } from "./theatre.js";

describe.skipIf(chromiumPath() === null)("on the experiments page", () => {
  let theatre: Theatre;
  let page: Page;
  let complaints: string[];
  beforeEach(async () => {
    theatre = await Theatre.open({ history: 60 });
    ({ page, complaints } = await theatre.page(DESK));
  });
  afterEach(async () => {
    await theatre.close();
  });

  /** Open the details of the first run at a threshold that the gate lets pass, or refuses. */
  async function openRun(passes: boolean): Promise<string> {
    for (const run of theatre.gateway.harness.runs) {
      const row = run.rows.find((each) => gateOf(run, each).passes === passes);
      if (row === undefined) continue;
      const search = `?run=${run.lineage.run_id}&threshold=${row.threshold}`;
      await page.goto(theatre.url(`experiments.html${search}`));
      await page.getByRole("button", { name: "Promote…" }).click();
      return run.lineage.run_id;
    }
    throw new Error("no such run");
  }
  const submit = (name: string): Promise<void> =>
    page.locator("form").getByRole("button", { name, exact: true }).click();

  it("a run is promoted to a new alias, and its stream can be opened", async () => {
    const id = await openRun(true);
    await page.getByLabel("Alias").fill("winner");
    await page.locator(".points-at", { hasText: "winner does not exist yet" }).waitFor();
    await page.getByLabel("Who").fill("ada");
    await screenshot(page, "experiments-promote");
    await submit("Promote");
    await page.locator("dialog .note", { hasText: "winner points at" }).waitFor();
    const asked = theatre.gateway.requests.find(({ url }) => url.endsWith("/promote"));
    expect(asked?.body).toMatchObject({
      alias: "winner",
      who: "ada",
      expected_serving_id: "",
      override: null,
    });
    await page.getByRole("button", { name: "Close" }).last().click();
    const stream = page.locator(".run-panel a", { hasText: "Open stream" });
    await stream.waitFor();
    expect(await stream.getAttribute("href")).toBe("/vp-stream.html?serving=winner");
    await page.locator(".run-table tr[aria-selected] a", { hasText: "live" }).waitFor();
    expect(page.url()).toContain(id);
    // That an alias does not exist yet is an answer of the registry, and a complaint of the browser.
    expect(complaints.filter((line) => !line.includes("404"))).toEqual([]);
  });

  it("the gate's refusal is said, and can be overridden with a reason", async () => {
    await openRun(false);
    await page.locator("dialog .note", { hasText: "The promotion gate refuses this run" }).waitFor();
    await page.getByLabel("Alias").fill("demo");
    await page.locator(".points-at", { hasText: "demo points at" }).waitFor();
    await page.getByLabel("Who").fill("ada");
    await submit("Override and promote");
    expect(await page.locator("dialog textarea").evaluate((area) => area.matches(":invalid"))).toBe(true);
    await page.getByLabel("Why promote it nevertheless").fill("shadow trading for a day");
    await screenshot(page, "experiments-override");
    await submit("Override and promote");
    await page.locator("dialog .note", { hasText: "The gate was overridden" }).waitFor();
    const asked = theatre.gateway.requests.find(({ url }) => url.endsWith("/promote"));
    expect(asked?.body).toMatchObject({ override: "shadow trading for a day" });
  });

  it("somebody who was faster is said in words, and one can look again", async () => {
    await openRun(true);
    await page.getByLabel("Alias").fill("demo");
    await page.locator(".points-at", { hasText: "demo points at" }).waitFor();
    await page.getByLabel("Who").fill("ada");
    const { registry } = theatre.gateway;
    registry.promote("demo", { serving_id: registry.id(1), who: "bob", why: "first" });
    await submit("Promote");
    await page.locator("dialog .note", { hasText: "Somebody was faster: demo points at" }).waitFor();
    await screenshot(page, "experiments-conflict");
    await page.getByRole("button", { name: "Look again" }).click();
    await page.locator(".points-at", { hasText: "by bob" }).waitFor();
    await submit("Promote");
    await page.locator("dialog .note", { hasText: "demo points at" }).waitFor();
  });

  it("a registry that does not answer stops a promotion, in words", async () => {
    await openRun(true);
    theatre.gateway.registry.down = "registry is unavailable: connection refused";
    await page.getByLabel("Alias").fill("demo");
    await page.locator(".points-at", { hasText: "connection refused" }).waitFor();
    await page.getByLabel("Who").fill("ada");
    await submit("Promote");
    await page.locator("dialog .note", { hasText: "Nothing was promoted" }).waitFor();
    expect(theatre.gateway.requests.filter(({ url }) => url.endsWith("/promote"))).toEqual([]);
  });

  it("an experiment is submitted, its progress comes as it is made, and the list is asked for anew", async () => {
    theatre.gateway.harness.jobs.rate = 160;
    await page.goto(theatre.url("experiments.html"));
    await page.locator(".run-table tr[data-index]").first().waitFor();
    await page.getByRole("button", { name: "Jobs" }).click();
    await page.locator(".job", { hasText: "does not match its checksum" }).waitFor();
    await page.selectOption("#submit-experiment", "typo");
    await page.locator(".submit p", { hasText: "unknown key" }).waitFor();
    expect(await page.locator("form").getByRole("button", { name: "Run", exact: true }).isDisabled()).toBe(
      true,
    );
    await page.selectOption("#submit-experiment", "esm4-pressure");
    await submit("Run");
    const card = page.locator(".job").first();
    await card
      .locator("p", { hasText: /of 480 points · 40 were there already · 160\/s · .* left/ })
      .waitFor();
    await screenshot(page, "experiments-jobs");
    await page.locator("#jobs-button", { hasText: /Jobs: 1 active · \d+%/ }).waitFor();
    const before = theatre.gateway.requests.filter(({ url }) => url.includes("/runs?")).length;
    await card.locator(".pill", { hasText: "done" }).waitFor();
    await vi.waitFor(() => {
      const now = theatre.gateway.requests.filter(({ url }) => url.includes("/runs?")).length;
      expect(now).toBe(before + 1);
    });
    expect(await card.getByRole("button", { name: "Cancel" }).isHidden()).toBe(true);
    expect(complaints).toEqual([]);
  });

  it("a job is cancelled", async () => {
    theatre.gateway.harness.jobs.rate = 20;
    await page.goto(theatre.url("experiments.html?jobs=1"));
    await page.selectOption("#submit-experiment", "ofi-sweep");
    await submit("Run");
    const card = page.locator(".job").first();
    await card.locator("p", { hasText: "of 480 points" }).waitFor();
    await card.getByRole("button", { name: "Cancel" }).click();
    await card.locator(".pill", { hasText: "cancelled" }).waitFor();
    await page.locator("#jobs-button", { hasText: /^Jobs$/ }).waitFor();
  });

  it("a harness that does not answer is said in words, and asked again", async () => {
    theatre.gateway.harness.down = "the harness is unavailable: connection refused";
    await page.goto(theatre.url("experiments.html?jobs=1"));
    await page.locator(".runs-note .note", { hasText: "The runs are not available" }).waitFor();
    await page.locator(".job-list .note", { hasText: "connection refused" }).waitFor();
    await screenshot(page, "experiments-down");
    theatre.gateway.harness.down = null;
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator(".run-table tr[data-index]").first().waitFor();
    await page.locator(".job").first().waitFor();
    await page.locator("#submit-experiment option", { hasText: "ofi-sweep" }).waitFor({ state: "attached" });
    expect(await page.locator(".submit .note").count()).toBe(0);
  });

  it("what is worked out in the background is asked for again, with the open run", async () => {
    theatre.gateway.harness.pendingLists = 1;
    const run = theatre.gateway.harness.runs.find(({ lineage }) => lineage.status === "ok");
    await page.goto(theatre.url(`experiments.html?run=${run?.lineage.run_id ?? ""}`));
    await page.locator("#summary", { hasText: "are being worked out" }).waitFor();
    await page.locator("#threshold").selectOption("0.4");
    await page.locator("#threshold").focus();
    await page.locator("#summary", { hasNotText: "are being worked out" }).waitFor();
    await vi.waitFor(() => {
      const details = theatre.gateway.requests.filter(({ url }) => url.endsWith("/detail"));
      expect(details).toHaveLength(2);
    });
    await page.locator('.run-panel:not([aria-busy="true"]) #threshold').waitFor();
    expect(await page.locator("#threshold").inputValue()).toBe("0.4");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("threshold");
    expect(complaints).toEqual([]);
  });

  it("a lake without runs says what to do", async () => {
    theatre.gateway.harness.runs = [];
    await page.goto(theatre.url("experiments.html"));
    await page.locator(".runs-note", { hasText: "No runs yet" }).waitFor();
    await page.getByRole("button", { name: "Run an experiment" }).click();
    await page.locator("#submit-experiment").waitFor();
    await screenshot(page, "experiments-empty");
    expect(complaints).toEqual([]);
  });
});
