/** What happened in the registry, in words: pure. */
import type {
  AliasState,
  AuditEvent,
  PromotionEvidence,
  ServingSource,
  ServingSummary,
} from "../wire/generated.js";
import { grouped, signed } from "./format.js";
import type { Tone } from "./words.js";

const ACTIONS: Readonly<Record<AuditEvent["action"], string>> = {
  publish: "publication",
  promote: "promotion",
  rollback: "rollback",
};

export const actionWords = (action: AuditEvent["action"]): string => ACTIONS[action];

export interface OutcomeWords {
  readonly tone: Tone | "quiet";
  readonly label: string;
}

export function outcomeWords({ outcome }: Pick<AuditEvent, "outcome">): OutcomeWords {
  switch (outcome) {
    case "done":
      return { tone: "ok", label: "done" };
    case "unchanged":
      return { tone: "quiet", label: "unchanged" };
    case "refused":
      return { tone: "bad", label: "refused" };
  }
}

/** Where a serving came from, in a few words. */
export function sourceWords(source: ServingSource | null | undefined): string {
  if (source === null || source === undefined) return "";
  const { run_id: run, experiment, serving } = source;
  if (typeof run === "string" && run !== "")
    return `run ${shortId(run)}${experiment ? ` of ${experiment}` : ""}`;
  if (typeof experiment === "string" && experiment !== "") return `experiment ${experiment}`;
  return typeof serving === "string" && serving !== "" ? `spec ${serving}` : "";
}

/** Run ids are hashes; their first digits tell them apart. */
export function shortId(id: string): string {
  return id.length > 14 ? `${id.slice(0, 12)}…` : id;
}

export function windowWords({ start_time: start, end_time: end }: ServingSummary): string {
  return start && end ? `${clock(start)}–${clock(end)}` : "";
}

/** `09:30:00` as `09:30`; seconds where they say something. */
function clock(time: string): string {
  return /^\d\d:\d\d:00$/.test(time) ? time.slice(0, 5) : time;
}

/**
 * What a rollback would lead to, from an alias's events, newest first: a promotion lies on top of what was
 * there, a rollback takes the top away. Undefined where these events do not reach far enough back, null
 * where there is nothing below.
 */
export function rollbackTarget(events: readonly AuditEvent[], complete: boolean): string | null | undefined {
  let takenAway = 0;
  let standing = 0;
  for (const { action, outcome, to_id: to } of events) {
    if (outcome !== "done") continue;
    if (action === "rollback") takenAway += 1;
    else if (action === "promote" && takenAway > 0) takenAway -= 1;
    else if (action === "promote") {
      standing += 1;
      if (standing === 2) return to ?? undefined;
    }
  }
  return complete ? null : undefined;
}

/** What happened to an alias since the page showed `shown` (null: it did not exist), told from its events. */
export function meanwhileWords(
  alias: string,
  shown: AliasState | null,
  events: readonly AuditEvent[],
  when: (iso: string) => string,
): string {
  const since = events.filter(
    ({ outcome, version }) => outcome === "done" && (version ?? 0) > (shown?.version ?? 0),
  );
  const told = since.toReversed().map(({ who, action, to_id: to, at, why }) => {
    const did = action === "rollback" ? "rolled it back to" : "pointed it at";
    return `${who} ${did} ${to ?? "another serving"} at ${when(at)} (“${why}”)`;
  });
  const was = shown === null ? `${alias} did not exist` : `${alias} pointed at ${shown.serving_id}`;
  const what = told.length === 0 ? "it was changed by somebody else" : told.join("; then ");
  return `Nothing was changed. When this page looked, ${was}; meanwhile ${what}.`;
}

/** What came of a promotion that the registry accepted. */
export function promotedWords(before: AliasState | null, after: AliasState): string {
  const { alias, serving_id: id, version } = after;
  if (before?.version === version)
    return `${alias} pointed at ${id} already (version ${version}); the attempt is in its history.`;
  return `${alias} points at ${id} now (version ${version}).`;
}

/** `1–50 of 120`. */
export function partWords(offset: number, shown: number, total: number): string {
  if (total === 0) return "none";
  return shown === total ? `${total} in all` : `${offset + 1}–${offset + shown} of ${total}`;
}

/** What was said for a run when it was published: net, out of sample, corrected for every trial. */
export function evidenceWords(evidence: PromotionEvidence): string {
  const { out_of_sample_mean_pnl_ticks: mean, out_of_sample_mean_pnl_low: low } = evidence;
  const trades = `${evidence.out_of_sample_n_signals} of ${evidence.n_signals} trades out of sample`;
  const least = `${evidence.min_signals} are the least`;
  const ticks = (value: number | null | undefined): string =>
    value === null || value === undefined ? "unknown" : signed(value);
  const costs = `entry at ${evidence.entry === "mid" ? "mid" : "the touch"}, fee ${evidence.fee_ticks} and slippage ${evidence.slippage_ticks} ticks`;
  return [
    `Run ${shortId(evidence.run_id)} of ${evidence.experiment} at threshold ${evidence.threshold}`,
    `${trades} (${least})`,
    `their mean ${ticks(mean)} ticks net, its interval from ${ticks(low)}`,
    `p ${evidence.holm_p.toPrecision(2)} after ${grouped(evidence.n_trials)} trials (Holm)`,
    costs,
  ].join("; ");
}
