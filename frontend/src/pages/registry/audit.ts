/** The whole audit trail: every attempted change of anything, publications included. */
import { make } from "../dom.js";
import { Loaded } from "../parts.js";
import type { Context } from "./context.js";
import { EVENTS_A_PAGE, eventsView } from "./events-table.js";
import type { Route } from "./route.js";

export function auditView(context: Context, route: Extract<Route, { view: "audit" }>): HTMLElement {
  const events = new Loaded();
  const { outcome, offset } = route;
  events.show(
    "Asking the registry for its audit trail",
    () => context.client.events({ outcome, offset, limit: EVENTS_A_PAGE }),
    (page) =>
      eventsView(context, {
        title: "Audit trail",
        page,
        outcome,
        ofAlias: false,
        turn: (nextOutcome, nextOffset) => {
          context.go({ view: "audit", outcome: nextOutcome, offset: nextOffset });
        },
      }),
  );
  return make("div", {}, [events.host]);
}
