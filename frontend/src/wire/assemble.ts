/**
 * Puts the stream's messages together: a grid_update and the binary message that follows it are one bin.
 *
 * Pure but for its own state; throws WireError where the order or the content breaks the contract.
 */
import { OutOfOrder } from "./errors.js";
import { decodeGrid } from "./frames.js";
import type { GridFrame } from "./frames.js";
import type { GridUpdate, RuntimeConfig, SessionEnd } from "./generated.js";
import { parseStreamMessage } from "./messages.js";

export type StreamEvent =
  | { readonly type: "config"; readonly config: RuntimeConfig }
  | { readonly type: "bin"; readonly update: GridUpdate; readonly frame: GridFrame }
  | { readonly type: "end"; readonly end: SessionEnd };

/** One connection's worth of messages. Make a new one for every connection. */
export class StreamAssembler {
  private config: RuntimeConfig | null = null;
  private pending: GridUpdate | null = null;

  /** Take one message; null while a bin is half received. */
  take(data: string | ArrayBuffer): StreamEvent | null {
    return typeof data === "string" ? this.takeText(data) : this.takeBinary(data);
  }

  private takeText(text: string): StreamEvent | null {
    const message = parseStreamMessage(text);
    if (this.pending !== null) {
      throw new OutOfOrder(
        `bin ${this.pending.bin_seq.toString()}: a ${message.type} came instead of its grid`,
      );
    }
    switch (message.type) {
      case "runtime_config":
        this.config = message;
        return { type: "config", config: message };
      case "grid_update":
        if (this.config === null) throw new OutOfOrder("a grid_update came before the runtime_config");
        this.pending = message;
        return null;
      case "session_end":
        return { type: "end", end: message };
    }
  }

  private takeBinary(bytes: ArrayBuffer): StreamEvent {
    const update = this.pending;
    if (update === null || this.config === null) throw new OutOfOrder("a grid came without its grid_update");
    this.pending = null;
    const frame = decodeGrid(bytes, this.config.grid_schema_fields, this.config.grid_rows);
    return { type: "bin", update, frame };
  }
}
