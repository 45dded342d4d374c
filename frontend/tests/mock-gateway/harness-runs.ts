/** Synthetic runs of experiments: mostly noise, a few with an edge, some that failed. The same for the same seed. */
import type { RunLineage, SampleStats } from "../../src/wire/generated.js";

export interface MockRow {
  readonly threshold: number;
  readonly enough_signals: boolean;
  readonly whole: SampleStats;
  readonly in_sample: SampleStats;
  readonly out_of_sample: SampleStats;
  readonly holm_p: number;
  readonly benjamini_yekutieli_p: number;
  readonly deflated_sharpe: number;
  readonly is_winner: boolean;
  readonly equity_ticks: readonly number[];
  readonly drawdown_ticks: readonly number[];
  readonly max_drawdown_ticks: number;
}

export interface MockRun {
  readonly lineage: Omit<RunLineage, "seed"> & { readonly seed: string };
  readonly rows: readonly MockRow[];
  readonly trials: number;
}

const PERIODS = 128;
const THRESHOLDS = Array.from({ length: 16 }, (_, i) => Math.round((i + 1) * 5) / 100);
const FIRST_MS = Date.UTC(2026, 10, 23, 9, 0);

interface Plan {
  readonly experiment: string;
  readonly serving: string;
  readonly dataset: string;
  readonly signals: readonly (readonly [
    name: string,
    params: Readonly<Record<string, readonly unknown[]>>,
  ])[];
}

const PLANS: readonly Plan[] = [
  {
    experiment: "esm4-pressure",
    serving: "esm4-open",
    dataset: "ESM4_20240508_0930_1030__esm4-open__3b1f09aa",
    signals: [
      [
        "derivative",
        { d1_weight: [1, 0.7, 0.5], zscore_window_bins: [120, 240, 480], tanh_scale: [2, 3, 4] },
      ],
      ["pfp", { inner_ticks: [2, 3, 4], lead_bins: [3, 5, 8], add_weight: [0.5, 0.6, 0.7] }],
      ["ads", { slope_bins: [10, 25, 50], zscore_window_bins: [120, 240] }],
    ],
  },
  {
    experiment: "ofi-sweep",
    serving: "esm4-open",
    dataset: "ESM4_20240508_0930_1030__esm4-open__3b1f09aa",
    signals: [
      ["ofi", { window_bins: [5, 10, 20, 40, 80], zscore_window_bins: [150, 300, 600] }],
      ["queue_imbalance", { levels: [1, 2, 3, 5] }],
    ],
  },
  {
    experiment: "gbm-walk-forward",
    serving: "esm4-open",
    dataset: "ESM4_20240507_0930_1600__esm4-day__90cc17e2",
    signals: [["gbm", { horizon_bins: [20, 50], label_ticks: [1, 2], max_depth: [3, 5] }]],
  },
];

/** A small generator of random numbers (mulberry32). */
export function randomness(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Many more of them, that differ only in their ids. */
export function manyRuns(count: number): MockRun[] {
  const some = mockRuns();
  return Array.from({ length: count }, (_, i) => some[i % some.length]).flatMap((run, i) => {
    const id = i.toString(16).padStart(16, "0");
    return run === undefined ? [] : [{ ...run, lineage: { ...run.lineage, run_id: id } }];
  });
}

export function mockRuns(seed = 5): MockRun[] {
  const random = randomness(seed);
  const points = PLANS.flatMap((plan) =>
    plan.signals.flatMap(([signal, axes]) =>
      combinations(axes).flatMap((params) =>
        [10, 30].flatMap((cooldown) =>
          (
            [
              [4, 4],
              [8, 4],
              [12, 6],
            ] as const
          ).map((bracket) => ({ plan, signal, params, cooldown, bracket })),
        ),
      ),
    ),
  );
  return points.map((point, i) => runOf(point, i, points.length, random));
}

interface Point {
  readonly plan: Plan;
  readonly signal: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly cooldown: number;
  readonly bracket: readonly [tp: number, sl: number];
}

function runOf(point: Point, index: number, total: number, random: () => number): MockRun {
  const { plan, signal, params, cooldown, bracket } = point;
  const [tp, sl] = bracket;
  const failed = random() < 0.02;
  const trials = total * THRESHOLDS.length;
  const hex = (length: number): string =>
    Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join("");
  const edge =
    signal === "gbm" ? 0.5 + random() * 0.9 : random() < 0.04 ? 0.55 : -0.22 + gauss(random) * 0.12;
  const lineage = {
    run_id: hex(16),
    experiment: plan.experiment,
    dataset_id: plan.dataset,
    dataset_hash: hex(64),
    spec_hash: hex(64),
    code_version: "0.3.0+4f1c2aa",
    seed: "0",
    n_thresholds: THRESHOLDS.length,
    n_trials: trials,
    serving: plan.serving,
    signal,
    params: JSON.stringify(params),
    scoring: index % 7 === 0 ? '{"flow_tanh_scale":2.5}' : "{}",
    artifact: signal === "gbm" ? hex(64) : null,
    min_signals: 20,
    cooldown_bins: cooldown,
    tp_ticks: tp,
    sl_ticks: sl,
    max_hold_bins: 1200,
    warmup_bins: 300,
    in_sample_fraction: 0.6,
    entry: "touch",
    fee_ticks: 0.2,
    slippage_ticks: 0.1,
    latency_bins: 1,
    status: failed ? "failed" : "ok",
    error: failed ? "signal pfp: lead_bins 8 needs at least 9 bins of history, the dataset has 4" : null,
    created_at: new Date(FIRST_MS + index * 1700).toISOString(),
    seconds: 0.04 + random() * 0.1,
  } as const;
  const rows = failed ? [] : THRESHOLDS.map((threshold) => rowOf(threshold, edge, [tp, sl], trials, random));
  return { lineage, rows, trials };
}

function rowOf(
  threshold: number,
  edge: number,
  [tp, sl]: readonly [number, number],
  trials: number,
  random: () => number,
): MockRow {
  const count = Math.max(0, Math.round(900 * Math.exp(-threshold * 3.6) * (0.7 + random() * 0.6)) - 14);
  const mean = edge * (0.4 + threshold) * (tp / 6) - 0.1;
  const seen = Math.round(count * 0.6);
  const inSample = statsOf(seen, mean * 1.15, [tp, sl], random);
  const outOfSample = statsOf(count - seen, mean * 0.8, [tp, sl], random);
  const both = (inSample.mean_pnl_ticks ?? 0) * 0.6 + (outOfSample.mean_pnl_ticks ?? 0) * 0.4;
  const whole = statsOf(count, both, [tp, sl], random, 0);
  const p = whole.p_value ?? 1;
  const holm = Math.min(1, p * trials);
  const equity = equityOf(whole, random);
  let peak = 0;
  const drawdown = equity.map((value) => (peak = Math.max(peak, value)) - value);
  return {
    threshold,
    enough_signals: count >= 20,
    whole,
    in_sample: inSample,
    out_of_sample: outOfSample,
    holm_p: holm,
    benjamini_yekutieli_p: Math.min(1, holm * 1.7),
    deflated_sharpe: 1 / (1 + Math.exp(4 - (whole.mean_pnl_low ?? -3) * 6)),
    is_winner: holm <= 0.05 && (whole.mean_pnl_low ?? -1) > 0,
    equity_ticks: equity,
    drawdown_ticks: drawdown,
    max_drawdown_ticks: Math.max(0, ...drawdown),
  };
}

/** What `count` trades with that true mean look like; what too few cannot say is null. */
function statsOf(
  count: number,
  truth: number,
  [tp, sl]: readonly [number, number],
  random: () => number,
  noise = 1,
): SampleStats {
  const spread = 0.45 * (tp + sl);
  const error = spread / Math.sqrt(Math.max(1, count));
  const mean = truth + gauss(random) * error * noise;
  const none = count === 0;
  const base = sl / (tp + sl);
  const rate = Math.min(0.97, Math.max(0.02, base + (mean + 0.3) / (tp + sl)));
  const half = 1.96 * Math.sqrt((rate * (1 - rate)) / Math.max(1, count));
  const few = count < 5;
  const up = Math.round(count * (0.4 + random() * 0.2));
  return {
    n_signals: count,
    n_up: up,
    n_down: count - up,
    tp_rate: none ? null : rate,
    sl_rate: none ? null : (1 - rate) * 0.93,
    timeout_rate: none ? null : (1 - rate) * 0.07,
    tp_rate_low: none ? null : Math.max(0, rate - half),
    tp_rate_high: none ? null : Math.min(1, rate + half),
    tp_rate_excess: none ? null : rate - base,
    events_per_hour: count,
    mean_gross_pnl_ticks: none ? null : mean + 0.4,
    mean_pnl_ticks: none ? null : mean,
    mean_pnl_low: few ? null : mean - 1.96 * error,
    mean_pnl_high: few ? null : mean + 1.96 * error,
    median_time_to_outcome_ms: none ? null : 2000 + random() * 30_000,
    p_value: few ? null : Math.max(1e-12, Math.exp(-0.72 * Math.max(0, (mean + 0.35) / error) ** 2) * 0.9),
    random_mean_pnl_ticks: none ? null : -0.35,
  };
}

function equityOf({ n_signals: count, mean_pnl_ticks: mean }: SampleStats, random: () => number): number[] {
  const each = Array.from({ length: PERIODS }, () => gauss(random));
  const drift = ((mean ?? 0) * count) / PERIODS;
  const rough = (1.8 * Math.sqrt(count)) / Math.sqrt(PERIODS);
  const average = each.reduce((sum, value) => sum + value, 0) / PERIODS;
  let total = 0;
  return each.map((value) => (total += drift + (value - average) * rough * 2));
}

function gauss(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function combinations(
  axes: Readonly<Record<string, readonly unknown[]>>,
): Readonly<Record<string, unknown>>[] {
  return Object.entries(axes).reduce<Readonly<Record<string, unknown>>[]>(
    (found, [name, values]) => found.flatMap((each) => values.map((value) => ({ ...each, [name]: value }))),
    [{}],
  );
}
