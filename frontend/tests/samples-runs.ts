/** A run of the list and a job, with whatever a test wants otherwise. */
import type { Job, RunList, RunListRow } from "../src/wire/generated.js";

export function listRow(part: Partial<RunListRow> = {}): RunListRow {
  return {
    run_id: "0123456789abcdef",
    experiment: "ofi-sweep",
    signal: "ofi",
    params: '{"window_bins":20}',
    cooldown_bins: 30,
    tp_ticks: 8,
    sl_ticks: 4,
    threshold: 0.4,
    n_signals: 120,
    mean_pnl_ticks: 0.5,
    mean_pnl_low: 0.1,
    mean_pnl_high: 0.9,
    out_of_sample_pnl_ticks: 0.3,
    holm_p: 0.01,
    is_winner: true,
    p_value: 0.0001,
    benjamini_yekutieli_p: 0.02,
    deflated_sharpe: 0.97,
    overfitting_probability: 0.2,
    spa_p: 0.03,
    n_trials: 800,
    n_up: 60,
    n_down: 60,
    tp_rate: 0.4,
    tp_rate_low: 0.32,
    tp_rate_high: 0.49,
    tp_rate_excess: 0.067,
    sl_rate: 0.55,
    timeout_rate: 0.05,
    events_per_hour: 120,
    mean_gross_pnl_ticks: 0.8,
    in_sample_pnl_ticks: 0.6,
    median_time_to_outcome_ms: 12_500,
    scoring: "{}",
    dataset_id: "ESM4_20240508_0930_1030__open__3b1f09aa",
    created_at: "2026-11-23T10:00:00Z",
    artifact: null,
    can_stream: false,
    streaming_url: null,
    ...part,
  };
}

export function runList(part: Partial<RunList> = {}): RunList {
  return {
    runs: [],
    total: 0,
    too_few_signals: 0,
    failed: 0,
    sort: "mean_pnl_ticks",
    smaller_is_better: false,
    sorts: [],
    experiments: [],
    signals: [],
    dataset_ids: [],
    pending: [],
    registry_problem: null,
    ...part,
  };
}

export function someJob(part: Partial<Job> = {}): Job {
  return {
    job_id: "k3v9w0zz",
    experiment: "ofi-sweep",
    state: "running",
    cancel_requested: false,
    reason: "",
    created_at: "2026-11-23T10:00:00Z",
    started_at: "2026-11-23T10:00:01Z",
    ended_at: null,
    attempt: 1,
    worker: "w1",
    revision: 3,
    progress: null,
    errors: [],
    ...part,
  };
}
