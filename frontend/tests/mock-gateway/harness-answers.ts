/** What the fake harness answers: lists of runs, details, verdicts of the gate. */
import type { MockRow, MockRun } from "./harness-runs.js";
import type { Json } from "./registry-answers.js";

const SMALLER = [
  "holm_p",
  "p_value",
  "benjamini_yekutieli_p",
  "sl_rate",
  "timeout_rate",
  "overfitting_probability",
];
/** 2024-05-08 09:30 in New York. */
const START_NS = 1_715_175_000_000_000_000n;
const HOUR_NS = 3_600_000_000_000n;

export interface Streaming {
  readonly servings: readonly { readonly serving_id: string; readonly aliases: readonly string[] }[];
  readonly url: string | null;
}

export function runList(
  runs: readonly MockRun[],
  query: URLSearchParams,
  streaming: (run: MockRun) => Streaming,
): Json {
  const sort = query.get("sort") ?? "mean_pnl_ticks";
  const least = Number(query.get("min_signals") ?? "5");
  const is = (name: string, value: string): boolean => [null, value].includes(query.get(name));
  const fit = runs.filter(
    ({ lineage }) =>
      is("signal", lineage.signal) &&
      is("dataset_id", lineage.dataset_id) &&
      is("experiment", lineage.experiment),
  );
  const smaller = SMALLER.includes(sort);
  const worth = (row: MockRow): number => {
    const value = (row as unknown as Json)[sort] ?? (row.whole as unknown as Json)[sort];
    return typeof value !== "number" ? -Infinity : smaller ? -value : value;
  };
  const done = fit.filter(({ lineage }) => lineage.status === "ok");
  const best = done.flatMap((run) => {
    const ranked = run.rows
      .filter((row) => row.whole.n_signals >= least)
      .map((row) => ({ run, row, worth: worth(row) }))
      .sort((x, y) => y.worth - x.worth);
    return ranked.slice(0, 1);
  });
  best.sort((x, y) => y.worth - x.worth);
  const most = Number(query.get("top_n") ?? "50");
  const rows = best.slice(0, most).map(({ run, row }) => listRow(run, row, streaming(run)));
  const all = (key: "experiment" | "signal" | "dataset_id"): string[] =>
    [...new Set(runs.map((run) => run.lineage[key]))].sort();
  return {
    runs: rows,
    total: best.length,
    too_few_signals: done.length - best.length,
    failed: fit.length - done.length,
    sort,
    smaller_is_better: smaller,
    sorts: ["mean_pnl_ticks", "holm_p", "tp_rate", "n_signals"],
    experiments: all("experiment"),
    signals: all("signal"),
    dataset_ids: all("dataset_id"),
    registry_problem: null,
  };
}

function listRow({ lineage, trials }: MockRun, row: MockRow, { url }: Streaming): Json {
  const { run_id, experiment, signal, params, cooldown_bins, tp_ticks, sl_ticks, scoring, dataset_id } =
    lineage;
  const { threshold, holm_p, is_winner, benjamini_yekutieli_p, deflated_sharpe } = row;
  return {
    ...{ run_id, experiment, signal, params, cooldown_bins, tp_ticks, sl_ticks, scoring, dataset_id },
    ...row.whole,
    ...{ threshold, holm_p, is_winner, benjamini_yekutieli_p, deflated_sharpe },
    out_of_sample_pnl_ticks: row.out_of_sample.mean_pnl_ticks,
    in_sample_pnl_ticks: row.in_sample.mean_pnl_ticks,
    overfitting_probability: 0.31,
    spa_p: 0.018,
    n_trials: trials,
    created_at: lineage.created_at,
    artifact: lineage.artifact,
    can_stream: url !== null,
    streaming_url: url,
  };
}

export function runDetail(run: MockRun, { servings, url }: Streaming): Json {
  const best = run.rows
    .filter((row) => row.enough_signals)
    .sort((a, b) => (b.whole.mean_pnl_ticks ?? -9) - (a.whole.mean_pnl_ticks ?? -9))[0];
  const periods = BigInt(run.rows[0]?.equity_ticks.length ?? 1);
  const ends = Array.from(
    { length: Number(periods) },
    (_, i) => START_NS + (HOUR_NS * BigInt(i + 1)) / periods,
  );
  return {
    lineage: run.lineage,
    thresholds: run.rows.map((row) => ({ ...row, gate: gateOf(run, row) })),
    best_threshold: best?.threshold ?? null,
    n_trials: run.trials,
    overfitting_probability: 0.31,
    spa_p: 0.018,
    period_end_ns: ends.map(String),
    start_ns: String(START_NS),
    out_of_sample_from_ns: String(START_NS + (HOUR_NS * 6n) / 10n),
    servings,
    can_stream: url !== null,
    streaming_url: url,
    registry_problem: null,
  };
}

export interface Gate {
  readonly passes: boolean;
  readonly reasons: readonly string[];
}

/** The conditions of the real gate, in its words. */
export function gateOf({ trials }: MockRun, { out_of_sample: unseen, holm_p: p }: MockRow): Gate {
  const reasons: string[] = [];
  if (unseen.n_signals < 20) {
    reasons.push(`out-of-sample trades: ${unseen.n_signals}; must be at least 20`);
  }
  const low = unseen.mean_pnl_low ?? null;
  if (low === null) {
    reasons.push("out-of-sample mean net pnl: too few trades for a 95 % interval; must be above 0");
  } else if (low <= 0) {
    const reached = low.toPrecision(4);
    reasons.push(
      `out-of-sample mean net pnl: 95 % interval reaches down to ${reached} ticks; must be above 0`,
    );
  }
  if (p > 0.05) {
    const corrected = p.toPrecision(3);
    reasons.push(
      `p-value against random entries, Holm-corrected for ${trials} trials: ${corrected}; must be at most 0.05`,
    );
  }
  return { passes: reasons.length === 0, reasons };
}
