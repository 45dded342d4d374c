/** The one place where a page asks for a token. It is asked for only after the gateway has refused. */
import { onTokenWanted, storeToken } from "../wire/token.js";
import { make } from "./dom.js";

export function installTokenPrompt(): void {
  onTokenWanted(ask);
}

/** Who said no is not asked again by every request that follows; loading the page anew asks again. */
let declined = false;

function ask(why: string): Promise<boolean> {
  if (declined) return Promise.resolve(false);
  const input = make("input", { type: "password", name: "token", required: true, autocomplete: "off" });
  const cancel = make("button", { type: "button", textContent: "Cancel" });
  const send = make("button", { type: "submit", className: "primary", textContent: "Use this token" });
  const form = make("form", { method: "dialog" }, [
    make("p", { textContent: "This gateway wants a token." }),
    make("p", { className: "muted", textContent: why }),
    make("label", {}, ["Token ", input]),
    make("div", { className: "token-actions" }, [cancel, send]),
  ]);
  const dialog = make("dialog", { id: "token-prompt" }, [form]);
  dialog.setAttribute("aria-label", "Token");
  document.body.append(dialog);
  return new Promise((resolve) => {
    let given = false;
    cancel.addEventListener("click", () => {
      dialog.close();
    });
    form.addEventListener("submit", () => {
      storeToken(input.value.trim());
      given = true;
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      declined = !given;
      resolve(given);
    });
    dialog.showModal();
    input.focus();
  });
}
