/** Attempted changes, done and refused, with filter and paging: an alias's history, or the whole trail. */
import type { AuditEvent, AuditEventPage } from "../../wire/generated.js";
import type { Outcome } from "../../wire/registry.js";
import { actionWords, evidenceWords, outcomeWords, partWords } from "../../view/registry-words.js";
import { make, option } from "../dom.js";
import { button, muted, note } from "../parts.js";
import { table } from "../table.js";
import type { Column } from "../table.js";
import { aliasTag, instant, servingLink } from "./context.js";
import type { Context } from "./context.js";
import { OUTCOMES } from "./route.js";

export const EVENTS_A_PAGE = 50;

export interface EventsView {
  readonly title: string;
  readonly page: AuditEventPage;
  readonly outcome: Outcome | null;
  /** Of one alias: its own column is left out. */
  readonly ofAlias: boolean;
  readonly turn: (outcome: Outcome | null, offset: number) => void;
}

export function eventsView(context: Context, view: EventsView): readonly Node[] {
  const { title, page, outcome, turn } = view;
  const filter = make("select", {}, [
    option("", "every outcome"),
    ...OUTCOMES.map((one) => option(one, one)),
  ]);
  filter.value = outcome ?? "";
  filter.setAttribute("aria-label", "Outcome");
  filter.addEventListener("change", () => {
    turn(OUTCOMES.find((one) => one === filter.value) ?? null, 0);
  });
  const shown = page.items.length;
  const newer = button("Newer", () => {
    turn(outcome, Math.max(0, page.offset - page.limit));
  });
  const older = button("Older", () => {
    turn(outcome, page.offset + page.limit);
  });
  newer.disabled = page.offset === 0;
  older.disabled = page.offset + shown >= page.total;
  const count = muted(
    shown === 0 && page.total > 0 ? `${page.total} in all` : partWords(page.offset, shown, page.total),
  );
  const turning = page.total > shown || page.offset > 0 ? [newer, older] : [];
  const gap = make("span", { className: "bar-gap" });
  const bar = make("div", { className: "bar" }, [
    make("h2", { textContent: title }),
    count,
    gap,
    filter,
    ...turning,
  ]);
  if (shown > 0) return [bar, eventsTable(context, page.items, view.ofAlias, title)];
  const nothing =
    page.total > 0
      ? "There is nothing on this page."
      : outcome === null
        ? "Nothing yet."
        : `Nothing was ${outcome}.`;
  return [bar, note("quiet", nothing)];
}

function eventsTable(
  context: Context,
  rows: readonly AuditEvent[],
  ofAlias: boolean,
  caption: string,
): HTMLElement {
  const alias: Column<AuditEvent> = {
    label: "Alias",
    cell: ({ alias: name }) => (name ? aliasTag(name) : ""),
  };
  const columns: Column<AuditEvent>[] = [
    { label: "When", cell: ({ at }) => instant(context, at), className: "nowrap" },
    { label: "What", cell: ({ action }) => actionWords(action) },
    { label: "Outcome", cell: outcomePill },
    ...(ofAlias ? [] : [alias]),
    { label: "From → to", cell: fromTo },
    { label: "By", cell: ({ who }) => who },
    { label: "Why", cell: reasons, className: "wrap" },
    { label: "Version", cell: ({ version }) => (version ? String(version) : ""), className: "num" },
  ];
  return table({ caption, columns, rows });
}

function outcomePill(event: AuditEvent): HTMLElement {
  const { tone, label } = outcomeWords(event);
  const words = make("span", { className: "outcome", textContent: label });
  words.dataset["tone"] = tone;
  return words;
}

/** Where it pointed, and under it where it was to point. */
function fromTo({ from_id: from, to_id: to }: AuditEvent): HTMLElement {
  const line = (arrow: string, id: string): HTMLElement =>
    make("div", { className: "from-to" }, [muted(arrow), servingLink(id)]);
  return make("div", {}, [...(from ? [line("", from)] : []), ...(to ? [line("→\u00a0", to)] : [])]);
}

/**
 * Why it was tried; under it why it was refused, or by what exception it passed and what that passed over,
 * and the evidence that was given.
 */
function reasons({ why, detail, outcome, override, evidence }: AuditEvent): HTMLElement {
  const line = (words: string, className: string): HTMLElement =>
    make("div", { textContent: words, className });
  const lines: HTMLElement[] = [line(why, "")];
  if (override) lines.push(line(`Override: ${override}`, "override"));
  if (detail !== "") lines.push(line(detail, outcome === "refused" ? "refused" : "muted"));
  if (evidence)
    lines.push(
      make("details", {}, [
        make("summary", { textContent: "Evidence" }),
        line(evidenceWords(evidence), "muted"),
      ]),
    );
  return make("div", {}, lines);
}
