/** The state of the stream in words: pill, banner, and the notice of lost bins. */
import type { StatusWords } from "../../view/words.js";
import { make, required } from "../dom.js";

export interface Remedies {
  readonly retry: () => void;
  readonly restart: () => void;
}

const NOTICE_MS = 6000;

export class StatusView {
  private readonly pill = required("status", HTMLElement);
  private readonly banner = required("banner", HTMLElement);
  private readonly title = required("banner-title", HTMLElement);
  private readonly detail = required("banner-detail", HTMLElement);
  private readonly actions = required("banner-actions", HTMLElement);
  private readonly noticeLine = required("notice", HTMLElement);
  private shown = "";
  private noticeTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly remedies: Remedies) {}

  show(words: StatusWords): void {
    const key = JSON.stringify(words);
    if (key === this.shown) return;
    this.shown = key;
    this.pill.textContent = words.label;
    this.pill.dataset["tone"] = words.tone;
    this.banner.hidden = words.title === "";
    this.banner.dataset["tone"] = words.tone;
    this.title.textContent = words.title;
    this.detail.textContent = words.detail;
    this.actions.replaceChildren(...this.buttons(words));
  }

  /** One line over the chart, gone after a while. */
  notice(words: string): void {
    this.noticeLine.textContent = words;
    this.noticeLine.hidden = false;
    if (this.noticeTimer !== null) clearTimeout(this.noticeTimer);
    this.noticeTimer = setTimeout(() => {
      this.noticeLine.hidden = true;
    }, NOTICE_MS);
  }

  private buttons({ remedy }: StatusWords): HTMLElement[] {
    switch (remedy) {
      case null:
        return [];
      case "retry":
        return [button("Try now", this.remedies.retry), chooseLink()];
      case "restart":
        return [button("Restart the session", this.remedies.restart), chooseLink()];
      case "choose":
        return [chooseLink()];
    }
  }
}

function button(label: string, run: () => void): HTMLButtonElement {
  const element = make("button", { type: "button", textContent: label });
  element.addEventListener("click", run);
  return element;
}

function chooseLink(): HTMLAnchorElement {
  return make("a", { className: "button", href: "./index.html", textContent: "Choose another stream" });
}
