/** The registry page: the address says which view is shown; every change of view is an entry in the history. */
import { RegistryClient } from "../../wire/registry.js";
import type { Zone } from "../../view/time-axis.js";
import { zoneName } from "../../view/time-axis.js";
import { make, required } from "../dom.js";
import { listenWithHelp } from "../keys.js";
import { button, link, note } from "../parts.js";
import { remember, remembered } from "../preferences.js";
import { mountShell } from "../shell.js";
import { aliasView } from "./alias.js";
import { auditView } from "./audit.js";
import { compareView } from "./compare.js";
import type { Context } from "./context.js";
import { overview } from "./overview.js";
import { hrefOf, parseRoute } from "./route.js";
import type { Route } from "./route.js";
import { servingView } from "./serving.js";

const ZONES: readonly Zone[] = ["America/New_York", "UTC"];
const TABS: readonly (readonly [string, Route])[] = [
  ["Overview", { view: "overview", offset: 0 }],
  ["Compare", { view: "compare", a: "", b: "", all: false }],
  ["Audit trail", { view: "audit", outcome: null, offset: 0 }],
];

class RegistryPage {
  private readonly client = new RegistryClient();
  private readonly host = required("view", HTMLElement);
  private readonly notice = required("notice", HTMLElement);
  private readonly tabs = required("tabs", HTMLElement);
  private zone: Zone = remembered("zone", ZONES, "America/New_York");

  constructor() {
    const theme = mountShell("registry");
    addEventListener("popstate", () => {
      this.notice.replaceChildren();
      this.show();
    });
    document.addEventListener("click", (event) => {
      this.followInside(event);
    });
    const openHelp = listenWithHelp([
      {
        keys: ["/"],
        shown: "/",
        help: "filter what is listed",
        run: () => document.getElementById("filter")?.focus(),
      },
      {
        keys: ["o", "O"],
        shown: "O",
        help: "overview: aliases and servings",
        run: () => {
          this.go({ view: "overview", offset: 0 });
        },
      },
      {
        keys: ["c", "C"],
        shown: "C",
        help: "compare two servings",
        run: () => {
          this.go({ view: "compare", a: "", b: "", all: false });
        },
      },
      {
        keys: ["h", "H"],
        shown: "H",
        help: "history of everything: the audit trail",
        run: () => {
          this.go({ view: "audit", outcome: null, offset: 0 });
        },
      },
      {
        keys: ["r", "R"],
        shown: "R",
        help: "look again",
        run: () => {
          this.show();
        },
      },
      {
        keys: ["t", "T"],
        shown: "T",
        help: "theme: system, light, dark",
        run: () => {
          theme.next();
        },
      },
    ]);
    const help = button("?", openHelp);
    help.setAttribute("aria-label", "Keyboard help");
    required("shell", HTMLElement).append(help);
    this.show();
  }

  private go(route: Route): void {
    const href = hrefOf(route);
    if (new URL(href, location.href).href !== location.href) history.pushState(null, "", href);
    this.notice.replaceChildren();
    this.show();
    scrollTo(0, 0);
  }

  private show(): void {
    const route = parseRoute(location.search);
    const context: Context = {
      client: this.client,
      zone: this.zone,
      go: (next) => {
        this.go(next);
      },
      reload: () => {
        this.show();
      },
      say: (tone, words) => {
        this.notice.replaceChildren(note(tone, words));
      },
    };
    document.title = `${titleOf(route)} · qMachina`;
    this.tabs.replaceChildren(...this.tabLinks(route));
    this.host.replaceChildren(viewOf(context, route));
  }

  private tabLinks(route: Route): HTMLElement[] {
    const links = TABS.map(([label, target]) => {
      const tab = link(hrefOf(target), label);
      if (target.view === route.view) tab.setAttribute("aria-current", "page");
      return tab;
    });
    const zone = button(
      zoneName(this.zone),
      () => {
        this.zone = this.zone === "UTC" ? "America/New_York" : "UTC";
        remember("zone", this.zone);
        this.show();
      },
      "small",
    );
    zone.setAttribute("aria-label", `Time zone: ${zoneName(this.zone)}`);
    return [
      ...links,
      make("span", { className: "gap" }),
      button(
        "Look again",
        () => {
          this.show();
        },
        "small",
      ),
      zone,
    ];
  }

  /** Links to other views need no new page, unless they are to be opened elsewhere. */
  private followInside(event: MouseEvent): void {
    const anchor = event.target instanceof Element ? event.target.closest("a") : null;
    if (anchor === null || event.defaultPrevented || event.button !== 0) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const target = new URL(anchor.href);
    if (target.origin !== location.origin || target.pathname !== location.pathname) return;
    event.preventDefault();
    this.go(parseRoute(target.search));
  }
}

function viewOf(context: Context, route: Route): HTMLElement {
  switch (route.view) {
    case "overview":
      return overview(context, route.offset);
    case "serving":
      return servingView(context, route.serving);
    case "alias":
      return aliasView(context, route);
    case "compare":
      return compareView(context, route);
    case "audit":
      return auditView(context, route);
  }
}

function titleOf(route: Route): string {
  switch (route.view) {
    case "overview":
      return "Registry";
    case "serving":
      return route.serving;
    case "alias":
      return `Alias ${route.alias}`;
    case "compare":
      return "Compare servings";
    case "audit":
      return "Audit trail";
  }
}

new RegistryPage();
