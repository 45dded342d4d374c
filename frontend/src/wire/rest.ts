/**
 * The gateway's own REST interface as far as the pages need it: sessions, past bins, readiness.
 * Every failure is a WireError in words.
 */
import { MalformedMessage, RequestFailed } from "./errors.js";
import type { Pace, SessionStatus } from "./generated.js";
import { Http } from "./http.js";
import { decodeShape } from "./messages.js";

export type SessionAction = "pause" | "resume" | "speed" | "stop" | "restart";

/** Market seconds in one second, or as fast as possible. */
export type Speed = Pace["speed"];

export type Health =
  | { readonly state: "ready" }
  | { readonly state: "not_ready"; readonly reason: string }
  | { readonly state: "unreachable" };

const SESSIONS = "/v1/sessions";

/** A client of one gateway. */
export class GatewayClient {
  private readonly http: Http;

  /** `base` is "" for the page's own origin. */
  constructor(base = "") {
    this.http = new Http(base);
  }

  /** Every session that the gateway remembers, the newest first. */
  async sessions(): Promise<readonly SessionStatus[]> {
    const document = await this.http.json("GET", SESSIONS);
    if (!Array.isArray(document)) throw new MalformedMessage(SESSIONS, "expected a list");
    return document.map(
      (one, i) => decodeShape(one, "SessionStatus", `${SESSIONS}[${i}]`) as unknown as SessionStatus,
    );
  }

  async session(id: string): Promise<SessionStatus> {
    return this.http.message("SessionStatus", "GET", `${SESSIONS}/${encodeURIComponent(id)}`);
  }

  async control(id: string, action: SessionAction, speed?: Speed): Promise<void> {
    const body = speed === undefined ? { action } : { action, speed };
    await this.http.json("POST", `${SESSIONS}/${encodeURIComponent(id)}`, body);
  }

  /** The Arrow stream of bins `from` up to, and not including, `to`, as far as they are kept. */
  async pastBins(id: string, from: number, to: number): Promise<ArrayBuffer> {
    const path = `${SESSIONS}/${encodeURIComponent(id)}/bins?from=${from}&to=${to}`;
    return (await this.http.fetch(path)).arrayBuffer();
  }

  /** Whether the gateway has all that it needs, in words where it has not. Never throws. */
  async health(): Promise<Health> {
    try {
      await this.http.json("GET", "/ready");
      return { state: "ready" };
    } catch (error) {
      const known = error instanceof RequestFailed && error.status === 503;
      return known ? { state: "not_ready", reason: error.reason } : { state: "unreachable" };
    }
  }
}
