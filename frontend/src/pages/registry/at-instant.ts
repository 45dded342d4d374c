/** Where an alias pointed at an instant of the past. */
import { inputOfInstant, instantOfInput } from "../../view/instants.js";
import { actionWords } from "../../view/registry-words.js";
import { zoneName } from "../../view/time-axis.js";
import { make } from "../dom.js";
import { Loaded, labelled } from "../parts.js";
import { facts, instant, servingLink } from "./context.js";
import type { Context } from "./context.js";
import type { Route } from "./route.js";

export function atInstant(context: Context, route: Extract<Route, { view: "alias" }>): HTMLElement {
  const { zone, client } = context;
  const input = make("input", { type: "datetime-local", step: "1", name: "at", required: true });
  input.value = inputOfInstant(zone, route.at ?? new Date().toISOString());
  const form = make("form", { className: "field-row", id: "at" }, [
    labelled(`Instant, ${zoneName(zone)}`, input),
    make("button", { textContent: "Look" }),
  ]);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const at = instantOfInput(zone, input.value);
    if (at !== null) context.go({ ...route, at });
  });
  const answer = new Loaded();
  const { at, alias } = route;
  if (at !== null)
    answer.show(
      "Asking the registry",
      () => client.alias(alias, at),
      (state) =>
        facts([
          ["Pointed at", servingLink(state.serving_id)],
          ["Since", instant(context, state.promoted_at)],
          ["By", `${state.who}, a ${actionWords(state.action)}`],
          ["Why", state.why],
          ["Version", String(state.version)],
        ]),
    );
  return make("section", { className: "card" }, [
    make("h2", { textContent: "Where did it point?" }),
    form,
    answer.host,
  ]);
}
