/** Parts that pages are made of: buttons, and what stands where a list is loading, empty or in trouble. */
import { describeError, RequestFailed } from "../wire/errors.js";
import { make } from "./dom.js";

export function button(label: string, run: () => void, className = ""): HTMLButtonElement {
  const element = make("button", { type: "button", textContent: label, className });
  element.addEventListener("click", run);
  return element;
}

export function link(href: string, label: string, className = ""): HTMLAnchorElement {
  return make("a", { href, textContent: label, className });
}

export function muted(words: string): HTMLElement {
  return make("span", { className: "muted", textContent: words });
}

/** A label over its control. */
export function labelled(label: string, control: HTMLElement, hint = ""): HTMLElement {
  const name = make("span", { textContent: label });
  return make("label", { className: "field" }, hint === "" ? [name, control] : [name, control, muted(hint)]);
}

/** What the gateway said, without the request that it was said to. */
export function reasonOf(error: unknown): string {
  return error instanceof RequestFailed ? error.reason : describeError(error);
}

export type NoteTone = "busy" | "quiet" | "ok" | "warn" | "bad";

/** A few words in a box, with what can be done about it. Trouble is announced to screen readers. */
export function note(tone: NoteTone, words: string, actions: readonly HTMLElement[] = []): HTMLElement {
  const box = make("div", { className: "note" }, [make("p", { textContent: words })]);
  box.dataset["tone"] = tone;
  box.setAttribute("role", tone === "bad" || tone === "warn" ? "alert" : "status");
  if (actions.length > 0) box.append(make("div", { className: "actions" }, actions));
  return box;
}

/** A place that shows what a request brings: its wait, its failure with a way to ask again, its content. */
export class Loaded {
  readonly host = make("div", { className: "loaded" });
  private newest = 0;

  /** `draw` gets the answer of the newest request only; an earlier one that comes late is dropped. */
  show<T>(waiting: string, ask: () => Promise<T>, draw: (answer: T) => Node | readonly Node[]): void {
    void this.load(waiting, ask, draw);
  }

  /**
   * The same, asked again and again while one looks: what has not changed is not drawn anew, and who was
   * on a link stays on it.
   */
  refresh<T>(waiting: string, ask: () => Promise<T>, draw: (answer: T) => HTMLElement): void {
    void this.load(waiting, ask, draw, true);
  }

  private async load<T>(
    waiting: string,
    ask: () => Promise<T>,
    draw: (answer: T) => Node | readonly Node[],
    quietly = false,
  ): Promise<void> {
    this.newest += 1;
    const turn = this.newest;
    if (!quietly) this.host.setAttribute("aria-busy", "true");
    if (this.host.childElementCount === 0) this.host.replaceChildren(note("busy", waiting));
    let content: Node | readonly Node[];
    try {
      content = draw(await ask());
    } catch (error) {
      const again = button("Try again", () => {
        this.host.replaceChildren();
        void this.load(waiting, ask, draw, quietly);
      });
      content = note("bad", sentence(reasonOf(error)), [again]);
    }
    if (turn !== this.newest) return;
    this.host.removeAttribute("aria-busy");
    this.replace(content instanceof Node ? [content] : content, quietly);
  }

  private replace(content: readonly Node[], quietly: boolean): void {
    const same = content.length === 1 && this.host.firstChild?.isEqualNode(content[0] ?? null) === true;
    if (quietly && same) return;
    const at = this.host.contains(document.activeElement) ? document.activeElement : null;
    const href = at?.getAttribute("href") ?? null;
    this.host.replaceChildren(...content);
    if (href === null) return;
    const anchors = [...this.host.querySelectorAll("a")];
    anchors.find((anchor) => anchor.getAttribute("href") === href)?.focus();
  }
}

/** A large first letter and a full stop. */
export function sentence(text: string): string {
  const first = /^[a-z]+[ ,]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
