/**
 * The dialog that promotes a run: which alias, who, and why against the gate. What the alias points at is asked for
 * first and sent along, so that nobody's promotion is overwritten unseen.
 */
import { promotedWords, refusalOf } from "../../view/experiments-words.js";
import { RequestFailed } from "../../wire/errors.js";
import type { ExperimentsClient } from "../../wire/experiments.js";
import type { GateVerdict, PromotedRun, RunDetail, ThresholdDetail } from "../../wire/generated.js";
import { ABSENT, RegistryClient } from "../../wire/registry.js";
import { make } from "../dom.js";
import { button, labelled, link, note, sentence } from "../parts.js";
import { remember, rememberedWords } from "../preferences.js";

const WHO = "who";
const ALIAS_PATTERN = "[A-Za-z0-9][A-Za-z0-9_\\-]{0,63}";
const ASK_AFTER_MS = 250;

export class PromoteDialog {
  private readonly dialog = make("dialog", { className: "promote" });
  private readonly alias = make("input", {
    type: "text",
    required: true,
    pattern: ALIAS_PATTERN,
    maxLength: 64,
  });
  private readonly who = make("input", { type: "text", required: true, maxLength: 128 });
  private readonly why = make("input", { type: "text", maxLength: 1000 });
  private readonly override = make("textarea", { maxLength: 1000, rows: 2 });
  private readonly known = make("datalist", { id: "known-aliases" });
  private readonly pointsAt = make("p", { className: "muted points-at" });
  private readonly outcome = make("div", { className: "outcome" });
  private readonly registry = new RegistryClient();
  /** What the alias points at, as the user saw it; null while that is not known. */
  private expected: string | null = null;
  private asking: ReturnType<typeof setTimeout> | undefined;
  private detail: RunDetail | null = null;
  private at: ThresholdDetail | null = null;

  constructor(
    private readonly client: ExperimentsClient,
    private readonly promoted: () => void,
  ) {
    this.dialog.setAttribute("aria-label", "Promote a run");
    this.alias.setAttribute("list", this.known.id);
    this.alias.autocomplete = "off";
    this.alias.addEventListener("input", () => {
      this.expected = null;
      this.pointsAt.textContent = "";
      clearTimeout(this.asking);
      this.asking = setTimeout(() => void this.ask(), ASK_AFTER_MS);
    });
    document.body.append(this.dialog);
  }

  open(detail: RunDetail, at: ThresholdDetail): void {
    this.detail = detail;
    this.at = at;
    this.who.value = rememberedWords(WHO);
    this.why.value = "";
    this.override.value = "";
    this.outcome.replaceChildren();
    this.form(at.gate);
    this.dialog.showModal();
    void this.ask();
    void this.fillKnown();
  }

  private form(gate: GateVerdict): void {
    const { detail, at } = this;
    if (detail === null || at === null) return;
    const what = `${detail.lineage.signal} of ${detail.lineage.experiment}, run ${detail.lineage.run_id}, threshold ${at.threshold}`;
    const submit = make("button", {
      className: "primary",
      textContent: gate.passes ? "Promote" : "Override and promote",
    });
    const form = make("form", { className: "form" }, [
      make("p", { className: "muted", textContent: what }),
      labelled("Alias", this.alias),
      this.known,
      this.pointsAt,
      labelled("Who", this.who, "Stands in the audit trail."),
      labelled("Why", this.why, "Stands there too. Left empty: run, experiment and threshold."),
      ...this.gatePart(gate),
      this.outcome,
      make("div", { className: "actions" }, [
        submit,
        button("Cancel", () => {
          this.dialog.close();
        }),
      ]),
    ]);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit(submit);
    });
    this.dialog.replaceChildren(make("h2", { textContent: "Promote" }), form);
  }

  private gatePart({ passes, reasons }: GateVerdict): readonly HTMLElement[] {
    this.override.required = !passes;
    if (passes) return [];
    const box = note("warn", "The promotion gate refuses this run:");
    box.append(
      make(
        "ul",
        {},
        reasons.map((reason) => make("li", { textContent: reason })),
      ),
    );
    return [box, labelled("Why promote it nevertheless", this.override, "Stands in the audit trail.")];
  }

  private async fillKnown(): Promise<void> {
    try {
      const items = await this.registry.everyAlias();
      this.known.replaceChildren(...items.map(({ alias }) => make("option", { value: alias })));
    } catch {
      // Only suggestions: the alias can be typed, and `ask` says what is wrong.
    }
  }

  /** What the alias points at now. */
  private async ask(): Promise<void> {
    const alias = this.alias.value;
    this.expected = null;
    if (alias === "" || !this.alias.validity.valid) {
      this.pointsAt.textContent = "";
      return;
    }
    let words: string;
    let expected: string | null = null;
    try {
      const state = await this.registry.alias(alias);
      expected = state.serving_id;
      words = `${alias} points at ${state.serving_id} now (version ${state.version}, by ${state.who}).`;
    } catch (error) {
      const absent = error instanceof RequestFailed && error.status === 404;
      if (absent) expected = ABSENT;
      words = absent
        ? `${alias} does not exist yet.`
        : `It is not known what ${alias} points at: ${sentence(refusalWords(error))}`;
    }
    if (alias !== this.alias.value) return;
    this.expected = expected;
    this.pointsAt.textContent = words;
  }

  private async submit(submit: HTMLButtonElement): Promise<void> {
    const { detail, at } = this;
    if (detail === null || at === null) return;
    submit.disabled = true;
    this.outcome.replaceChildren(note("busy", "Promoting."));
    if (this.expected === null) await this.ask();
    if (this.expected === null) {
      this.outcome.replaceChildren(
        note("bad", "Nothing was promoted: it is not known what the alias points at."),
      );
      submit.disabled = false;
      return;
    }
    remember(WHO, this.who.value);
    try {
      const done = await this.client.promote(detail.lineage.run_id, {
        alias: this.alias.value,
        threshold: at.threshold,
        who: this.who.value,
        why: this.why.value.trim() || null,
        expected_serving_id: this.expected,
        override: this.override.required ? this.override.value : null,
      });
      this.succeeded(done);
      this.promoted();
    } catch (error) {
      submit.disabled = false;
      this.refused(error);
    }
  }

  private succeeded(done: PromotedRun): void {
    const close = button("Close", () => {
      this.dialog.close();
    });
    const open = link(done.streaming_url, "Open stream", "button primary");
    this.dialog.replaceChildren(
      make("h2", { textContent: "Promoted" }),
      note(done.same_code ? "ok" : "warn", promotedWords(done), [open, close]),
    );
  }

  private refused(error: unknown): void {
    const refusal = refusalOf(error);
    switch (refusal.kind) {
      case "gate":
        this.outcome.replaceChildren();
        this.form({ passes: false, reasons: refusal.reasons });
        this.override.focus();
        return;
      case "moved": {
        const again = button("Look again", () => {
          this.outcome.replaceChildren();
          void this.ask();
        });
        this.outcome.replaceChildren(note("bad", refusal.words, [again]));
        return;
      }
      case "other":
        this.outcome.replaceChildren(note("bad", sentence(refusal.words)));
    }
  }
}

function refusalWords(error: unknown): string {
  const refusal = refusalOf(error);
  return refusal.kind === "gate" ? refusal.reasons.join(", ") : refusal.words;
}
