/** The flow of the newest bin, and every value of the cell under the crosshair. */
import type { StreamedBin } from "../../store/bin.js";
import { NOTHING, compact, grouped, signed } from "../../view/format.js";
import { STATE_NAMES } from "../../view/gauges.js";
import type { CellReadout } from "../../view/readout.js";
import { TRAINS } from "../../view/readout.js";
import { make, required, text } from "../dom.js";

/** A definition list whose values are replaced in place. */
class Pairs {
  private readonly values = new Map<string, HTMLElement>();

  constructor(private readonly list: HTMLDListElement) {}

  set(name: string, value: string, className = ""): void {
    let cell = this.values.get(name);
    if (cell === undefined) {
      cell = make("dd");
      this.values.set(name, cell);
      this.list.append(make("dt", { textContent: name }), cell);
    }
    if (cell.textContent !== value) cell.textContent = value;
    if (cell.className !== className) cell.className = className;
  }
}

export class FlowPanel {
  private readonly pairs = new Pairs(required("flow", HTMLDListElement));

  show(bin: StreamedBin): void {
    const { flow } = bin.detail;
    this.pairs.set("buy volume", compact(flow.buyVolume), flow.buyVolume > 0 ? "bull" : "");
    this.pairs.set("sell volume", compact(flow.sellVolume), flow.sellVolume > 0 ? "bear" : "");
    this.pairs.set("bid qty", compact(flow.bestBidQty));
    this.pairs.set("ask qty", compact(flow.bestAskQty));
    this.pairs.set("OFI", signed(flow.ofi, 0), flow.ofi > 0 ? "bull" : flow.ofi < 0 ? "bear" : "");
    this.pairs.set("trades", compact(flow.tradeCount));
    this.pairs.set("records", grouped(bin.eventCount));
    this.pairs.set("book", bin.valid ? "valid" : "not valid", bin.valid ? "" : "bear");
  }
}

const TRAIN_LABELS: Readonly<Record<(typeof TRAINS)[number], string>> = {
  add: "add",
  pull: "pull",
  fill: "fill",
  rest_depth: "rest",
  bid_depth: "bid",
  ask_depth: "ask",
};

/** Decaying quantities never reach zero; under this they might as well have. */
const SMALLEST = 0.0005;

/** Columns with a name of their own in the panel, in this order; others follow by their own name. */
const OTHER_LABELS: readonly (readonly [string, string])[] = [
  ["pressure_variant", "pressure"],
  ["vacuum_variant", "vacuum"],
  ["composite", "composite"],
  ["flow_score", "flow score"],
  ["composite_d1", "d1"],
  ["composite_d2", "d2"],
  ["composite_d3", "d3"],
  ["flow_state_code", "flow state"],
  ["best_ask_move_ticks", "ask move"],
  ["best_bid_move_ticks", "bid move"],
  ["ask_reprice_sign", "ask sign"],
  ["bid_reprice_sign", "bid sign"],
  ["chase_up_flag", "chase up"],
  ["chase_down_flag", "chase dn"],
  ["microstate_id", "micro"],
  ["last_event_id", "last rec."],
  ["state5_code", "state"],
];

const COLOURED: Readonly<Record<string, string>> = { pressure_variant: "pressure", vacuum_variant: "vacuum" };

export class CellPanel {
  private readonly cells: HTMLTableCellElement[][] = [];
  private readonly pairs: Pairs;
  private readonly where = text("cell-where");

  constructor() {
    const host = required("cell", HTMLElement);
    const head = ["", "level", "v", "a", "j"].map((name) => make("th", { scope: "col", textContent: name }));
    const rows = TRAINS.map((train) => {
      const values = [0, 1, 2, 3].map(() => make("td", { textContent: NOTHING }));
      this.cells.push(values);
      return make("tr", {}, [make("th", { scope: "row", textContent: TRAIN_LABELS[train] }), ...values]);
    });
    const table = make("table", { className: "matrix" }, [
      make("thead", {}, [make("tr", {}, head)]),
      make("tbody", {}, rows),
    ]);
    const list = make("dl", { className: "pairs" });
    this.pairs = new Pairs(list);
    host.append(table, list);
    this.show(null, "under the crosshair");
  }

  show(readout: CellReadout | null, where: string): void {
    this.where(where);
    for (const [i, cells] of this.cells.entries()) {
      for (const [j, cell] of cells.entries()) {
        const words = compact(readout?.trains[i]?.values[j], SMALLEST);
        if (cell.textContent !== words) cell.textContent = words;
      }
    }
    for (const [name, label] of OTHER_LABELS) {
      const value = readout?.others.get(name);
      this.pairs.set(label, wordsOf(name, value), name === "state5_code" ? "wide" : (COLOURED[name] ?? ""));
    }
  }
}

function wordsOf(name: string, value: number | bigint | undefined): string {
  if (value === undefined) return NOTHING;
  if (typeof value === "bigint") return value === 0n ? "never" : grouped(value);
  if (name === "state5_code") return STATE_NAMES[String(value)] ?? String(value);
  if (name.startsWith("composite") || name === "flow_score")
    return signed(value, Math.abs(value) < 10 ? 3 : 1);
  if (name.endsWith("_variant")) return compact(value, SMALLEST);
  return name === "microstate_id" ? String(value) : signed(value, 0);
}
