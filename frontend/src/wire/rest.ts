/**
 * The gateway's REST interface as far as the pages need it. Every failure is a RequestFailed in words.
 */
import { RequestFailed } from "./errors.js";

export type SessionAction = "pause" | "resume" | "speed" | "stop" | "restart";

/** Market seconds in one second, or as fast as possible. */
export type Speed = number | "max";

/** What `GET /v1/sessions/{id}` says, as far as the page shows it; null where the gateway does not say. */
export interface SessionStatus {
  readonly state: string;
  readonly reason: string;
  readonly speed: Speed | null;
  /** Share of the session's bins that is published, 0 to 1. */
  readonly progress: number | null;
}

export interface AliasEntry {
  readonly alias: string;
  readonly servingId: string;
}

/** A client of one gateway; `base` is "" for the page's own origin. */
export class GatewayClient {
  constructor(private readonly base = "") {}

  async session(id: string): Promise<SessionStatus> {
    return readStatus(await this.request(`/v1/sessions/${encodeURIComponent(id)}`));
  }

  async control(id: string, action: SessionAction, speed?: Speed): Promise<void> {
    const body = JSON.stringify(speed === undefined ? { action } : { action, speed });
    const headers = { "content-type": "application/json" };
    await this.request(`/v1/sessions/${encodeURIComponent(id)}`, { method: "POST", body, headers });
  }

  /** The Arrow stream of bins `from` up to, and not including, `to`, as far as they are kept. */
  async pastBins(id: string, from: number, to: number): Promise<ArrayBuffer> {
    const response = await this.fetch(`/v1/sessions/${encodeURIComponent(id)}/bins?from=${from}&to=${to}`);
    return response.arrayBuffer();
  }

  async aliases(): Promise<readonly AliasEntry[]> {
    const page = await this.request("/v1/aliases");
    const items: unknown = isRecord(page) ? page["items"] : undefined;
    if (!Array.isArray(items)) throw new RequestFailed("GET /v1/aliases", 200, "the answer is not a list");
    return items.map(readAlias);
  }

  /** Why a gateway that is up is not ready; null where it is, or where it does not answer at all. */
  async notReadyBecause(): Promise<string | null> {
    try {
      await this.request("/ready");
      return null;
    } catch (error) {
      return error instanceof RequestFailed && error.status === 503 ? error.reason : null;
    }
  }

  private async request(path: string, init: RequestInit = {}): Promise<unknown> {
    const response = await this.fetch(path, init);
    return tryParse(await response.text());
  }

  /** Throws RequestFailed unless the answer is a success. */
  private async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const what = `${init.method ?? "GET"} ${path}`;
    let response: Response;
    try {
      response = await fetch(this.base + path, init);
    } catch {
      throw new RequestFailed(what, 0, "the gateway does not answer");
    }
    if (response.ok) return response;
    const document = tryParse(await response.text());
    throw new RequestFailed(what, response.status, describeFailure(response, document));
  }
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** The `error` of a Problem body, the `problems` of /ready, or the status line where a proxy answered. */
function describeFailure(response: Response, document: unknown): string {
  if (isRecord(document) && isRecord(document["problems"])) {
    const problems = Object.entries(document["problems"]).map(([name, words]) => `${name}: ${String(words)}`);
    return problems.join("; ");
  }
  for (const key of ["error", "detail"]) {
    const words = isRecord(document) ? document[key] : undefined;
    if (typeof words === "string" && words !== "") return words;
  }
  return `${response.status} ${response.statusText}`.trim();
}

function readStatus(document: unknown): SessionStatus {
  if (!isRecord(document) || typeof document["state"] !== "string") {
    throw new RequestFailed("GET /v1/sessions", 200, "the session has no state");
  }
  const { state, reason, progress, pace } = document as Record<string, unknown> & { state: string };
  return {
    state,
    reason: typeof reason === "string" ? reason : "",
    speed: readSpeed(isRecord(pace) ? pace["speed"] : undefined),
    progress: typeof progress === "number" ? progress : null,
  };
}

function readSpeed(value: unknown): Speed | null {
  return value === "max" || (typeof value === "number" && value > 0) ? value : null;
}

function readAlias(document: unknown): AliasEntry {
  if (
    isRecord(document) &&
    typeof document["alias"] === "string" &&
    typeof document["serving_id"] === "string"
  ) {
    return { alias: document["alias"], servingId: document["serving_id"] };
  }
  throw new RequestFailed("GET /v1/aliases", 200, "an entry lacks alias or serving_id");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
