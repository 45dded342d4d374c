/** A ring full of smooth synthetic bins, made in the browser: no gateway, no Arrow. */
import { GridRing } from "../../../src/store/ring.js";
import type { Stream } from "../../../src/store/stream-store.js";
import { binOf } from "../../../src/store/bin.js";
import type { StreamedBin } from "../../../src/store/bin.js";
import { sessionOf } from "../../../src/store/session.js";
import { decodeShape } from "../../../src/wire/messages.js";
import type { GridUpdate, RuntimeConfig } from "../../../src/wire/generated.js";
import type { GridArray } from "../../../src/wire/frames.js";
import { configJson, updateJson } from "../../samples.js";

export function syntheticStream(columns: number): Stream & { readonly latest: StreamedBin } {
  const config = decodeShape(configJson(), "RuntimeConfig", "config") as unknown as RuntimeConfig;
  const session = sessionOf(config);
  const ring = new GridRing(session.columns, session.rows, columns);
  let latest: StreamedBin | null = null;
  const frame = new Map<string, GridArray>();
  for (const { name } of session.columns) frame.set(name, new Float64Array(session.rows));
  frame.set("last_event_id", new BigInt64Array(session.rows).fill(5n));
  for (let seq = 0; seq < columns; seq += 1) {
    const spot = 20_800 + Math.round(12 * Math.sin(seq / 160));
    for (const name of ["pressure_variant", "vacuum_variant", "bid_depth", "ask_depth"]) {
      const values = frame.get(name) as Float64Array;
      const phase = name.length;
      for (let row = 0; row < session.rows; row += 1) {
        const tick = spot + row - session.radiusTicks;
        values[row] = 40 + 40 * Math.sin(tick / 3 + phase) * Math.cos(seq / 50 + phase);
      }
    }
    const raw = decodeShape(updateJson(seq, spot), "GridUpdate", "update") as unknown as GridUpdate;
    latest = binOf(raw, session.tickInt);
    ring.put(latest, { rows: session.rows, columns: frame });
  }
  if (latest === null) throw new RangeError("no columns");
  return { session, ring, latest };
}
