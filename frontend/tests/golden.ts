/** The golden frames that the services' own code wrote (fixtures/golden.py). */
import { readFileSync } from "node:fs";

const path = (name: string): URL => new URL(`./fixtures/${name}`, import.meta.url);

export const goldenText = (name: string): string => readFileSync(path(name), "utf8");

export function goldenBytes(name: string): ArrayBuffer {
  return new Uint8Array(readFileSync(path(name))).buffer;
}
