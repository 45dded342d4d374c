/** Tests in a real browser: `npm run test:browser`. One file at a time, they share two cores with the browser. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/browser/*.browser.ts"],
    environment: "node",
    fileParallelism: false,
    testTimeout: 40_000,
    hookTimeout: 60_000,
  },
});
