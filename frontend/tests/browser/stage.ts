/** The stage of the browser tests: the built site on a free port, in front of a gateway, and a Chromium. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";
import { build, createServer, preview } from "vite";

const CANDIDATES = [
  process.env["CHROMIUM_PATH"] ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

export function chromiumPath(): string | null {
  return CANDIDATES.find((path) => path !== "" && existsSync(path)) ?? null;
}

export async function openBrowser(): Promise<Browser | null> {
  const executablePath = chromiumPath();
  if (executablePath === null) return null;
  const args = ["--no-sandbox", "--disable-background-networking", "--enable-unsafe-swiftshader"];
  return chromium.launch({ executablePath, args });
}

export interface Site {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Build the pages into a temporary folder and serve them as production does. */
export async function serveBuilt(gatewayUrl: string): Promise<Site> {
  const outDir = await mkdtemp(join(tmpdir(), "qmachina-pages-"));
  await build({ build: { outDir, emptyOutDir: true }, logLevel: "warn" });
  const proxied = { target: gatewayUrl, changeOrigin: true, ws: true };
  const server = await preview({
    build: { outDir },
    preview: {
      host: "127.0.0.1",
      port: 0,
      strictPort: false,
      proxy: { "/v1": proxied, "/health": proxied, "/ready": proxied },
    },
    logLevel: "silent",
  });
  const address = server.httpServer.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      await server.close();
      await rm(outDir, { recursive: true, force: true });
    },
  };
}

/** Serve the sources and the tests' own pages, unbuilt. */
export async function serveSources(): Promise<Site> {
  const server = await createServer({
    server: { host: "127.0.0.1", port: 0, hmr: false },
    logLevel: "error",
  });
  await server.listen();
  const address = server.httpServer?.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}
