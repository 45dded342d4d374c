/** Jobs, verdicts and refusals in words. */
import { RequestFailed, describeError } from "../wire/errors.js";
import type { GateVerdict, Job, PromotedRun, RunList, RunListRow } from "../wire/generated.js";
import { columnOf } from "./experiments-columns.js";
import { duration, rate } from "./experiments-format.js";
import { grouped } from "./format.js";
import type { Tone } from "./words.js";

export interface JobWords {
  readonly tone: Tone;
  readonly label: string;
  /** How far it is, how fast, how long it will take; or how it ended. */
  readonly detail: string;
  /** 0 to 1; null while it cannot be said. */
  readonly share: number | null;
}

export function jobWords(job: Job): JobWords {
  switch (job.state) {
    case "queued":
      return { tone: "busy", label: "queued", detail: "It waits for a worker.", share: 0 };
    case "running":
      return job.cancel_requested
        ? { tone: "warn", label: "cancelling", detail: standing(job), share: shareOf(job) }
        : { tone: "busy", label: "running", detail: standing(job), share: shareOf(job) };
    case "done":
      return { tone: failures(job) > 0 ? "warn" : "ok", label: "done", detail: ending(job), share: 1 };
    case "cancelled":
      return { tone: "warn", label: "cancelled", detail: ending(job), share: shareOf(job) };
    case "failed":
      return { tone: "bad", label: "failed", detail: ending(job), share: shareOf(job) };
  }
}

function standing({ progress }: Job): string {
  if (progress === null || progress === undefined || progress.phase === "starting") {
    return "A worker has taken it and reads the experiment.";
  }
  if (progress.phase === "dataset") {
    const share = progress.dataset_done;
    const done = share === null || share === undefined ? "" : `, ${Math.floor(share * 100)}%`;
    return `Making the dataset${progress.dataset === "" ? "" : ` with ${progress.dataset}`}${done}.`;
  }
  const parts = [`${grouped(doneOf(progress))} of ${grouped(progress.points)} points`];
  if (progress.reused > 0) parts.push(`${grouped(progress.reused)} were there already`);
  if (progress.failed > 0) parts.push(`${grouped(progress.failed)} failed`);
  const { points_per_second: speed, seconds_left: left } = progress;
  if (speed !== null && speed !== undefined) parts.push(rate(speed));
  if (left !== null && left !== undefined) parts.push(`${duration(left * 1000)} left`);
  return parts.join(" · ");
}

function ending(job: Job): string {
  const { progress, started_at: from, ended_at: to } = job;
  const parts: string[] = [];
  if (progress !== null && progress !== undefined && progress.points > 0) {
    parts.push(`${grouped(doneOf(progress))} of ${grouped(progress.points)} points`);
    if (progress.reused > 0) parts.push(`${grouped(progress.reused)} were there already`);
    if (progress.failed > 0) parts.push(`${grouped(progress.failed)} failed`);
  }
  if (typeof from === "string" && typeof to === "string") {
    parts.push(`took ${duration(Date.parse(to) - Date.parse(from))}`);
  }
  return parts.join(" · ");
}

function shareOf({ progress }: Job): number | null {
  if (progress === null || progress === undefined) return null;
  if (progress.phase === "dataset") return progress.dataset_done ?? null;
  return progress.points > 0 ? doneOf(progress) / progress.points : null;
}

const doneOf = (progress: NonNullable<Job["progress"]>): number =>
  progress.reused + progress.finished + progress.failed;

const failures = ({ progress }: Job): number => progress?.failed ?? 0;

export function gateTitle({ passes, reasons }: GateVerdict): string {
  if (passes) return "The promotion gate lets it pass";
  return `The promotion gate refuses it, for ${reasons.length === 1 ? "one reason" : `${reasons.length} reasons`}`;
}

/** What became of a promotion. */
export function promotedWords({ alias, threshold, overridden, same_code: same }: PromotedRun): string {
  const parts = [
    `${alias.alias} points at ${alias.serving_id} now, version ${alias.version}, threshold ${threshold}.`,
  ];
  if (overridden) parts.push("The gate was overridden; the reason is in the audit trail.");
  if (!same) parts.push("The code has changed since the run: what streams may differ from it.");
  return parts.join(" ");
}

/** What became of a promotion that did not succeed. */
export type Refusal =
  | { readonly kind: "gate"; readonly reasons: readonly string[] }
  /** The alias has moved: it points at `current` now, or at nothing. */
  | { readonly kind: "moved"; readonly words: string; readonly current: string | null }
  | { readonly kind: "other"; readonly words: string };

export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof RequestFailed)) return { kind: "other", words: describeError(error) };
  const problem = error.problem;
  if (problem?.type === "PromotionRefused") {
    return { kind: "gate", reasons: problem.reasons ?? [error.reason] };
  }
  if (problem?.type === "AliasConflict") {
    const current = problem.current_serving_id ?? null;
    const words =
      current === null
        ? `Somebody was faster: ${problem.alias ?? "the alias"} does not exist any more. Nothing was changed.`
        : `Somebody was faster: ${problem.alias ?? "the alias"} points at ${current} now. Nothing was changed.`;
    return { kind: "moved", words, current };
  }
  return { kind: "other", words: error.reason };
}

/** What the list shows and what it leaves out. */
export function summaryWords(list: RunList, shown: readonly RunListRow[]): string {
  const winners = shown.filter((row) => row.is_winner).length;
  const parts = [
    shown.length === list.total ? runs(list.total) : `${grouped(shown.length)} of ${runs(list.total)}`,
  ];
  parts.push(winners === 0 ? "no winner" : `${grouped(winners)} ${winners === 1 ? "winner" : "winners"}`);
  if (list.too_few_signals > 0) parts.push(`${grouped(list.too_few_signals)} left out with too few signals`);
  if (list.failed > 0) parts.push(`${grouped(list.failed)} failed`);
  if (list.pending.length > 0) parts.push("overfitting and SPA are being worked out");
  parts.push(`each at its best threshold by ${columnOf(list.sort)?.label ?? list.sort}`);
  if (typeof list.registry_problem === "string")
    parts.push(`live streams are not known: ${list.registry_problem}`);
  return parts.join(" · ");
}

function runs(count: number): string {
  return `${grouped(count)} ${count === 1 ? "run" : "runs"}`;
}
