/** The page's own wire and store code against the fake gateway, over real sockets. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { StreamStore } from "../../src/store/stream-store.js";
import type { StreamEvent } from "../../src/wire/assemble.js";
import type { ConnectionState } from "../../src/wire/connection.js";
import { RequestFailed } from "../../src/wire/errors.js";
import { decodePastBins } from "../../src/wire/past-bins.js";
import { GatewayClient } from "../../src/wire/rest.js";
import { StreamSocket } from "../../src/wire/socket.js";
import { MockGateway, SESSION_ID } from "../mock-gateway/server.js";

let gateway: MockGateway;
let url: string;
let store: StreamStore;
let states: ConnectionState[];
let socket: StreamSocket;

function connect(serving = "demo"): void {
  const stream = `${url.replace("http", "ws")}/v1/stream?serving=${serving}`;
  socket = new StreamSocket(stream, {
    onEvent: (event: StreamEvent) => store.apply(event, performance.now()),
    onState: (state) => states.push(state),
  });
  socket.start();
}
const lastState = (): ConnectionState | undefined => states.at(-1);
const newest = (): number => store.latest?.seq ?? -1;
const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => {
    expect(condition()).toBe(true);
  }, 4000);

beforeEach(async () => {
  vi.stubGlobal("WebSocket", WebSocket);
  gateway = new MockGateway({ binsPerSecond: 0, history: 20, backfillBins: 8 });
  url = await gateway.start();
  store = new StreamStore(4096);
  states = [];
});
afterEach(async () => {
  socket.stop();
  await gateway.stop();
  vi.unstubAllGlobals();
});

describe("a late viewer", () => {
  it("gets the recent past, then the live bins, gapless", async () => {
    connect();
    await until(() => newest() === 19);
    gateway.play();
    gateway.play();
    await until(() => newest() === 21);
    const ring = store.stream?.ring;
    expect(ring?.oldest).toBe(12);
    for (let seq = 12; seq <= 21; seq += 1) expect(ring?.bin(seq)?.seq).toBe(seq);
    expect(lastState()?.phase).toBe("streaming");
    expect(gateway.offered).toEqual([["qmachina.v1"]]);
  });

  it("is told of lost bins and shows them as lost", async () => {
    connect();
    await until(() => newest() === 19);
    gateway.play(3);
    await until(() => newest() === 23);
    expect(store.droppedBins).toBe(3);
    expect([20, 21, 22].map((seq) => store.stream?.ring.bin(seq))).toEqual([null, null, null]);
  });

  it("can fetch the lost bins and those before its time", async () => {
    connect();
    await until(() => newest() === 19);
    const { columns, rows } = store.stream?.session ?? { columns: [], rows: 0 };
    const bytes = await new GatewayClient(url).pastBins(SESSION_ID, 5, 12);
    expect(store.addPast(decodePastBins(bytes, columns, rows))).toBe(7);
    expect(store.stream?.ring.oldest).toBe(5);
    expect(store.stream?.ring.bin(5)?.spotTick).toBeGreaterThan(20_000);
  });
});

describe("a returning viewer", () => {
  it("continues after its last bin, by the subprotocol", async () => {
    connect();
    await until(() => newest() === 19);
    gateway.dropViewers(1012, "restarting");
    await until(() => lastState()?.trouble === "lost");
    for (let i = 0; i < 12; i += 1) gateway.play();
    await until(() => newest() === 31);
    expect(gateway.offered[1]).toEqual(["qmachina.v1", `resume.${SESSION_ID}.19`]);
    for (let seq = 12; seq <= 31; seq += 1) expect(store.stream?.ring.bin(seq)?.seq).toBe(seq);
  });

  it("that was too slow says so, and comes back", async () => {
    connect();
    await until(() => newest() === 19);
    gateway.dropViewers(1013, "too slow: bins were lost for too long");
    await until(() => lastState()?.trouble === "too_slow");
    await until(() => lastState()?.phase === "streaming");
  });

  it("after a restart starts from nothing", async () => {
    connect();
    await until(() => newest() === 19);
    await new GatewayClient(url).control(SESSION_ID, "restart");
    store.forget();
    socket.renew();
    await until(() => store.stream?.session.id === `${SESSION_ID}-again`);
    gateway.play();
    await until(() => newest() === 0);
    expect(gateway.offered[1]).toEqual(["qmachina.v1"]);
  });
});

describe("when it does not work", () => {
  it("an unknown serving is refused with the gateway's words, once", async () => {
    connect("nope");
    await until(() => lastState()?.phase === "refused");
    expect(lastState()?.reason).toBe("unknown serving 'nope'; there are: demo, esm4-open");
    expect(gateway.offered).toHaveLength(1);
  });

  it("a gateway that is gone is tried again until it is back", async () => {
    const port = Number(new URL(url).port);
    await gateway.stop();
    connect();
    await until(() => lastState()?.trouble === "unreachable");
    gateway = new MockGateway({ binsPerSecond: 0, history: 3, port });
    await gateway.start();
    await until(() => newest() === 2);
  });

  it("a message that is not understood closes the connection, with a reason", async () => {
    connect();
    await until(() => newest() === 19);
    gateway.broadcast('{"type":"grid_update"}');
    await until(() => lastState()?.trouble === "malformed");
    expect(lastState()?.reason).toBe("grid_update.ts_ns: missing");
  });

  it("a failed session says why, and is not asked for again", async () => {
    connect();
    await until(() => newest() === 19);
    gateway.end("failed", "es.dbn: truncated at byte 77");
    await until(() => lastState()?.phase === "ended");
    expect(store.end).toMatchObject({ state: "failed", reason: "es.dbn: truncated at byte 77" });
    expect(gateway.offered).toHaveLength(1);
  });
});

describe("the REST interface", () => {
  const client = (): GatewayClient => new GatewayClient(url);
  beforeEach(() => {
    connect();
  });

  it("lists what plays", async () => {
    const [session, ...others] = await client().sessions();
    expect(session).toMatchObject({ session_id: SESSION_ID, symbol: "ESM4", state: "running", bin_seq: 19n });
    expect(others).toEqual([]);
  });

  it("controls a session", async () => {
    await client().control(SESSION_ID, "speed", "max");
    await client().control(SESSION_ID, "pause");
    expect(await client().session(SESSION_ID)).toMatchObject({
      state: "paused",
      pace: { speed: "max", paused: true },
      progress: 0.1,
    });
    const posts = gateway.requests
      .filter((request) => request.method === "POST")
      .map((request) => request.body);
    expect(posts).toEqual([{ action: "speed", speed: "max" }, { action: "pause" }]);
  });

  it("fails in words", async () => {
    await expect(client().session("x y")).rejects.toThrow("GET /v1/sessions/x%20y: unknown path");
    await expect(client().session("x")).rejects.toBeInstanceOf(RequestFailed);
    await expect(new GatewayClient("http://127.0.0.1:9").sessions()).rejects.toThrow(
      "the gateway does not answer",
    );
  });

  it("knows why the gateway is not ready", async () => {
    expect(await client().health()).toEqual({ state: "ready" });
    gateway.ready = false;
    expect(await client().health()).toEqual({ state: "not_ready", reason: "redis: connection refused" });
    expect(await new GatewayClient("http://127.0.0.1:9").health()).toEqual({ state: "unreachable" });
  });
});
