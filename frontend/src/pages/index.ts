/** The index page: one link for every alias, and a field for any other serving. */
import { describeError } from "../wire/errors.js";
import { GatewayClient } from "../wire/rest.js";
import type { AliasEntry } from "../wire/rest.js";
import { make, required } from "./dom.js";
import { ThemeSwitch } from "./theme.js";

new ThemeSwitch(required("theme", HTMLButtonElement), () => undefined);
const list = required("aliases", HTMLUListElement);

function line(entry: AliasEntry): HTMLLIElement {
  const href = `./vp-stream.html?serving=${encodeURIComponent(entry.alias)}`;
  const name = make("strong", { textContent: entry.alias });
  return make("li", {}, [make("a", { href }, [name, make("span", { textContent: entry.servingId })])]);
}

function sayInstead(words: string): void {
  list.replaceChildren(make("li", {}, [make("p", { textContent: words })]));
}

async function fill(): Promise<void> {
  try {
    const aliases = await new GatewayClient().aliases();
    if (aliases.length === 0)
      sayInstead("No alias yet. Promote a run with qm promote, then reload this page.");
    else list.replaceChildren(...aliases.map(line));
  } catch (error) {
    sayInstead(`The list of streams is not available. ${describeError(error)}.`);
  }
}

void fill();
