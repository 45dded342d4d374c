/** One browser, one site and one gateway for a file of browser tests; every page is watched for complaints. */
import { mkdirSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { MockGateway } from "../mock-gateway/server.js";
import type { MockOptions } from "../mock-gateway/server.js";
import { openBrowser, serveBuilt } from "./stage.js";
import type { Site } from "./stage.js";

export interface Look {
  readonly width: number;
  readonly height: number;
  readonly scheme: "dark" | "light";
}

export const DESK: Look = { width: 1280, height: 720, scheme: "dark" };
const OUT = new URL("./out/", import.meta.url).pathname;

/** Software rendering talks about its own readbacks; that says nothing about the page. */
const NOT_OURS = /GL Driver Message|GroupMarkerNotSet/;

export class Theatre {
  private constructor(
    readonly gateway: MockGateway,
    private readonly site: Site,
    private readonly browser: Browser,
  ) {}

  static async open(options: MockOptions): Promise<Theatre> {
    const gateway = new MockGateway(options);
    const site = await serveBuilt(await gateway.start());
    const browser = await openBrowser();
    if (browser === null) throw new Error("no Chromium");
    mkdirSync(OUT, { recursive: true });
    return new Theatre(gateway, site, browser);
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.site.close();
    await this.gateway.stop();
  }

  /** A page in its own profile; `complaints` fills up with whatever should not happen on it. */
  async page(look: Look = DESK): Promise<{ page: Page; complaints: string[] }> {
    const context = await this.browser.newContext({
      viewport: { width: look.width, height: look.height },
      colorScheme: look.scheme,
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type()) && !NOT_OURS.test(message.text())) {
        complaints.push(`console ${message.type()}: ${message.text()}`);
      }
    });
    page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
    page.on("request", (request) => {
      if (!request.url().startsWith(this.site.url)) complaints.push(`request elsewhere: ${request.url()}`);
    });
    return { page, complaints };
  }

  async stream(serving = "demo", look: Look = DESK): Promise<{ page: Page; complaints: string[] }> {
    const opened = await this.page(look);
    await opened.page.goto(this.url(`vp-stream.html${serving === "" ? "" : `?serving=${serving}`}`));
    return opened;
  }

  url(path: string): string {
    return `${this.site.url}/${path}`;
  }
}

export async function live(page: Page): Promise<void> {
  await page.locator("#status", { hasText: "live" }).waitFor();
}

export async function screenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `${OUT}${name}.png` });
}
