/** One alias: where it points and why, how to move it, where it pointed at an instant, and its history. */
import { RequestFailed } from "../../wire/errors.js";
import type { AliasState, ServingSummary } from "../../wire/generated.js";
import { MOST } from "../../wire/registry.js";
import { formatAgo } from "../../view/instants.js";
import { actionWords, rollbackTarget, sourceWords } from "../../view/registry-words.js";
import { make } from "../dom.js";
import { Loaded, button, link, note, sentence } from "../parts.js";
import { streamHref } from "../places.js";
import { atInstant } from "./at-instant.js";
import { facts, instant, servingLink } from "./context.js";
import type { Context } from "./context.js";
import { EVENTS_A_PAGE, eventsView } from "./events-table.js";
import { promoteAlias, rollBack } from "./promote.js";
import type { Route } from "./route.js";

type AliasRoute = Extract<Route, { view: "alias" }>;

interface Known {
  readonly state: AliasState | null;
  readonly servings: readonly ServingSummary[];
  readonly target: string | null | undefined;
}

export function aliasView(context: Context, route: AliasRoute): HTMLElement {
  const left = new Loaded();
  const right = new Loaded();
  const { alias, outcome, offset } = route;
  left.show(
    `Asking the registry where ${alias} points`,
    () => known(context, alias),
    (answer) => leftSide(context, route, answer),
  );
  right.show(
    `Asking the registry for the history of ${alias}`,
    () => context.client.history(alias, { outcome, offset, limit: EVENTS_A_PAGE }),
    (page) =>
      eventsView(context, {
        title: "History",
        page,
        outcome,
        ofAlias: true,
        turn: (nextOutcome, nextOffset) => {
          context.go({ ...route, outcome: nextOutcome, offset: nextOffset });
        },
      }),
  );
  return make("div", {}, [
    make("div", { className: "bar" }, [
      make("h1", { textContent: alias, tabIndex: -1 }),
      make("span", { className: "bar-gap" }),
      link(streamHref(alias), "Open the stream", "button"),
    ]),
    make("div", { className: "split-view" }, [left.host, right.host]),
  ]);
}

async function known({ client }: Context, alias: string): Promise<Known> {
  const [state, servings, moves] = await Promise.all([
    client.alias(alias).catch(absent),
    client.servings(),
    client.history(alias, { outcome: "done", limit: MOST }).catch(absent),
  ]);
  const target = moves === null ? null : rollbackTarget(moves.items, moves.total <= moves.items.length);
  return { state, servings: servings.items, target };
}

/** What does not exist yet can still be made. */
function absent(error: unknown): null {
  if (error instanceof RequestFailed && error.status === 404) return null;
  throw error;
}

function leftSide(context: Context, route: AliasRoute, { state, servings, target }: Known): readonly Node[] {
  const { alias } = route;
  if (state === null)
    return [
      note("quiet", `There is no alias ${alias} yet. Promoting a serving makes it.`),
      change([["Promote", promoteAlias(context, alias, null, servings)]]),
    ];
  const serving = servings.find(({ serving_id: id }) => id === state.serving_id);
  return [
    make("section", { className: "card" }, [
      make("h2", { textContent: "Now" }),
      facts([
        ["Points at", servingLink(state.serving_id)],
        ["Plays", serving ? [serving.symbol, serving.dt, serving.signal].filter(Boolean).join(", ") : ""],
        ["From", sourceWords(serving?.source)],
        [
          "Since",
          make("span", {}, [
            instant(context, state.promoted_at),
            `, ${formatAgo(state.promoted_at, Date.now())}`,
          ]),
        ],
        ["By", `${state.who}, a ${actionWords(state.action)}`],
        ["Why", state.why],
        ["Version", String(state.version)],
      ]),
      ...(serving?.error ? [note("bad", sentence(serving.error))] : []),
    ]),
    change([
      ["Promote", promoteAlias(context, alias, state, servings)],
      ["Roll back", rollBack(context, state, target)],
    ]),
    atInstant(context, route),
  ];
}

/** One card for every way to change the alias: one form at a time. */
function change(forms: readonly (readonly [string, HTMLElement])[]): HTMLElement {
  const choices = forms.map(([label, form]) => {
    const choice = button(label, () => {
      show(form);
    });
    return [choice, form] as const;
  });
  const show = (chosen: HTMLElement | undefined): void => {
    for (const [choice, form] of choices) {
      choice.setAttribute("aria-pressed", String(form === chosen));
      form.hidden = form !== chosen;
    }
  };
  show(forms[0]?.[1]);
  const head = make("div", { className: "actions choices" }, [
    make("h2", { textContent: "Change" }),
    make("span", { className: "bar-gap" }),
    ...choices.map(([choice]) => choice),
  ]);
  return make("section", { className: "card" }, [head, ...forms.map(([, form]) => form)]);
}
