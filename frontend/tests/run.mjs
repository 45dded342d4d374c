// Runs a TypeScript module of the tests in Node, through Vite: `node tests/run.mjs tests/browser/main.ts`.
import { resolve } from "node:path";
import { runnerImport } from "vite";

const [entry, ...rest] = process.argv.slice(2);
if (entry === undefined) throw new Error("usage: node tests/run.mjs <module.ts> [arguments]");
const { module } = await runnerImport(resolve(entry), { configFile: false, logLevel: "error" });
process.exitCode = (await module.main(rest)) ?? 0;
