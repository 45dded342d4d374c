/** The columns of the run table: what each shows, how, and what it means. Honest ones come first. */
import { number, settings, words } from "./experiments-column.js";
import type { RunColumn } from "./experiments-column.js";
import { duration, probability, share, shortTime, ticks } from "./experiments-format.js";
import { compact, grouped } from "./format.js";

const whole = (value: number): string => grouped(value);
const plain = (value: number): string => compact(value);

export const RUN_COLUMNS: readonly RunColumn[] = [
  {
    key: "is_winner",
    label: "",
    meaning:
      "Winner: a Holm-corrected p-value of at most 5 % and an interval of the net mean above zero. Both are needed: random entries lose the spread, so a signal can be better than random and still lose.",
    width: 2.4,
    look: "mark",
    show: (row) => (row.is_winner ? "★" : ""),
    smallerFirst: false,
  },
  words("signal", "Signal", 10.4, "Which signal is traded."),
  number(
    "mean_pnl_ticks",
    "Net / trade",
    7.4,
    ticks,
    "Net expectancy: the mean result of a trade in ticks, after the spread, fees and slippage. Runs are ranked by it.",
  ),
  {
    key: "mean_pnl_low",
    label: "95 % interval",
    meaning:
      "Block bootstrap interval of the net mean; the upright line is zero. Green: all of it above zero. Red: all of it below. Sorted by its lower end.",
    width: 11,
    look: "interval",
    show: (row) => `${ticks(row.mean_pnl_low)} to ${ticks(row.mean_pnl_high)}`,
    smallerFirst: false,
  },
  number(
    "out_of_sample_pnl_ticks",
    "Out of sample",
    8.4,
    ticks,
    "Net mean in the part of time that the choice of the threshold should not have seen.",
  ),
  number(
    "holm_p",
    "Holm p",
    5.8,
    probability,
    "P-value against random entries, corrected for every trial of the experiment by Holm, failed ones included. At most 5 % for a winner.",
  ),
  number(
    "deflated_sharpe",
    "Defl. Sharpe",
    7.8,
    probability,
    "Deflated Sharpe ratio: the probability that the Sharpe ratio is more than the luck of the best of all trials. Above 95 % is good.",
  ),
  number("n_signals", "Signals", 5.8, whole, "How many signals could be traded. Few say little."),
  number(
    "threshold",
    "Threshold",
    6.6,
    plain,
    "The signal counts where it crosses plus or minus this value.",
  ),
  number("tp_ticks", "TP", 4, plain, "Take-profit distance from the entry, in ticks."),
  number("sl_ticks", "SL", 4, plain, "Stop-loss distance from the entry, in ticks."),
  number("cooldown_bins", "Cooldown", 6.4, whole, "No new signal for so many bins after one."),
  words("params", "Parameters", 20, "The signal's parameters, defaults included.", settings),
  number(
    "in_sample_pnl_ticks",
    "In sample",
    6.4,
    ticks,
    "Net mean in the part of time that the choice may have seen. Much better than out of sample: overfitted.",
  ),
  number(
    "mean_gross_pnl_ticks",
    "Gross / trade",
    7.8,
    ticks,
    "Mean result of a trade before fees and slippage.",
  ),
  number(
    "p_value",
    "p",
    5.2,
    probability,
    "P-value against random entries with the same directions and spacing, of this trial alone: not corrected for how many were tried.",
  ),
  number(
    "benjamini_yekutieli_p",
    "BY p",
    5.2,
    probability,
    "P-value corrected over every trial by Benjamini and Yekutieli: bounds the share of false discoveries.",
  ),
  number(
    "overfitting_probability",
    "Overfitting",
    7,
    probability,
    "Probability of backtest overfitting (CSCV) of the experiment: how often the best of one half of time is below the median in the other. 50 % is noise.",
  ),
  number(
    "spa_p",
    "SPA p",
    5.2,
    probability,
    "Hansen's test of superior predictive ability, of the experiment: the probability of such a best trial where none is better than not trading.",
  ),
  number("n_trials", "Trials", 5.2, whole, "Trials of the experiment that the corrections count."),
  number(
    "tp_rate",
    "TP rate",
    5.2,
    share,
    "Share of trades that ended in take-profit. Says little alone: without any edge it is SL / (TP + SL).",
  ),
  number("tp_rate_low", "TP low", 5, share, "Lower end of the Wilson interval of the TP rate."),
  number("tp_rate_high", "TP high", 5.2, share, "Upper end of the Wilson interval of the TP rate."),
  number(
    "tp_rate_excess",
    "TP excess",
    6.4,
    (value) => `${value < 0 ? "\u2212" : "+"}${share(Math.abs(value))}`,
    "TP rate less SL / (TP + SL), which a driftless walk reaches.",
  ),
  number("sl_rate", "SL rate", 5.2, share, "Share of trades that ended in stop-loss."),
  number("timeout_rate", "Timeouts", 6, share, "Share of trades that timed out."),
  number("events_per_hour", "Signals / h", 7, plain, "Signals an hour of tradable market."),
  number("n_up", "Up", 4.4, whole, "Signals upwards."),
  number("n_down", "Down", 4.4, whole, "Signals downwards."),
  number(
    "median_time_to_outcome_ms",
    "Time to exit",
    7.4,
    duration,
    "Median time from entry to exit, timeouts included.",
  ),
  number("mean_pnl_high", "High end", 5.6, ticks, "Upper end of the interval of the net mean."),
  words("scoring", "Scoring", 14, "What the sweep set of the spectrum and the state model.", settings),
  words("experiment", "Experiment", 13, "The experiment that the run belongs to."),
  words("dataset_id", "Dataset", 27, "The dataset that it ran on."),
  words("created_at", "Ended", 10, "When the run ended, in this computer's time.", shortTime),
  words(
    "artifact",
    "Model",
    8,
    "SHA-256 of the trained model; only machine-learned signals have one.",
    (hash) => hash.slice(0, 10),
  ),
  {
    key: "can_stream",
    label: "Live",
    meaning: "An alias points at a serving that was promoted from this run: it can be watched live.",
    width: 4,
    look: "text",
    show: (row) => (row.can_stream ? "▶ live" : ""),
    smallerFirst: false,
  },
  words("run_id", "Run", 11, "Hash of everything that the result depends on."),
];

export function columnOf(key: string): RunColumn | undefined {
  return RUN_COLUMNS.find((column) => column.key === key);
}
