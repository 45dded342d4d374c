import { describe, expect, it } from "vitest";
import { hrefOf, parseRoute } from "../../src/pages/registry/route.js";
import type { Route } from "../../src/pages/registry/route.js";

const ALL: readonly Route[] = [
  { view: "overview", offset: 0 },
  { view: "overview", offset: 500 },
  { view: "serving", serving: "demo-0123456789ab" },
  { view: "alias", alias: "demo", at: null, outcome: null, offset: 0 },
  { view: "alias", alias: "demo", at: "2026-11-23T14:30:00.000Z", outcome: "refused", offset: 50 },
  { view: "compare", a: "", b: "", all: false },
  { view: "compare", a: "demo", b: "", all: false },
  { view: "compare", a: "demo", b: "x-0123456789ab", all: true },
  { view: "audit", outcome: null, offset: 0 },
  { view: "audit", outcome: "done", offset: 100 },
];

describe("addresses of the registry page", () => {
  it.each(ALL)("lead back to the view that they name: $view", (route) => {
    const { search } = new URL(hrefOf(route), "http://x/");
    expect(parseRoute(search)).toEqual(route);
  });

  it("that make no sense are read as far as they do", () => {
    expect(parseRoute("?nonsense=1")).toEqual(ALL[0]);
    expect(parseRoute("?alias=demo&at=yesterday&outcome=maybe&offset=-3")).toEqual(ALL[3]);
    expect(parseRoute("?serving=%20")).toEqual(ALL[0]);
  });

  it("escape what is in them", () => {
    expect(hrefOf({ view: "serving", serving: "a&b=c" })).toBe("./registry.html?serving=a%26b%3Dc");
  });
});
