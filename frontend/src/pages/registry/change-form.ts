/** Who changes an alias, and why: the form under every change, and what the registry answered to it. */
import { ABSENT } from "../../wire/registry.js";
import { RequestFailed } from "../../wire/errors.js";
import type { AliasState } from "../../wire/generated.js";
import { formatInstant } from "../../view/instants.js";
import { meanwhileWords, promotedWords } from "../../view/registry-words.js";
import { zoneName } from "../../view/time-axis.js";
import { make } from "../dom.js";
import { button, labelled, note, reasonOf, sentence } from "../parts.js";
import { remember, rememberedWords } from "../preferences.js";
import type { Context } from "./context.js";

export interface Change {
  readonly id: string;
  readonly submit: string;
  /** What stands over who and why: what will be done, and to what. */
  readonly head: readonly HTMLElement[];
  /** The alias and how this page shows it (null: it does not exist); asked when the form is sent. */
  readonly shown: () => { readonly alias: string; readonly state: AliasState | null };
  /** Ask the registry; `expected` is what this page shows, for compare-and-set. */
  readonly send: (alias: string, expected: string, who: string, why: string) => Promise<AliasState>;
}

/** Typed once: reasons outlive a second look after a conflict, the name outlives the page. */
const draft = { why: "" };

export function changeForm(
  context: Context,
  change: Change,
): { form: HTMLFormElement; submit: HTMLButtonElement } {
  const who = make("input", {
    type: "text",
    name: "who",
    required: true,
    maxLength: 128,
    pattern: ".*\\S.*",
  });
  who.value = rememberedWords("who");
  who.autocomplete = "username";
  const why = make("textarea", { name: "why", required: true, maxLength: 1000, rows: 2, value: draft.why });
  why.addEventListener("input", () => {
    draft.why = why.value;
  });
  const submit = make("button", { textContent: change.submit, className: "primary" });
  const answer = make("div");
  const form = make("form", { className: "form", id: change.id }, [
    ...change.head,
    labelled("Who", who),
    labelled("Why", why),
    answer,
    make("div", { className: "actions" }, [submit]),
  ]);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    why.setCustomValidity(why.value.trim() === "" ? "Say why; it stays in the history" : "");
    if (!form.reportValidity()) return;
    remember("who", who.value);
    submit.disabled = true;
    void carryOut(context, change, who.value, why.value).then((trouble) => {
      submit.disabled = false;
      answer.replaceChildren(...(trouble === null ? [] : [trouble]));
    });
  });
  return { form, submit };
}

/** Null where it was done (the page then looks again); else what to say about it. */
async function carryOut(
  context: Context,
  change: Change,
  who: string,
  why: string,
): Promise<HTMLElement | null> {
  const { alias, state } = change.shown();
  try {
    const after = await change.send(alias, state?.serving_id ?? ABSENT, who, why);
    draft.why = "";
    context.say("ok", promotedWords(state, after));
    context.reload();
    return null;
  } catch (error) {
    if (!(error instanceof RequestFailed) || error.problem?.type !== "AliasConflict")
      return note("bad", sentence(reasonOf(error)));
    const again = button("Look again", context.reload);
    return note("warn", await conflictWords(context, alias, state, error), [again]);
  }
}

async function conflictWords(
  context: Context,
  alias: string,
  shown: AliasState | null,
  error: RequestFailed,
): Promise<string> {
  const when = (iso: string): string => `${formatInstant(context.zone, iso)} ${zoneName(context.zone)}`;
  try {
    const { items } = await context.client.history(alias, { outcome: "done" });
    return meanwhileWords(alias, shown, items, when);
  } catch {
    return sentence(error.reason);
  }
}
