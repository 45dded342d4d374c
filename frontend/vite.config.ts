/** Build and development server. Every page is its own entry; the gateway is reached through a proxy in development. */
import { resolve } from "node:path";
import process from "node:process";
import { defineConfig } from "vitest/config";

const gateway = process.env["QM_GATEWAY_URL"] ?? "http://127.0.0.1:8002";
const port = Number(process.env["QM_FRONTEND_PORT"] ?? "5174");
const proxied = { target: gateway, changeOrigin: true, ws: true };

export default defineConfig({
  server: {
    port,
    strictPort: true,
    proxy: { "/v1": proxied, "/health": proxied, "/ready": proxied },
  },
  build: {
    target: "es2022",
    rolldownOptions: {
      input: {
        experiments: resolve(import.meta.dirname, "experiments.html"),
        index: resolve(import.meta.dirname, "index.html"),
        registry: resolve(import.meta.dirname, "registry.html"),
        stream: resolve(import.meta.dirname, "vp-stream.html"),
      },
    },
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
