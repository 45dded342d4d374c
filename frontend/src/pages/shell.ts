/**
 * What every page has at its top: where one can go, whether the gateway is well, the theme; and the
 * prompt for a token where the gateway wants one.
 *
 * A page says `<header id="shell" class="shell"></header>` and calls `mountShell`; a page with a header
 * of its own (the stream) only fills its `<nav>` by `fillNavigation`.
 */
import { healthWords } from "../view/health.js";
import { GatewayClient } from "../wire/rest.js";
import { brandMark, make, required } from "./dom.js";
import { PLACES } from "./places.js";
import type { Place } from "./places.js";
import { ThemeSwitch } from "./theme.js";
import { installTokenPrompt } from "./token-prompt.js";

const ASK_HEALTH_MS = 10_000;

export function fillNavigation(nav: HTMLElement, here: Place): void {
  installTokenPrompt();
  const links = PLACES.map(({ id, href, label }) => {
    const link = make("a", { href, textContent: label });
    if (id === here) link.setAttribute("aria-current", "page");
    return link;
  });
  nav.setAttribute("aria-label", "Pages");
  nav.replaceChildren(...links);
}

/** Fill `#shell`. `onTheme` is for pages that paint themselves and must do so again. */
export function mountShell(here: Place, onTheme: () => void = () => undefined): ThemeSwitch {
  const nav = make("nav", { className: "places" });
  fillNavigation(nav, here);
  const brand = make("a", { className: "brand", href: "./index.html" }, [brandMark(), "qMachina"]);
  const theme = make("button", { id: "theme", type: "button" });
  const gap = make("span", { className: "gap" });
  required("shell", HTMLElement).replaceChildren(brand, nav, gap, healthLine(), theme);
  return new ThemeSwitch(theme, onTheme);
}

/** Asks now, every ten seconds, and whenever the page is looked at again. */
function healthLine(): HTMLElement {
  const detail = make("span", { className: "muted health-detail" });
  const pill = make("span", { id: "health", className: "pill" });
  const line = make("div", { className: "health" }, [detail, pill]);
  line.setAttribute("role", "status");
  const gateway = new GatewayClient();
  const show = (words: ReturnType<typeof healthWords>): void => {
    if (pill.textContent === words.label && line.title === words.detail) return;
    pill.textContent = words.label;
    pill.dataset["tone"] = words.tone;
    line.title = words.detail;
    detail.textContent = words.tone === "ok" ? "" : words.detail;
  };
  const ask = async (): Promise<void> => {
    if (!document.hidden) show(healthWords(await gateway.health()));
  };
  show(healthWords(null));
  void ask();
  setInterval(() => void ask(), ASK_HEALTH_MS);
  document.addEventListener("visibilitychange", () => void ask());
  return line;
}
