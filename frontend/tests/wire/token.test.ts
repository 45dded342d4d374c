/** A token goes with every request and handshake, is asked for once when it is wanted, and is in no URL. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RequestFailed } from "../../src/wire/errors.js";
import { Http } from "../../src/wire/http.js";
import {
  isTokenRefusal,
  onTokenWanted,
  protocolsWithToken,
  storeToken,
  storedToken,
  wantToken,
  withToken,
} from "../../src/wire/token.js";

const TOKEN = "a/token+with~all.of-its_signs==";

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  onTokenWanted(() => Promise.resolve(false));
});

describe("a token", () => {
  it("changes nothing where there is none", () => {
    expect(storedToken()).toBeNull();
    expect(withToken({ method: "PUT" })).toEqual({ method: "PUT" });
    expect(protocolsWithToken(["qmachina.v1"])).toEqual(["qmachina.v1"]);
  });

  it("is shown by header beside the others, and by subprotocol in signs that a subprotocol may have", () => {
    storeToken(TOKEN);
    const headers = new Headers(withToken({ headers: { "content-type": "application/json" } }).headers);
    expect([...headers]).toEqual([
      ["authorization", `Bearer ${TOKEN}`],
      ["content-type", "application/json"],
    ]);
    const [first, shown = ""] = protocolsWithToken(["qmachina.v1"]);
    expect(first).toBe("qmachina.v1");
    expect(shown).toMatch(/^bearer\.[A-Za-z0-9_-]+$/);
    expect(Buffer.from(shown.slice("bearer.".length), "base64url").toString()).toBe(TOKEN);
  });

  it("is asked for once however many requests are refused, and each is made again with it", async () => {
    const answers = vi.fn((_: string, init?: RequestInit) => {
      const shown = new Headers(init?.headers).get("authorization") === `Bearer ${TOKEN}`;
      const body = JSON.stringify(
        shown ? { fine: true } : { error: "a token is needed", type: "NotAuthorised" },
      );
      return Promise.resolve(new Response(body, { status: shown ? 200 : 401 }));
    });
    vi.stubGlobal("fetch", answers);
    const ask = vi.fn(() => {
      storeToken(TOKEN);
      return Promise.resolve(true);
    });
    onTokenWanted(ask);
    const http = new Http();
    const both = await Promise.all([http.json("GET", "/v1/a"), http.json("GET", "/v1/b")]);
    expect(both).toEqual([{ fine: true }, { fine: true }]);
    expect(ask).toHaveBeenCalledOnce();
    expect(answers.mock.calls.map(([url]) => url)).toEqual(["/v1/a", "/v1/b", "/v1/a", "/v1/b"]);
  });

  it("is not asked for again by the same request, and a refusal stays an error in words", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response('{"error":"no"}', { status: 401 })));
    const ask = vi.fn(() => Promise.resolve(true));
    onTokenWanted(ask);
    await expect(new Http().json("GET", "/v1/a")).rejects.toThrow(RequestFailed);
    expect(ask).toHaveBeenCalledOnce();
    onTokenWanted(() => Promise.resolve(false));
    await expect(new Http().json("GET", "/v1/a")).rejects.toThrow("no");
    expect(await wantToken("why")).toBe(false);
  });

  it("knows its refusals from others by the gateway's words", () => {
    expect(isTokenRefusal("a token is needed and none was shown; send ...")).toBe(true);
    expect(isTokenRefusal("the token that was shown is not accepted; send ...")).toBe(true);
    expect(isTokenRefusal("unknown serving 'a token is needed'")).toBe(false);
  });
});
