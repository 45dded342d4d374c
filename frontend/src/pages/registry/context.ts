/** What every view of the registry page works with. */
import type { Zone } from "../../view/time-axis.js";
import { formatAgo, formatInstant } from "../../view/instants.js";
import type { RegistryClient } from "../../wire/registry.js";
import { make } from "../dom.js";
import { link } from "../parts.js";
import { aliasHref, servingHref } from "../places.js";
import type { Route } from "./route.js";

export interface Context {
  readonly client: RegistryClient;
  readonly zone: Zone;
  /** Show another view, as a link would. */
  readonly go: (route: Route) => void;
  /** Show this view again, with what the registry says now. */
  readonly reload: () => void;
  /** Said above the view, until the next one. */
  readonly say: (tone: "ok" | "warn", words: string) => void;
}

/** An instant in the page's zone; to the microsecond, and how long ago, under the mouse. */
export function instant({ zone }: Context, iso: string): HTMLElement {
  const title = `${iso}, ${formatAgo(iso, Date.now())}`;
  return make("time", { dateTime: iso, textContent: formatInstant(zone, iso), title });
}

/** Ids stay on one line as long as that is reasonable. */
const ONE_LINE = 40;

export function servingLink(id: string): HTMLAnchorElement {
  return link(servingHref(id), id, id.length <= ONE_LINE ? "id nowrap" : "id");
}

export function aliasTag(alias: string): HTMLAnchorElement {
  return link(aliasHref(alias), alias, "tag");
}

/** A definition list; what is missing is left out. */
export function facts(pairs: readonly (readonly [string, Node | string | null])[]): HTMLElement {
  const given = pairs.filter((pair): pair is [string, Node | string] => pair[1] !== null && pair[1] !== "");
  return make(
    "dl",
    { className: "facts" },
    given.flatMap(([name, value]) => [make("dt", { textContent: name }), make("dd", {}, [value])]),
  );
}
