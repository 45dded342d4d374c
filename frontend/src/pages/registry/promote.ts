/** Point an alias at a serving, or back: compare-and-set with what the page shows. */
import type { AliasState, ServingSummary } from "../../wire/generated.js";
import { sourceWords } from "../../view/registry-words.js";
import { make } from "../dom.js";
import { labelled } from "../parts.js";
import { changeForm } from "./change-form.js";
import type { Context } from "./context.js";

const ALIAS_PATTERN = "[A-Za-z0-9][A-Za-z0-9_\\-]{0,63}";

/** From the page of a serving: the alias is chosen, or a new one is named. */
export function promoteServing(
  context: Context,
  serving: string,
  aliases: readonly AliasState[],
): HTMLElement {
  const input = make("input", { type: "text", name: "alias", required: true, pattern: ALIAS_PATTERN });
  input.title = "Letters, digits, _ and -, starting with a letter or digit, 64 at most";
  const list = suggestions(
    input,
    "known-aliases",
    aliases.map(({ alias, serving_id: id }) => [alias, id] as const),
  );
  const effect = make("p", { className: "muted effect" });
  const find = (): AliasState | null => aliases.find(({ alias }) => alias === input.value.trim()) ?? null;
  const tell = (): void => {
    const name = input.value.trim();
    effect.textContent =
      name === "" ? "An existing alias moves; a new name makes a new alias." : effectOf(name, find());
  };
  input.addEventListener("input", tell);
  tell();
  return changeForm(context, {
    id: "promote",
    submit: "Point the alias here",
    head: [labelled("Alias", input), list, effect],
    shown: () => ({ alias: input.value.trim(), state: find() }),
    send: (alias, expected, who, why) =>
      context.client.promote(alias, { serving_id: serving, expected_serving_id: expected, who, why }),
  }).form;
}

/** From the page of an alias: the serving is chosen. */
export function promoteAlias(
  context: Context,
  alias: string,
  state: AliasState | null,
  servings: readonly ServingSummary[],
): HTMLElement {
  const input = make("input", { type: "text", name: "serving", required: true, maxLength: 77 });
  const sound = servings.filter(({ serving_id: id, error }) => !error && id !== state?.serving_id);
  const describe = ({ symbol, dt, signal, source }: ServingSummary): string =>
    [symbol, dt, signal, sourceWords(source)].filter((word) => word).join(", ");
  const list = suggestions(
    input,
    "known-servings",
    sound.map((one) => [one.serving_id, describe(one)] as const),
  );
  return changeForm(context, {
    id: "promote",
    submit: `Point ${alias} at it`,
    head: [
      labelled("Serving", input),
      list,
      make("p", { className: "muted effect", textContent: effectOf(alias, state) }),
    ],
    shown: () => ({ alias, state }),
    send: (name, expected, who, why) =>
      context.client.promote(name, {
        serving_id: input.value.trim(),
        expected_serving_id: expected,
        who,
        why,
      }),
  }).form;
}

/** `target`: what it leads to; null where there is nothing, undefined where that is not known. */
export function rollBack(
  context: Context,
  state: AliasState,
  target: string | null | undefined,
): HTMLElement {
  const words =
    target === null
      ? `There is nothing to roll back to: ${state.serving_id} is the first serving of ${state.alias}.`
      : `${state.alias} will point at ${target ?? "what it pointed at before"} again. Repeated, it goes further back.`;
  const { form, submit } = changeForm(context, {
    id: "rollback",
    submit: `Roll ${state.alias} back`,
    head: [make("p", { className: "muted effect", textContent: words })],
    shown: () => ({ alias: state.alias, state }),
    send: (alias, expected, who, why) =>
      context.client.rollback(alias, { expected_serving_id: expected, who, why }),
  });
  submit.disabled = target === null;
  return form;
}

function effectOf(alias: string, state: AliasState | null): string {
  return state === null
    ? `${alias} does not exist yet: it is made.`
    : `${alias} points at ${state.serving_id} now (version ${state.version}). If somebody moves it first, nothing is changed.`;
}

/** What the input suggests while one types. */
function suggestions(
  input: HTMLInputElement,
  id: string,
  values: readonly (readonly [string, string])[],
): HTMLDataListElement {
  input.setAttribute("list", id);
  input.autocomplete = "off";
  return make(
    "datalist",
    { id },
    values.map(([value, label]) => make("option", { value, label })),
  );
}
