import { describe, expect, it } from "vitest";
import { settings } from "../../src/view/experiments-column.js";
import { RUN_COLUMNS, columnOf } from "../../src/view/experiments-columns.js";
import { duration, probability, rate, share, shortTime, ticks } from "../../src/view/experiments-format.js";
import { intervalBar, intervalScale } from "../../src/view/experiments-interval.js";
import { matching, ordered } from "../../src/view/experiments-order.js";
import { DEFAULT_QUERY, formatQuery, parseQuery } from "../../src/view/experiments-query.js";
import { rowWindow, scrolledTo, stepOf } from "../../src/view/experiments-window.js";
import type { RunColumn } from "../../src/view/experiments-column.js";
import { listRow } from "../samples-runs.js";

function column(key: string): RunColumn {
  const found = columnOf(key);
  if (found === undefined) throw new Error(`no column ${key}`);
  return found;
}

describe("the columns of the run table", () => {
  it("show every field of a run but its link, each explained", () => {
    const fields = Object.keys(listRow()).filter((key) => key !== "streaming_url");
    expect(RUN_COLUMNS.map((each) => each.key).sort()).toEqual(fields.sort());
    expect(RUN_COLUMNS.every((each) => /^[A-Z].*\.$/.test(each.meaning))).toBe(true);
  });

  it("begin with what is honest, and tp_rate is not among it", () => {
    const first = RUN_COLUMNS.slice(2, 7).map((each) => each.key);
    expect(first).toEqual([
      "mean_pnl_ticks",
      "mean_pnl_low",
      "out_of_sample_pnl_ticks",
      "holm_p",
      "deflated_sharpe",
    ]);
    expect(RUN_COLUMNS.findIndex((each) => each.key === "tp_rate")).toBeGreaterThan(15);
  });

  it("say nothing where there is nothing", () => {
    const row = listRow({ mean_pnl_ticks: null, artifact: null, scoring: "{}" });
    expect(column("mean_pnl_ticks").show(row)).toBe("–");
    expect(column("artifact").show(row)).toBe("–");
    expect(column("scoring").show(row)).toBe("–");
    expect(column("mean_pnl_low").show(listRow())).toBe("+0.100 to +0.900");
    expect(column("tp_rate_excess").show(listRow({ tp_rate_excess: -0.0123 }))).toBe("\u22121.2%");
  });

  it("settings are read from JSON, and shown as they are where they are none", () => {
    expect(settings('{"a":1,"b":"x","c":[2,3]}')).toBe("a 1 · b x · c [2,3]");
    expect(settings("not json")).toBe("not json");
    expect(settings("7")).toBe("7");
  });
});

describe("numbers of experiments", () => {
  it.each([
    [0.03125, "0.031"],
    [0.00731, "0.0073"],
    [0.00042, "0.00042"],
    [3e-7, "3e\u22127"],
    [1e-5, "1e\u22125"],
    [0, "0"],
    [0.9999, ">0.999"],
    [1, "1"],
    [null, "–"],
  ])("the probability %s is %s", (value, words) => {
    expect(probability(value)).toBe(words);
  });

  it.each([
    [249.6, "250 ms"],
    [4200, "4.2 s"],
    [42_000, "42 s"],
    [59_980, "1 min"],
    [200_000, "3 min 20 s"],
    [3_599_900, "1 h"],
    [7_500_000, "2 h 5 min"],
    [200_000_000, "2 d 8 h"],
    [undefined, "–"],
  ])("%s ms are %s", (value, words) => {
    expect(duration(value)).toBe(words);
  });

  it("ticks have a sign, shares a percent sign, rates the unit that fits", () => {
    expect([ticks(0.5), ticks(-12.345), ticks(0), ticks(null)]).toEqual([
      "+0.500",
      "\u221212.35",
      "0.000",
      "–",
    ]);
    expect([share(0.4567), share(NaN)]).toEqual(["45.7%", "–"]);
    expect([rate(21.84), rate(0.5)]).toEqual(["21.8/s", "30/min"]);
    expect(shortTime("no time")).toBe("no time");
    expect(shortTime("2026-11-23T10:00:00Z")).toMatch(/^2026-11-2\d \d\d:\d\d$/);
  });
});

describe("the order of runs", () => {
  const rows = [
    listRow({ run_id: "a", mean_pnl_ticks: 0.1, holm_p: 0.5, signal: "pfp" }),
    listRow({ run_id: "b", mean_pnl_ticks: null, holm_p: 0.01, signal: "ads", is_winner: false }),
    listRow({ run_id: "c", mean_pnl_ticks: 0.7, holm_p: 0.2, signal: "ofi" }),
  ];
  const order = (key: string, reversed = false): string =>
    ordered(rows, column(key), reversed)
      .map((row) => row.run_id)
      .join("");

  it("puts the better end first, whichever that is, and the missing last", () => {
    expect(order("mean_pnl_ticks")).toBe("cab");
    expect(order("mean_pnl_ticks", true)).toBe("acb");
    expect(order("holm_p")).toBe("bca");
    expect(order("holm_p", true)).toBe("acb");
    expect(order("signal")).toBe("bca");
    expect(order("is_winner")).toBe("acb");
  });

  it("finds runs that have every word", () => {
    const some = [
      listRow({ run_id: "1f", params: '{"window_bins":20}' }),
      listRow({ run_id: "2e", params: '{"window_bins":40}', signal: "pfp" }),
    ];
    const found = (text: string): string =>
      matching(some, text)
        .map((row) => row.run_id)
        .join(" ");
    expect(found("")).toBe("1f 2e");
    expect(found(" PFP  esm4 ")).toBe("2e");
    expect(found("window_bins:20")).toBe("1f");
    expect(found("pfp window_bins:20")).toBe("");
  });
});

describe("intervals beside the mean", () => {
  const rows = [
    listRow({ mean_pnl_low: -1, mean_pnl_high: 1 }),
    listRow({ mean_pnl_low: -0.8, mean_pnl_high: 1.2 }),
    listRow({ mean_pnl_low: -1.2, mean_pnl_high: 0.9 }),
    listRow({ mean_pnl_low: -0.9, mean_pnl_high: 1.1 }),
    listRow({ mean_pnl_low: -300, mean_pnl_high: 300 }),
  ];

  it("are on one scale with zero in it, that a wild one does not stretch", () => {
    const scale = intervalScale(rows);
    expect(scale.low).toBeGreaterThan(-1.5);
    expect(scale.high).toBeLessThan(1.5);
    expect(intervalScale([])).toEqual({ low: -1, high: 1 });
    expect(intervalScale([listRow({ mean_pnl_low: 2, mean_pnl_high: 3 })]).low).toBeLessThan(0);
  });

  it("say on which side of zero they lie, and where they are cut", () => {
    const scale = { low: -1, high: 1 };
    expect(intervalBar(listRow({ mean_pnl_low: 0.5, mean_pnl_high: 3, mean_pnl_ticks: 2 }), scale)).toEqual({
      left: 0.75,
      width: 0.25,
      mean: null,
      zero: 0.5,
      side: "above",
      cut: "right",
    });
    expect(intervalBar(listRow({ mean_pnl_low: -2, mean_pnl_high: -0.5 }), scale)).toMatchObject({
      side: "below",
      cut: "left",
    });
    expect(intervalBar(listRow({ mean_pnl_low: -2, mean_pnl_high: 2 }), scale)).toMatchObject({
      side: "around",
      cut: "both",
    });
    expect(intervalBar(listRow({ mean_pnl_low: null }), scale)).toBeNull();
  });
});

describe("the window of rows", () => {
  const view = (top: number): { top: number; height: number; rowHeight: number } => ({
    top,
    height: 600,
    rowHeight: 25,
  });

  it("is small, holds all that is in sight, and keeps the scroll bar's length", () => {
    for (const top of [0, 1, 7777, 124_000, 249_400, 260_000]) {
      const { first, end, above, below } = rowWindow(view(top), 10_000);
      expect(end - first).toBeLessThan(60);
      expect(above + (end - first) * 25 + below).toBe(250_000);
      if (top > 249_400) continue;
      expect(first * 25).toBeLessThanOrEqual(top);
      expect(end * 25).toBeGreaterThanOrEqual(Math.min(top + 600, 250_000));
    }
  });

  it("holds everything where that is little, and nothing of nothing", () => {
    expect(rowWindow(view(0), 3)).toEqual({ first: 0, end: 3, above: 0, below: 0 });
    expect(rowWindow(view(0), 0)).toEqual({ first: 0, end: 0, above: 0, below: 0 });
  });

  it("knows the keys that move in it", () => {
    const keys = ["ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End", "x"];
    expect(keys.map((key) => stepOf(key, view(0), 100))).toEqual([1, -1, 23, -23, -100, 100, null]);
  });

  it("scrolls no further than it must", () => {
    expect(scrolledTo(10, view(0), 100)).toBe(0);
    expect(scrolledTo(30, view(0), 100)).toBe(32 * 25 - 600);
    expect(scrolledTo(3, view(500), 100)).toBe(50);
    expect(scrolledTo(99, view(0), 100)).toBe(100 * 25 - 600);
  });
});

describe("the address of what is shown", () => {
  it("has only what differs from the default, and comes back as it was", () => {
    expect(formatQuery(DEFAULT_QUERY)).toBe("");
    expect(parseQuery("")).toEqual(DEFAULT_QUERY);
    const query = {
      ...DEFAULT_QUERY,
      run: "0123456789abcdef",
      threshold: 0.35,
      sort: "holm_p",
      reversed: true,
      signal: "ofi",
      text: "window 20",
      minSignals: 20,
    };
    expect(parseQuery(formatQuery(query))).toEqual(query);
    expect(parseQuery(formatQuery({ ...DEFAULT_QUERY, jobs: true })).jobs).toBe(true);
  });

  it("leaves out what makes no sense", () => {
    expect(parseQuery("?min_signals=-3&threshold=abc")).toEqual(DEFAULT_QUERY);
    expect(formatQuery({ ...DEFAULT_QUERY, threshold: 0.3 })).toBe("");
  });
});
