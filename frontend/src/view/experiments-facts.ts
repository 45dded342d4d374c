/** What is known about a run, as labels and words: what it is made of, what it is worth in each part of time. */
import type { RunDetail, RunLineage, SampleStats, ThresholdDetail } from "../wire/generated.js";
import { duration, probability, share, shortTime, ticks } from "./experiments-format.js";
import { NOTHING, compact, grouped } from "./format.js";

export interface Fact {
  readonly label: string;
  readonly value: string;
  /** An explanation, empty where none is needed. */
  readonly tip: string;
}

const fact = (label: string, value: string, tip = ""): Fact => ({ label, value, tip });

/** What stands at the top: what counts most. */
export function headline(detail: RunDetail, at: ThresholdDetail): readonly Fact[] {
  return [
    fact(
      "Net per trade",
      ticks(at.whole.mean_pnl_ticks),
      "Mean result of a trade in ticks, after all costs.",
    ),
    fact(
      "95 % interval",
      `${ticks(at.whole.mean_pnl_low)} … ${ticks(at.whole.mean_pnl_high)}`,
      "Block bootstrap interval of the net mean.",
    ),
    fact("Out of sample", ticks(at.out_of_sample.mean_pnl_ticks), "Net mean out of sample."),
    fact(
      "Holm p",
      probability(at.holm_p),
      `Corrected for all ${grouped(detail.n_trials)} trials of the experiment.`,
    ),
    fact(
      "Defl. Sharpe",
      probability(at.deflated_sharpe),
      "Probability that it is more than the luck of the best of all trials.",
    ),
    fact("BY p", probability(at.benjamini_yekutieli_p), "Bounds the share of false discoveries."),
    fact(
      "Overfitting",
      probability(detail.overfitting_probability),
      "Probability of backtest overfitting (CSCV) of the experiment. 50 % is noise.",
    ),
    fact(
      "SPA p",
      probability(detail.spa_p),
      "Hansen's test, of the experiment: such a best trial where none is better than not trading.",
    ),
    fact("Trials", grouped(detail.n_trials), "Of the experiment: what the corrections count."),
    fact("Drawdown", ticks(-at.max_drawdown_ticks), "The deepest, of the equity below, in net ticks."),
  ];
}

/** One measure of all trades, and of both parts of time. */
export interface SampleLine {
  readonly label: string;
  readonly tip: string;
  readonly whole: string;
  readonly inSample: string;
  readonly outOfSample: string;
}

type Say = (stats: SampleStats) => string;

const interval = (low: string, high: string): string => (low === NOTHING ? NOTHING : `${low} … ${high}`);

const MEASURES: readonly (readonly [string, string, Say])[] = [
  [
    "Signals",
    "Signals that could be traded; up and down.",
    (s) => `${grouped(s.n_signals)} (${s.n_up} ↑ ${s.n_down} ↓)`,
  ],
  ["Net per trade", "Mean result in ticks, after all costs.", (s) => ticks(s.mean_pnl_ticks)],
  [
    "95 % interval",
    "Block bootstrap interval of the net mean.",
    (s) => interval(ticks(s.mean_pnl_low), ticks(s.mean_pnl_high)),
  ],
  ["Gross per trade", "Before fees and slippage.", (s) => ticks(s.mean_gross_pnl_ticks)],
  [
    "Random entries",
    "Mean result of random entries with the same directions and spacing.",
    (s) => ticks(s.random_mean_pnl_ticks),
  ],
  ["p against them", "Not corrected for the number of trials.", (s) => probability(s.p_value)],
  ["TP rate", "Share of trades that ended in take-profit.", (s) => share(s.tp_rate)],
  [
    "Wilson interval",
    "Of the TP rate, as if trades were independent.",
    (s) => interval(share(s.tp_rate_low), share(s.tp_rate_high)),
  ],
  ["Over its null", "TP rate less SL / (TP + SL).", (s) => excess(s.tp_rate_excess)],
  [
    "SL, timeouts",
    "Shares of trades that ended in stop-loss, or timed out.",
    (s) => `${share(s.sl_rate)}, ${share(s.timeout_rate)}`,
  ],
  ["Signals an hour", "Of tradable market.", (s) => compact(s.events_per_hour)],
  ["Median time to exit", "Timeouts included.", (s) => duration(s.median_time_to_outcome_ms)],
];

export function sampleLines(at: ThresholdDetail): readonly SampleLine[] {
  return MEASURES.map(([label, tip, say]) => ({
    label,
    tip,
    whole: say(at.whole),
    inSample: say(at.in_sample),
    outOfSample: say(at.out_of_sample),
  }));
}

function excess(value: number | null | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  return `${value < 0 ? "\u2212" : "+"}${share(Math.abs(value))}`;
}

/** How it is traded, in words. */
export function tradingWords(run: RunLineage): string {
  const costs = run.fee_ticks + run.slippage_ticks;
  return [
    `take-profit ${run.tp_ticks}, stop-loss ${run.sl_ticks} ticks`,
    `entry at the ${run.entry}, ${run.latency_bins} ${run.latency_bins === 1 ? "bin" : "bins"} after the signal`,
    costs === 0 ? "no fees, no slippage" : `fees ${run.fee_ticks}, slippage ${run.slippage_ticks} ticks`,
    `cooldown ${grouped(run.cooldown_bins)}, longest hold ${grouped(run.max_hold_bins)} bins`,
    `warm-up ${grouped(run.warmup_bins)} bins, the first ${share(run.in_sample_fraction)} in sample`,
  ].join(" · ");
}

export function lineageFacts(run: RunLineage): readonly Fact[] {
  return [
    fact("Run", run.run_id, "Hash of everything that the result depends on."),
    fact("Trading", tradingWords(run)),
    fact("Serving", run.serving),
    fact("Dataset", run.dataset_id),
    fact("Dataset hash", run.dataset_hash, "SHA-256 over the checksums of the dataset's tables."),
    fact(
      "Spec hash",
      run.spec_hash,
      "SHA-256 over experiment, serving, pipeline and instrument as understood.",
    ),
    fact("Code", run.code_version),
    ...(typeof run.artifact === "string"
      ? [fact("Model", run.artifact, "SHA-256 of the trained model.")]
      : []),
    fact("Seed", String(run.seed)),
    fact("Planned trials", `${grouped(run.n_trials)}, ${run.n_thresholds} of them in this run`),
    fact("Ended", `${shortTime(run.created_at)}, after ${duration(run.seconds * 1000)}`),
  ];
}

/** The entries of `params` or `scoring`. */
export function settingFacts(json: string): readonly Fact[] {
  const document: unknown = JSON.parse(json);
  if (typeof document !== "object" || document === null) return [];
  return Object.entries(document).map(([key, value]) =>
    fact(key, typeof value === "string" ? value : JSON.stringify(value)),
  );
}
