/** The charts of a run: what it is worth at each threshold, and what it earned over time at the chosen one. */
import { drawdownChart, equityChart, periodAt, periodsOf } from "../../view/chart-equity.js";
import type { Periods } from "../../view/chart-equity.js";
import type { Size } from "../../view/chart-picture.js";
import { netMeanChart, rowAt, signalsChart, tpRateChart } from "../../view/chart-thresholds.js";
import { share, ticks } from "../../view/experiments-format.js";
import { grouped } from "../../view/format.js";
import { formatTime, zoneName } from "../../view/time-axis.js";
import type { Zone } from "../../view/time-axis.js";
import type { RunDetail, ThresholdDetail } from "../../wire/generated.js";
import { make } from "../dom.js";
import { ChartView } from "./chart-view.js";
import type { ChartOptions } from "./chart-view.js";

const ZONE: Zone = "America/New_York";
const SECOND_MS = 1000;

export class RunCharts {
  readonly host: HTMLElement;
  private readonly rows: readonly ThresholdDetail[];

  constructor(
    private readonly detail: RunDetail,
    private readonly chosen: number,
    private readonly choose: (index: number) => void,
  ) {
    this.rows = detail.thresholds;
    const views = [...this.overThresholds(), ...this.overTime()].map(
      (options) => new ChartView(options).host,
    );
    this.host = make("div", { className: "charts" }, views);
  }

  private overThresholds(): readonly ChartOptions[] {
    const { rows, chosen } = this;
    const { tp_ticks: tp, sl_ticks: sl } = this.detail.lineage;
    const pick = (x: number, size: Size): void => {
      this.choose(rowAt(rows, x, size));
    };
    const reading =
      (say: (row: ThresholdDetail) => string) =>
      (x: number, size: Size): string => {
        const row = rows[rowAt(rows, x, size)];
        return row === undefined ? "" : `at ${row.threshold}: ${say(row)}`;
      };
    return [
      {
        title: "Net per trade",
        className: "wide tall",
        legend: [
          ["line", "with 95 % interval"],
          ["second", "out of sample"],
        ],
        picture: (size) => netMeanChart(rows, chosen, size),
        reading: reading(({ whole, out_of_sample: unseen }) =>
          [
            `${ticks(whole.mean_pnl_ticks)} (${ticks(whole.mean_pnl_low)} … ${ticks(whole.mean_pnl_high)})`,
            `out of sample ${ticks(unseen.mean_pnl_ticks)}`,
          ].join(", "),
        ),
        pick,
      },
      {
        title: "TP rate",
        legend: [
          ["line", "Wilson interval"],
          ["reference", "null"],
        ],
        picture: (size) => tpRateChart(rows, chosen, sl / (tp + sl), size),
        reading: reading(
          ({ whole }) =>
            `${share(whole.tp_rate)} (${share(whole.tp_rate_low)} … ${share(whole.tp_rate_high)})`,
        ),
        pick,
      },
      {
        title: "Signals",
        picture: (size) => signalsChart(rows, chosen, size),
        reading: reading(
          ({ whole }) => `${grouped(whole.n_signals)} (${whole.n_up} up, ${whole.n_down} down)`,
        ),
        pick,
      },
    ];
  }

  private overTime(): readonly ChartOptions[] {
    const row = this.rows[this.chosen];
    if (row === undefined) return [];
    const { equity_ticks: equity, drawdown_ticks: drawdown } = row;
    const periods = periodsOf(this.detail, equity.length, this.detail.lineage.in_sample_fraction, ZONE);
    const reading = (values: readonly number[], sign: number) => (x: number, size: Size) => {
      const i = periodAt(periods, x, size);
      return `${whenOf(periods, i)}: ${ticks(sign * (values[i] ?? 0))}`;
    };
    const clock = periods.zone === null ? "share of time" : zoneName(periods.zone);
    return [
      {
        title: `Equity at threshold ${row.threshold}, net ticks (${clock})`,
        className: "wide",
        picture: (size) => equityChart(equity, periods, size),
        reading: reading(equity, 1),
      },
      {
        title: "Drawdown",
        className: "wide low",
        picture: (size) => drawdownChart(drawdown, periods, size),
        reading: reading(drawdown, -1),
      },
    ];
  }
}

function whenOf({ ends, zone }: Periods, i: number): string {
  const end = ends[i] ?? 0;
  return zone === null ? share(end) : formatTime(zone, end, SECOND_MS);
}
