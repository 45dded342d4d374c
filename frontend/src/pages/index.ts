/** The first page: what plays now, every alias to open, and a field for any other serving. */
import { formatAgo } from "../view/instants.js";
import { byLife, sessionWords } from "../view/session-words.js";
import type { AliasState, ServingSummary, SessionStatus } from "../wire/generated.js";
import { RegistryClient } from "../wire/registry.js";
import { GatewayClient } from "../wire/rest.js";
import { make, required } from "./dom.js";
import { Loaded, link, note } from "./parts.js";
import { aliasHref, streamHref } from "./places.js";
import { mountShell } from "./shell.js";
import { table } from "./table.js";
import type { Column } from "./table.js";

const ASK_SESSIONS_MS = 3000;
const ASK_ALIASES_MS = 15_000;

interface Target {
  readonly state: AliasState;
  readonly serving: ServingSummary | undefined;
}

async function targets(registry: RegistryClient): Promise<readonly Target[]> {
  const [aliases, servings] = await Promise.all([registry.everyAlias(), registry.servings()]);
  const byId = new Map(servings.items.map((serving) => [serving.serving_id, serving]));
  return aliases.map((state) => ({ state, serving: byId.get(state.serving_id) }));
}

function targetTable(rows: readonly Target[]): HTMLElement {
  if (rows.length === 0)
    return note("quiet", "No alias yet. Promote a run with qm promote, or a serving on the registry page.");
  const columns: Column<Target>[] = [
    {
      label: "Alias",
      cell: ({ state }) => link(streamHref(state.alias), state.alias),
      className: "strong nowrap",
    },
    { label: "Symbol", cell: ({ serving }) => serving?.symbol ?? "" },
    { label: "Day", cell: ({ serving }) => serving?.dt ?? "", className: "nowrap" },
    { label: "Signal", cell: ({ serving }) => serving?.signal ?? "" },
    {
      label: "Serving",
      cell: ({ state }) => make("span", { className: "id muted", textContent: state.serving_id }),
    },
    { label: "Since", cell: ({ state }) => formatAgo(state.promoted_at, Date.now()), className: "nowrap" },
    { label: "History", cell: ({ state }) => link(aliasHref(state.alias), "history"), quiet: true },
  ];
  return table({ caption: "Aliases, each a stream", columns, rows });
}

function sessionTable(sessions: readonly SessionStatus[]): HTMLElement {
  if (sessions.length === 0) return note("quiet", "Nothing plays now. Opening a stream starts it.");
  const columns: Column<SessionStatus>[] = [
    {
      label: "Serving",
      cell: ({ serving_name: name }) => link(streamHref(name), name),
      className: "strong",
    },
    { label: "Symbol", cell: ({ symbol }) => symbol },
    {
      label: "State",
      cell: (session) => {
        const { tone, state } = sessionWords(session);
        const words = make("span", { className: "outcome", textContent: state });
        words.dataset["tone"] = tone;
        return words;
      },
    },
    { label: "Progress", cell: (session) => sessionWords(session).detail, className: "wrap" },
  ];
  return table({ caption: "Sessions", columns, rows: byLife(sessions) });
}

/** Keep asking while the page is looked at. */
function every(milliseconds: number, ask: () => void): void {
  ask();
  setInterval(() => {
    if (!document.hidden) ask();
  }, milliseconds);
}

mountShell("streams");
const aliases = new Loaded();
const sessions = new Loaded();
required("aliases", HTMLElement).append(aliases.host);
required("sessions", HTMLElement).append(sessions.host);
const gateway = new GatewayClient();
const registry = new RegistryClient();
every(ASK_ALIASES_MS, () => {
  aliases.refresh("Asking the registry for its aliases", () => targets(registry), targetTable);
});
every(ASK_SESSIONS_MS, () => {
  sessions.refresh("Asking the gateway what plays", () => gateway.sessions(), sessionTable);
});
