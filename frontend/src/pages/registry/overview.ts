/** Where every alias points, and every serving that was ever published. */
import type { AliasState, ServingSummary, ServingSummaryPage } from "../../wire/generated.js";
import { partWords, sourceWords, windowWords } from "../../view/registry-words.js";
import { make } from "../dom.js";
import { Loaded, button, link, muted, note } from "../parts.js";
import { aliasHref, streamHref } from "../places.js";
import { table } from "../table.js";
import type { Column } from "../table.js";
import { aliasTag, instant, servingLink } from "./context.js";
import type { Context } from "./context.js";

export function overview(context: Context, offset: number): HTMLElement {
  const aliases = new Loaded();
  const servings = new Loaded();
  aliases.show(
    "Asking the registry for its aliases",
    () => context.client.everyAlias(),
    (items) => aliasTable(context, items),
  );
  servings.show(
    "Asking the registry for its servings",
    () => context.client.servings({ offset }),
    (page) => servingList(context, page),
  );
  return make("div", {}, [
    make("section", { className: "section" }, [
      make("div", { className: "bar" }, [make("h2", { textContent: "Aliases" })]),
      aliases.host,
    ]),
    make("section", { className: "section" }, [servings.host]),
  ]);
}

function aliasTable(context: Context, aliases: readonly AliasState[]): HTMLElement {
  if (aliases.length === 0)
    return note("quiet", "No alias yet. Open a serving and promote it, or use qm promote.");
  const columns: Column<AliasState>[] = [
    { label: "Alias", cell: ({ alias }) => link(aliasHref(alias), alias), className: "nowrap strong" },
    { label: "Points at", cell: ({ serving_id: id }) => servingLink(id) },
    { label: "Since", cell: ({ promoted_at: at }) => instant(context, at), className: "nowrap" },
    { label: "By", cell: ({ who }) => who },
    { label: "Why", cell: ({ why }) => why, className: "wrap" },
    { label: "Version", cell: ({ version }) => String(version), className: "num" },
    {
      label: "Open",
      cell: ({ alias }) => link(streamHref(alias), "Stream"),
      quiet: true,
      className: "nowrap",
    },
  ];
  return table({ caption: "Aliases and where they point now", columns, rows: aliases });
}

/** The title with filter and comparison, over the table; the largest registries need several pages of it. */
function servingList(context: Context, page: ServingSummaryPage): readonly Node[] {
  const title = make("h2", { textContent: "Servings" });
  if (page.total === 0) {
    const words = "No serving yet. qm serving publish and qm promote put servings here.";
    return [make("div", { className: "bar" }, [title]), note("quiet", words)];
  }
  const chosen: string[] = [];
  const compare = button("Compare", () => {
    const [a = "", b = ""] = chosen;
    context.go({ view: "compare", a, b, all: false });
  });
  const choose = (id: string, on: boolean): void => {
    if (on) chosen.push(id);
    else chosen.splice(chosen.indexOf(id), 1);
    compare.disabled = chosen.length !== 2;
    compare.title = chosen.length === 2 ? "" : "Tick two servings first";
  };
  compare.disabled = true;
  compare.title = "Tick two servings first";
  const filter = make("input", {
    type: "search",
    id: "filter",
    placeholder: "filter: name, symbol, day, signal",
  });
  filter.setAttribute("aria-label", "Filter the servings");
  const count = muted("");
  const frame = make("div");
  const draw = (): void => {
    const rows = page.items.filter((row) => searchText(row).includes(filter.value.trim().toLowerCase()));
    count.textContent =
      filter.value === "" ? partWords(page.offset, page.items.length, page.total) : `${rows.length} fit`;
    frame.replaceChildren(
      rows.length === 0
        ? note("quiet", "No serving fits the filter.")
        : servingTable(context, rows, chosen, choose),
    );
  };
  filter.addEventListener("input", draw);
  draw();
  const gap = make("span", { className: "bar-gap" });
  return [
    make("div", { className: "bar" }, [title, count, gap, ...turning(context, page), filter, compare]),
    frame,
  ];
}

function turning(
  context: Context,
  { offset, limit, total, items }: ServingSummaryPage,
): readonly HTMLElement[] {
  const turn = (label: string, to: number, possible: boolean): HTMLButtonElement => {
    const choice = button(label, () => {
      context.go({ view: "overview", offset: to });
    });
    choice.disabled = !possible;
    return choice;
  };
  if (items.length === total) return [];
  return [
    turn("Newer", Math.max(0, offset - limit), offset > 0),
    turn("Older", offset + limit, offset + items.length < total),
  ];
}

function servingTable(
  context: Context,
  rows: readonly ServingSummary[],
  chosen: readonly string[],
  choose: (id: string, on: boolean) => void,
): HTMLElement {
  const tick = ({ serving_id: id, error }: ServingSummary): HTMLElement => {
    const box = make("input", { type: "checkbox", checked: chosen.includes(id), disabled: Boolean(error) });
    box.setAttribute("aria-label", `Compare ${id}`);
    box.addEventListener("change", () => {
      choose(id, box.checked);
    });
    return box;
  };
  const columns: Column<ServingSummary>[] = [
    { label: "Compare", cell: tick, quiet: true },
    { label: "Serving", cell: ({ serving_id: id }) => servingLink(id) },
    { label: "Symbol", cell: ({ symbol }) => symbol ?? "" },
    { label: "Day", cell: ({ dt }) => dt ?? "", className: "nowrap" },
    { label: "Window, ET", cell: windowWords, className: "nowrap" },
    { label: "Signal", cell: ({ signal }) => signal ?? "" },
    { label: "From", cell: ({ error, source }) => error ?? sourceWords(source), className: "wrap" },
    { label: "Aliases", cell: ({ aliases }) => make("span", {}, aliases.map(aliasTag)) },
    { label: "Published", cell: ({ registered_at: at }) => instant(context, at), className: "nowrap" },
  ];
  const rowClass = ({ error }: ServingSummary): string => (error ? "damaged" : "");
  return table({ caption: "Published servings, newest first", columns, rows, rowClass });
}

function searchText({ serving_id: id, symbol, dt, signal, source, aliases, error }: ServingSummary): string {
  const words = [id, symbol, dt, signal, source?.run_id, source?.experiment, sourceWords(source), error];
  return [...words, ...aliases].join(" ").toLowerCase();
}
