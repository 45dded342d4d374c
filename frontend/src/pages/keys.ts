/** The keyboard, as one table: what each key does, and what the help says of it. */
import { make } from "./dom.js";

export interface KeyBinding {
  /** Values of KeyboardEvent.key. */
  readonly keys: readonly string[];
  readonly shift?: boolean;
  readonly shown: string;
  readonly help: string;
  readonly run: (key: string) => void;
}

/** Keys work on the whole page, but not while something is typed or chosen. */
export function listen(bindings: readonly KeyBinding[]): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isBusy(event.target)) return;
    const binding = bindings.find(
      (candidate) =>
        candidate.keys.includes(event.key) &&
        (candidate.shift === undefined || candidate.shift === event.shiftKey),
    );
    if (binding === undefined) return;
    event.preventDefault();
    binding.run(event.key);
  });
}

function isBusy(target: EventTarget | null): boolean {
  if (document.querySelector("dialog[open]") !== null) return true;
  if (target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement) return false;
  return [HTMLInputElement, HTMLSelectElement, HTMLTextAreaElement].some((kind) => target instanceof kind);
}

/** The lines of a help: keys and what they do. */
export function helpLines(lines: readonly (readonly [string, string])[]): HTMLElement[] {
  return lines.flatMap(([keys, words]) => [
    make("dt", { textContent: keys }),
    make("dd", { textContent: words }),
  ]);
}

/** Listen, and list the keys in a dialog that `?` opens; answers with what opens it. */
export function listenWithHelp(bindings: readonly KeyBinding[]): () => void {
  const close = make("form", { method: "dialog" }, [make("button", { textContent: "Close" })]);
  const list = make("dl", { className: "keys" });
  const dialog = make("dialog", { id: "help-dialog" }, [
    make("h2", { textContent: "Keyboard" }),
    list,
    close,
  ]);
  dialog.setAttribute("aria-label", "Keyboard");
  const open = (): void => {
    dialog.showModal();
  };
  const all = [...bindings, { keys: ["?"], shown: "?", help: "this help", run: open }];
  list.append(...helpLines(all.map((binding) => [binding.shown, binding.help])));
  document.body.append(dialog);
  listen(all);
  return open;
}
