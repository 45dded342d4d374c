/** What the registry page shows, as its address says it: pure. Every view has an address of its own. */
import type { Outcome } from "../../wire/registry.js";

export type Route =
  | { readonly view: "overview"; readonly offset: number }
  | { readonly view: "serving"; readonly serving: string }
  | {
      readonly view: "alias";
      readonly alias: string;
      /** An instant to look at, ISO 8601; null for none. */
      readonly at: string | null;
      readonly outcome: Outcome | null;
      readonly offset: number;
    }
  | { readonly view: "compare"; readonly a: string; readonly b: string; readonly all: boolean }
  | { readonly view: "audit"; readonly outcome: Outcome | null; readonly offset: number };

const PAGE = "./registry.html";
export const OUTCOMES: readonly Outcome[] = ["done", "unchanged", "refused"];

/** Of `?serving=`, `?alias=`, `?a=&b=` and `?view=`, the first that is there decides. */
export function parseRoute(search: string): Route {
  const query = new URLSearchParams(search);
  const text = (name: string): string => (query.get(name) ?? "").trim();
  const outcome = OUTCOMES.find((candidate) => candidate === query.get("outcome")) ?? null;
  const offset = /^\d{1,9}$/.test(text("offset")) ? Number(text("offset")) : 0;
  if (text("serving") !== "") return { view: "serving", serving: text("serving") };
  if (text("alias") !== "") {
    const at = Number.isNaN(Date.parse(text("at"))) ? null : text("at");
    return { view: "alias", alias: text("alias"), at, outcome, offset };
  }
  if (query.has("a") || query.has("b") || query.get("view") === "compare")
    return { view: "compare", a: text("a"), b: text("b"), all: query.get("show") === "all" };
  if (query.get("view") === "audit") return { view: "audit", outcome, offset };
  return { view: "overview", offset };
}

export function hrefOf(route: Route): string {
  switch (route.view) {
    case "overview":
      return route.offset > 0 ? address({ offset: String(route.offset) }) : PAGE;
    case "serving":
      return address({ serving: route.serving });
    case "alias":
      return address({ alias: route.alias, at: route.at, ...partOf(route) });
    case "compare":
      return route.a === "" && route.b === ""
        ? address({ view: "compare" })
        : address({ a: route.a, b: route.b, show: route.all ? "all" : null });
    case "audit":
      return address({ view: "audit", ...partOf(route) });
  }
}

function partOf(route: { outcome: Outcome | null; offset: number }): Record<string, string | null> {
  return { outcome: route.outcome, offset: route.offset > 0 ? String(route.offset) : null };
}

function address(values: Readonly<Record<string, string | null>>): string {
  const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== null);
  return `${PAGE}?${new URLSearchParams(given).toString()}`;
}
