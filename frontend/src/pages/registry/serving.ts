/** One serving: where it came from, which aliases point at it, promotion, and every resolved field. */
import type { AliasState, Resolved } from "../../wire/generated.js";
import { shortId } from "../../view/registry-words.js";
import { grouped, leaves, valueText } from "../../view/snapshot.js";
import type { FieldGroup } from "../../view/snapshot.js";
import { make } from "../dom.js";
import { Loaded, button, link, muted, note } from "../parts.js";
import { experimentHref, runHref, streamHref } from "../places.js";
import { aliasTag, facts, instant } from "./context.js";
import type { Context } from "./context.js";
import { promoteServing } from "./promote.js";

export function servingView(context: Context, asked: string): HTMLElement {
  const whole = new Loaded();
  whole.show(
    `Asking the registry for ${asked}`,
    () => Promise.all([context.client.resolve(asked), context.client.everyAlias()]),
    ([resolved, aliases]) => content(context, resolved, aliases),
  );
  return make("div", {}, [whole.host]);
}

function content(context: Context, resolved: Resolved, aliases: readonly AliasState[]): readonly Node[] {
  const { serving_id: id, runtime_snapshot: snapshot, source } = resolved.serving;
  const pointing = aliases.filter((alias) => alias.serving_id === id);
  const compare = button("Compare with …", () => {
    context.go({ view: "compare", a: id, b: "", all: false });
  });
  const run = source.run_id;
  return [
    make("div", { className: "bar" }, [
      make("h1", { textContent: id, tabIndex: -1 }),
      make("span", { className: "bar-gap" }),
      compare,
      link(streamHref(id), "Open the stream", "button"),
    ]),
    make("div", { className: "split-view" }, [
      make("div", {}, [
        make("section", { className: "card" }, [
          make("h2", { textContent: "What it is" }),
          facts([
            [
              "Plays",
              `${snapshot.symbol}, ${snapshot.dt}, ${snapshot.start_time} to ${snapshot.end_time} ET`,
            ],
            ["Signal", snapshot.signal.name],
            [
              "Aliases",
              pointing.length > 0
                ? make(
                    "span",
                    {},
                    pointing.map(({ alias }) => aliasTag(alias)),
                  )
                : "none",
            ],
            ["Run", run ? link(runHref(run), shortId(run)) : null],
            [
              "Experiment",
              source.experiment ? link(experimentHref(source.experiment), source.experiment) : null,
            ],
            ["Serving spec", source.serving ?? null],
            [
              "Specs' hash",
              make("span", { textContent: shortId(source.config_hash), title: source.config_hash }),
            ],
            ["Published", instant(context, source.published_at)],
          ]),
        ]),
        make("section", { className: "card" }, [
          make("h2", { textContent: "Promote" }),
          promoteServing(context, id, aliases),
        ]),
      ]),
      fieldsSection(leaves(snapshot)),
    ]),
  ];
}

function fieldsSection(fields: ReturnType<typeof leaves>): HTMLElement {
  const filter = make("input", { type: "search", id: "filter", placeholder: "filter: field or value" });
  filter.setAttribute("aria-label", "Filter the fields");
  const host = make("div", { className: "field-groups" });
  const count = muted("");
  const draw = (): void => {
    const groups = grouped(fields, filter.value);
    const shown = groups.reduce((sum, group) => sum + group.fields.length, 0);
    count.textContent = filter.value === "" ? `${fields.length} resolved` : `${shown} of ${fields.length}`;
    host.replaceChildren(
      ...(shown === 0 ? [note("quiet", "No field fits the filter.")] : groups.map(groupCard)),
    );
  };
  filter.addEventListener("input", draw);
  draw();
  const gap = make("span", { className: "bar-gap" });
  const bar = make("div", { className: "bar" }, [make("h2", { textContent: "Fields" }), count, gap, filter]);
  return make("section", {}, [bar, host]);
}

function groupCard({ title, fields }: FieldGroup): HTMLElement {
  const pairs = fields.flatMap(({ name, value }) => [
    make("dt", { textContent: name }),
    make("dd", { textContent: valueText(value) }),
  ]);
  return make("section", { className: "card" }, [
    make("h2", { textContent: title }),
    make("dl", { className: "facts values" }, pairs),
  ]);
}
