/** The figures of a run: tiles, the gate's verdict, the parts of time, what it is made of. */
import { headline, lineageFacts, sampleLines, settingFacts } from "../../view/experiments-facts.js";
import type { Fact } from "../../view/experiments-facts.js";
import { gateTitle } from "../../view/experiments-words.js";
import type { RunDetail, ThresholdDetail } from "../../wire/generated.js";
import { make } from "../dom.js";
import { link, note } from "../parts.js";
import { servingHref, streamHref } from "../places.js";

export function tiles(detail: RunDetail, at: ThresholdDetail): HTMLElement {
  return make(
    "dl",
    { className: "tiles" },
    headline(detail, at).map(({ label, value, tip }) => {
      const tile = make("div", { tabIndex: 0 }, [
        make("dt", { textContent: label }),
        make("dd", { textContent: value }),
      ]);
      tile.dataset["tip"] = tip;
      return tile;
    }),
  );
}

export function gateNote({ gate }: ThresholdDetail): HTMLElement {
  const box = note(gate.passes ? "ok" : "warn", gateTitle(gate));
  box.classList.add("gate");
  if (gate.reasons.length > 0) {
    const reasons = gate.reasons.map((reason) => make("li", { textContent: reason }));
    box.append(make("ul", {}, reasons));
  }
  // It is part of the details, not news.
  box.removeAttribute("role");
  return box;
}

export function samples(at: ThresholdDetail): HTMLElement {
  const lines = sampleLines(at).map(({ label, tip, whole, inSample, outOfSample }) => {
    const name = make("th", { scope: "row", textContent: label });
    name.dataset["tip"] = tip;
    return make("tr", {}, [
      name,
      ...[whole, inSample, outOfSample].map((textContent) => make("td", { textContent })),
    ]);
  });
  const head = ["", "All", "In sample", "Out of sample"].map((textContent) =>
    make("th", { scope: "col", textContent }),
  );
  return section("In and out of sample", [
    make("table", { className: "samples" }, [
      make("thead", {}, [make("tr", {}, head)]),
      make("tbody", {}, lines),
    ]),
  ]);
}

export function lineage(detail: RunDetail): HTMLElement {
  const { params, scoring } = detail.lineage;
  const parts = [
    section("Parameters", [facts(settingFacts(params), "The signal has no parameters.")]),
    section("Lineage", [facts(lineageFacts(detail.lineage), "")]),
  ];
  const set = settingFacts(scoring);
  if (set.length > 0) parts.splice(1, 0, section("Scoring, as the sweep set it", [facts(set, "")]));
  if (detail.servings.length > 0) parts.push(section("Published from this run", [servings(detail)]));
  return make("div", { className: "lineage" }, parts);
}

function servings({ servings: all }: RunDetail): HTMLElement {
  const lines = all.map(({ serving_id: id, aliases }) => {
    const links = aliases.map((alias) => link(streamHref(alias), alias, "tag"));
    const none = make("span", { className: "muted", textContent: "no alias points at it" });
    return make("li", {}, [link(servingHref(id), id), " ", ...(links.length === 0 ? [none] : links)]);
  });
  return make("ul", { className: "servings" }, lines);
}

function facts(all: readonly Fact[], otherwise: string): HTMLElement {
  if (all.length === 0) return make("p", { className: "muted", textContent: otherwise });
  const lines = all.flatMap(({ label, value, tip }) => {
    const name = make("dt", { textContent: label });
    if (tip !== "") name.dataset["tip"] = tip;
    return [name, make("dd", { textContent: value })];
  });
  return make("dl", { className: "facts" }, lines);
}

function section(title: string, content: readonly HTMLElement[]): HTMLElement {
  return make("section", {}, [make("h3", { textContent: title }), ...content]);
}
