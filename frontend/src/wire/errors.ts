/**
 * The one tree of errors of the wire. Messages are written for the person at the screen:
 * what is wrong, where, and what was expected.
 */
import type { Problem } from "./generated.js";

/** Anything that goes wrong between the gateway and this page. */
export class WireError extends Error {
  override readonly name: string = "WireError";
}

/** A message that is not what the contract says. */
export class MalformedMessage extends WireError {
  override readonly name = "MalformedMessage";

  constructor(
    readonly path: string,
    readonly problem: string,
  ) {
    super(`${path}: ${problem}`);
  }
}

/** An Arrow frame that does not hold the grid that the header promised. */
export class MalformedFrame extends WireError {
  override readonly name = "MalformedFrame";
}

/** Text and binary messages in an order that the protocol does not know. */
export class OutOfOrder extends WireError {
  override readonly name = "OutOfOrder";
}

/** A REST request that failed; `status` is 0 where no answer came at all. */
export class RequestFailed extends WireError {
  override readonly name = "RequestFailed";

  constructor(
    readonly request: string,
    readonly status: number,
    readonly reason: string,
    /** What the service said beside its words; null where none of ours answered. */
    readonly problem: Problem | null = null,
  ) {
    super(`${request}: ${reason}`);
  }
}

/** The words of an error, whatever was thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
