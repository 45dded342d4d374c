/**
 * Requests to the gateway's origin. Guarantees: what comes back is a success; every failure is a
 * RequestFailed in words, with the gateway's Problem where it sent one. Where a token is wanted, the
 * page is asked for one, and the request made once more.
 */
import { RequestFailed } from "./errors.js";
import type { Problem, ShapeName } from "./generated.js";
import { decodeShape } from "./messages.js";
import { wantToken, withToken } from "./token.js";

export class Http {
  /** `base` is "" for the page's own origin. */
  constructor(private readonly base = "") {}

  /** The JSON of an answer. An answer that is no JSON is a failure too. */
  async json(method: string, path: string, body?: unknown): Promise<unknown> {
    const init: RequestInit =
      body === undefined
        ? { method }
        : { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const response = await this.fetch(path, init);
    try {
      return (await response.json()) as unknown;
    } catch {
      throw new RequestFailed(`${method} ${path}`, response.status, "the answer is not JSON");
    }
  }

  /** The JSON of an answer, checked against the generated shape of type `T`. */
  async message<T>(shape: ShapeName, method: string, path: string, body?: unknown): Promise<T> {
    return decodeShape(await this.json(method, path, body), shape, path) as T;
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    try {
      return await this.once(path, init);
    } catch (error) {
      const refused = error instanceof RequestFailed && error.status === 401;
      if (!refused || !(await wantToken(error.reason))) throw error;
      return this.once(path, init);
    }
  }

  private async once(path: string, init: RequestInit): Promise<Response> {
    const what = `${init.method ?? "GET"} ${path}`;
    let response: Response;
    try {
      response = await fetch(this.base + path, withToken(init));
    } catch {
      throw new RequestFailed(what, 0, "the gateway does not answer");
    }
    if (response.ok) return response;
    const document = tryParse(await response.text());
    throw new RequestFailed(what, response.status, wordsOf(response, document), problemOf(document));
  }
}

/** `?name=value&...` of what is given; empty where nothing is. */
export function query(values: Readonly<Record<string, string | number | null | undefined>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? "" : `?${text}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** Null where something else than a service of ours answered, such as a proxy. */
function problemOf(document: unknown): Problem | null {
  try {
    return decodeShape(document, "Problem", "problem") as unknown as Problem;
  } catch {
    return null;
  }
}

/** The `error` of a Problem body, the `problems` of /ready, or the status line where a proxy answered. */
function wordsOf(response: Response, document: unknown): string {
  if (isRecord(document) && isRecord(document["problems"])) {
    const problems = Object.entries(document["problems"]).map(([name, words]) => `${name}: ${String(words)}`);
    return problems.join("; ");
  }
  for (const key of ["error", "detail"]) {
    const words = isRecord(document) ? document[key] : undefined;
    if (typeof words === "string" && words !== "") return words;
  }
  return `the gateway does not answer properly (${`${response.status} ${response.statusText}`.trim()})`;
}
