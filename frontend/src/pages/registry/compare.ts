/** Two servings field by field: what changes from the first to the second, or everything. */
import type { Resolved, ServingDiff } from "../../wire/generated.js";
import { compared, leaves, valueText } from "../../view/snapshot.js";
import type { ComparedField } from "../../view/snapshot.js";
import { make } from "../dom.js";
import { Loaded, button, labelled, muted, note } from "../parts.js";
import { table } from "../table.js";
import type { Column } from "../table.js";
import { servingLink } from "./context.js";
import type { Context } from "./context.js";
import type { Route } from "./route.js";

type CompareRoute = Extract<Route, { view: "compare" }>;

export function compareView(context: Context, route: CompareRoute): HTMLElement {
  const result = new Loaded();
  const { a, b } = route;
  if (a === "" || b === "")
    result.host.append(
      note("quiet", "Choose two: aliases or ids of servings. What differs is listed field by field."),
    );
  else
    result.show(
      `Comparing ${a} and ${b}`,
      () => Promise.all([context.client.diff(a, b), context.client.resolve(a), context.client.resolve(b)]),
      ([diff, left, right]) => resultOf(context, route, diff, left, right),
    );
  return make("div", {}, [
    make("h1", { textContent: "Compare servings", tabIndex: -1, className: "visually-hidden" }),
    chooser(context, route),
    result.host,
  ]);
}

function chooser(context: Context, route: CompareRoute): HTMLElement {
  const list = make("datalist", { id: "servings-and-aliases" });
  void Promise.all([context.client.everyAlias(), context.client.servings()]).then(
    ([aliases, servings]) => {
      const names = [...aliases.map(({ alias }) => alias), ...servings.items.map((one) => one.serving_id)];
      list.replaceChildren(...names.map((value) => make("option", { value })));
    },
    () => undefined, // Without suggestions one can still type; the comparison itself says what is wrong.
  );
  const field = (name: string, value: string): HTMLInputElement => {
    const input = make("input", {
      type: "text",
      name,
      value,
      required: true,
      maxLength: 77,
      autocomplete: "off",
    });
    input.setAttribute("list", list.id);
    return input;
  };
  const a = field("a", route.a);
  const b = field("b", route.b);
  const form = make("form", { className: "field-row compare-form", id: "compare" }, [
    labelled("From", a),
    button("⇄", () => {
      [a.value, b.value] = [b.value, a.value];
      if (form.checkValidity()) form.requestSubmit();
    }),
    labelled("To", b),
    make("button", { textContent: "Compare", className: "primary" }),
    list,
  ]);
  form.querySelector("button")?.setAttribute("aria-label", "Swap the two");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    context.go({ ...route, a: a.value.trim(), b: b.value.trim() });
  });
  return form;
}

function resultOf(
  context: Context,
  route: CompareRoute,
  diff: ServingDiff,
  left: Resolved,
  right: Resolved,
): readonly Node[] {
  const changes = new Map(diff.changes.map((change) => [change.field, change]));
  const fields = compared(
    leaves(left.serving.runtime_snapshot),
    leaves(right.serving.runtime_snapshot),
    new Set(changes.keys()),
  );
  const show = (label: string, all: boolean): HTMLButtonElement => {
    const choice = button(label, () => {
      context.go({ ...route, all });
    });
    choice.setAttribute("aria-pressed", String(route.all === all));
    return choice;
  };
  const count = changes.size === 1 ? "1 field differs" : `${changes.size} fields differ`;
  const bar = make("div", { className: "bar" }, [
    make("h2", { textContent: diff.same ? "No field differs" : count }),
    muted(`of ${fields.length}`),
    make("span", { className: "bar-gap" }),
    show("Only what differs", false),
    show("All fields", true),
  ]);
  const rows = route.all ? fields : fields.filter(({ changed }) => changed);
  if (rows.length === 0) {
    const same = diff.a === diff.b ? "Both are the same serving." : "They resolve to the same configuration.";
    return [bar, note("quiet", same)];
  }
  const columns: Column<ComparedField>[] = [
    { label: "Field", cell: ({ name }) => name, className: "nowrap" },
    { label: route.a, cell: ({ value }) => valueText(value), className: "side" },
    { label: route.b, cell: ({ other }) => valueText(other), className: "side" },
  ];
  const frame = table({
    caption: `From ${diff.a} to ${diff.b}, field by field`,
    columns,
    rows,
    rowClass: ({ changed }) => (changed && route.all ? "changed" : ""),
  });
  return [bar, sides(left, right), frame];
}

function sides(left: Resolved, right: Resolved): HTMLElement {
  const side = ({ serving }: Resolved): (Node | string)[] => {
    const { symbol, dt, signal } = serving.runtime_snapshot;
    return [servingLink(serving.serving_id), ` (${symbol}, ${dt}, ${signal.name})`];
  };
  return make("p", { className: "muted sides" }, ["From ", ...side(left), " to ", ...side(right)]);
}
