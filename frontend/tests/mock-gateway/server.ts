/**
 * A runnable fake of the gateway: the same WebSocket and REST surface, synthetic bins.
 *
 * Tests drive it: how fast it plays, how much past it holds, which faults it shows.
 */
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { BIN_NS, START_NS, configJson } from "../samples.js";
import { MockHarness } from "./harness.js";
import { encodePast } from "./past.js";
import { MockRegistry } from "./registry.js";
import { MockSession } from "./session.js";
import type { MockBin } from "./session.js";

export interface MockOptions {
  readonly port?: number;
  readonly seed?: number;
  /** Bins of the past that a late viewer gets. */
  readonly backfillBins?: number;
  /** Bins already played when the server starts. */
  readonly history?: number;
  readonly binsPerSecond?: number;
}

export const SESSION_ID = "mock-session";
const READY = { ready: true, problems: {} };
const NO_TOKEN = { error: "a token is needed and none was shown", type: "NotAuthorised" };
const NOT_READY = { ready: false, problems: { redis: "connection refused" } };

export class MockGateway {
  readonly requests: { readonly method: string; readonly url: string; readonly body: unknown }[] = [];
  /** The subprotocols that each viewer offered. */
  readonly offered: string[][] = [];
  state = "running";
  ready = true;
  /** The token that is wanted; null where none is. */
  token: string | null = null;
  speed: number | "max" = 1;
  registry = new MockRegistry();
  readonly harness = new MockHarness(() => this.registry);
  private session: MockSession;
  private sessionId = SESSION_ID;
  private played: MockBin[] = [];
  private readonly viewers = new Set<WebSocket>();
  private readonly http: Server;
  private readonly sockets: WebSocketServer;
  private timer: ReturnType<typeof setInterval> | null = null;

  constructor(private readonly options: MockOptions = {}) {
    this.session = new MockSession(options.seed ?? 7);
    this.http = createServer((request, response) => void this.answer(request, response));
    this.sockets = new WebSocketServer({
      server: this.http,
      handleProtocols: (offered) => (offered.has("qmachina.v1") ? "qmachina.v1" : false),
    });
    this.sockets.on("connection", (socket, request) => {
      this.welcome(socket, request);
    });
  }

  async start(): Promise<string> {
    for (let i = 0; i < (this.options.history ?? 0); i += 1) this.played.push(this.session.next());
    await new Promise<void>((resolve) => this.http.listen(this.options.port ?? 0, "127.0.0.1", resolve));
    const rate = this.options.binsPerSecond ?? 10;
    if (rate > 0) {
      this.timer = setInterval(() => {
        if (this.state === "running") this.play();
      }, 1000 / rate);
    }
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    this.harness.jobs.stop();
    this.dropViewers(1001, "shutting down");
    this.sockets.close();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  get newest(): number {
    return this.played.length - 1;
  }

  /** One more bin to every viewer; `lost` bins before it are skipped, as for a slow client. */
  play(lost = 0): void {
    for (let i = 0; i < lost; i += 1) this.played.push(this.session.next());
    const bin = this.session.next();
    this.played.push(bin);
    const update = lost > 0 ? { ...bin.update, dropped: lost } : bin.update;
    for (const viewer of this.viewers) sendBin(viewer, { ...bin, update });
  }

  /** Say something of the test's own to every viewer. */
  broadcast(message: string | Uint8Array): void {
    for (const viewer of this.viewers) viewer.send(message);
  }

  dropViewers(code: number, reason: string): void {
    for (const viewer of this.viewers) viewer.close(code, reason);
    this.viewers.clear();
  }

  end(state: "ended" | "stopped" | "failed", reason: string): void {
    this.state = state;
    const last = String(this.newest);
    this.broadcast(
      JSON.stringify({ type: "session_end", session_id: this.sessionId, state, reason, last_bin_seq: last }),
    );
    this.dropViewers(1000, state);
  }

  private welcome(socket: WebSocket, request: IncomingMessage): void {
    const url = new URL(request.url ?? "/", "http://mock");
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((p) => p.trim());
    this.offered.push(offered);
    if (this.token !== null && !offered.includes(`bearer.${Buffer.from(this.token).toString("base64url")}`)) {
      socket.close(1008, "a token is needed and none was shown");
      return;
    }
    const serving = url.searchParams.get("serving") ?? "";
    const known = this.registry.names();
    if (!known.includes(serving)) {
      socket.close(1008, `unknown serving '${serving}'; there are: ${known.join(", ")}`);
      return;
    }
    socket.on("close", () => this.viewers.delete(socket));
    socket.send(JSON.stringify(configJson(this.sessionId, serving, this.newest)));
    const resume = offered.find((p) => p.startsWith("resume."))?.split(".");
    const after = resume === undefined ? -1 : Number(resume.at(-1));
    const first =
      after >= 0 ? after + 1 : Math.max(0, this.played.length - (this.options.backfillBins ?? 300));
    for (const bin of this.played.slice(first)) {
      sendBin(socket, { ...bin, update: { ...bin.update, backfill: true } });
    }
    this.viewers.add(socket);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
    const text = Buffer.concat(chunks).toString();
    const body: unknown = text === "" ? null : JSON.parse(text);
    const url = request.url ?? "/";
    this.requests.push({ method: request.method ?? "", url, body });
    if (this.token !== null && url !== "/ready" && request.headers.authorization !== `Bearer ${this.token}`) {
      response.writeHead(401, { "content-type": "application/json" }).end(JSON.stringify(NO_TOKEN));
      return;
    }
    const past = /\/bins\?from=(\d+)&to=(\d+)$/.exec(url);
    if (past !== null) {
      response.end(encodePast(this.played.slice(Number(past[1]), Number(past[2]))));
      return;
    }
    if (await this.harness.serve(request.method ?? "", url, body, response)) return;
    const [status, document] = this.route(request.method ?? "", url, body);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(document));
  }

  private route(method: string, url: string, body: unknown): readonly [number, unknown] {
    if (url === "/ready") return this.ready ? [200, READY] : [503, NOT_READY];
    if (url === "/v1/sessions") return [200, [this.status()]];
    if (url === `/v1/sessions/${this.sessionId}`) {
      if (method === "POST") this.control(body as { action: string; speed?: number | "max" });
      return [200, this.status()];
    }
    const unknown = [404, { error: `unknown path ${url}`, type: "NotFound" }] as const;
    return this.registry.answer(method, url, body) ?? unknown;
  }

  private status(): Record<string, unknown> {
    const end = START_NS + BigInt(this.played.length) * BIN_NS;
    return {
      session_id: this.sessionId,
      serving_id: "demo-0123456789ab",
      serving_name: "demo",
      symbol: "ESM4",
      state: this.state,
      reason: this.state === "stopped" ? "stopped by request" : "",
      pace: { speed: this.speed, paused: this.state === "paused" },
      bin_seq: String(this.newest),
      event_index: String(this.played.length * 12),
      progress: 0.1,
      market_ns: String(end),
      start_ns: String(START_NS),
      end_ns: String(START_NS + 36_000n * BIN_NS),
      lag_ms: 3,
      worker: "mock",
      updated_ns: String(end),
    };
  }

  private control({ action, speed }: { action: string; speed?: number | "max" }): void {
    if (action === "pause") this.state = "paused";
    if (action === "resume") this.state = "running";
    if (action === "speed") this.speed = speed ?? 1;
    if (action === "stop") this.end("stopped", "stopped by request");
    if (action === "restart") {
      this.end("stopped", "restarted");
      this.session = new MockSession(this.options.seed ?? 7);
      this.sessionId = `${this.sessionId}-again`;
      this.played = [];
      this.state = "running";
    }
  }
}

function sendBin(socket: WebSocket, bin: MockBin): void {
  socket.send(JSON.stringify(bin.update));
  socket.send(bin.arrow);
}
