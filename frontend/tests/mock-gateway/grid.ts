/** From the synthetic book to the columns of one grid, and to the Arrow stream that carries them. */
import {
  Field,
  Float64,
  Int32,
  Int64,
  Int8,
  RecordBatch,
  Schema,
  Struct,
  Table,
  makeData,
  tableToIPC,
} from "apache-arrow";
import type { DataType } from "apache-arrow";
import { GRID_COLUMNS } from "../../src/wire/generated.js";
import type { Market } from "./market.js";

type Values = Float64Array | Int32Array | Int8Array | BigInt64Array;
export type GridValues = Readonly<Record<string, Values>>;

const TYPES = { float64: Float64, int32: Int32, int8: Int8, int64: Int64 } as const;
const ARRAYS = { float64: Float64Array, int32: Int32Array, int8: Int8Array, int64: BigInt64Array } as const;

/** What a grid needs from the bins before it: one trailing mean of the composite a tick. */
export interface Memory {
  readonly composite: Map<number, number>;
  readonly slope: Map<number, number>;
}

export interface Moves {
  readonly ask: number;
  readonly bid: number;
}

export function gridOf(
  market: Market,
  spot: number,
  radius: number,
  moves: Moves,
  memory: Memory,
): GridValues {
  const rows = 2 * radius + 1;
  const grid: Record<string, Values> = {};
  for (const { name, dtype } of GRID_COLUMNS) grid[name] = new ARRAYS[dtype](rows);
  for (let row = 0; row < rows; row += 1) fillRow(grid, row, row - radius, spot, market, moves, memory);
  return grid;
}

function fillRow(
  grid: Record<string, Values>,
  row: number,
  k: number,
  spot: number,
  market: Market,
  moves: Moves,
  memory: Memory,
): void {
  const tick = spot + k;
  const set = (name: string, value: number): void => {
    const column = grid[name];
    if (column !== undefined && !(column instanceof BigInt64Array)) column[row] = value;
  };
  const trains = {
    add: market.add,
    pull: market.pull,
    fill: market.fill,
    bid_depth: market.bidTrain,
    ask_depth: market.askTrain,
  };
  for (const order of ["v", "a", "j"] as const) {
    for (const [name, train] of Object.entries(trains)) set(`${order}_${name}`, train[order][tick] ?? 0);
    set(`${order}_rest_depth`, (market.bidTrain[order][tick] ?? 0) + (market.askTrain[order][tick] ?? 0));
  }
  const rest = (market.bidTrain.v[tick] ?? 0) + (market.askTrain.v[tick] ?? 0);
  const pressure =
    (market.add.v[tick] ?? 0) + 0.5 * Math.max(0, rest) + 0.3 * Math.max(0, market.add.a[tick] ?? 0);
  const drained = (market.pull.v[tick] ?? 0) + 1.5 * (market.fill.v[tick] ?? 0);
  const vacuum = drained + 0.5 * Math.max(0, -rest) + 0.3 * Math.max(0, market.pull.a[tick] ?? 0);
  set("k", k);
  set("pressure_variant", pressure);
  set("vacuum_variant", vacuum);
  set("add_mass", market.addMass[tick] ?? 0);
  set("pull_mass", market.pullMass[tick] ?? 0);
  set("fill_mass", market.fillMass[tick] ?? 0);
  set("bid_depth", market.bid[tick] ?? 0);
  set("ask_depth", market.ask[tick] ?? 0);
  set("rest_depth", (market.bid[tick] ?? 0) + (market.ask[tick] ?? 0));
  const raw = (pressure - vacuum) / (pressure + vacuum + 1e-6);
  const before = memory.composite.get(tick) ?? 0;
  const composite = before + 0.12 * (raw - before);
  const d1 = (composite - before) / 0.1;
  const d1Before = memory.slope.get(tick) ?? 0;
  const score = Math.tanh(d1 * 1.6) * 0.7;
  memory.composite.set(tick, composite);
  memory.slope.set(tick, d1);
  set("composite", composite);
  set("composite_d1", d1);
  set("composite_d2", (d1 - d1Before) / 0.1);
  set("composite_d3", 0);
  set("flow_score", score);
  set("flow_state_code", Math.abs(score) < 0.15 ? 0 : Math.sign(score));
  setIndicators(set, k, moves);
  const events = grid["last_event_id"];
  if (events instanceof BigInt64Array) events[row] = market.lastEvent[tick] ?? 0n;
}

function setIndicators(set: (name: string, value: number) => void, k: number, moves: Moves): void {
  const ask = Math.sign(moves.ask);
  const bid = Math.sign(moves.bid);
  set("best_ask_move_ticks", moves.ask);
  set("best_bid_move_ticks", moves.bid);
  set("ask_reprice_sign", ask);
  set("bid_reprice_sign", bid);
  set("microstate_id", 3 * (ask + 1) + bid + 1);
  set("state5_code", state5(k, ask, bid));
  set("chase_up_flag", ask > 0 && bid > 0 ? 1 : 0);
  set("chase_down_flag", ask < 0 && bid < 0 ? 1 : 0);
}

/** The product's table of states by the moves of the touch. */
export function state5(k: number, ask: number, bid: number): number {
  if (k === 0 || (ask === 0 && bid === 0) || (ask === -1 && bid === 1)) return 0;
  const bull = bid === 1 && ask >= 0;
  if (k > 0) return bull ? 2 : -1;
  return bull ? 1 : -2;
}

export function gridFields(): Field[] {
  return GRID_COLUMNS.map(({ name, dtype }) => new Field(name, new TYPES[dtype](), false));
}

export function gridData(grid: GridValues): ReturnType<typeof makeData>[] {
  return GRID_COLUMNS.map(({ name, dtype }) => {
    const type: DataType = new TYPES[dtype]();
    return makeData({ type, data: grid[name], nullCount: 0 } as Parameters<typeof makeData>[0]);
  });
}

/** One complete Arrow IPC stream, by the reference implementation (the page decodes with another one). */
export function encodeGrid(grid: GridValues): Uint8Array {
  const fields = gridFields();
  const schema = new Schema(fields);
  const length = grid["k"]?.length ?? 0;
  const children = gridData(grid);
  const batch = new RecordBatch(
    schema,
    makeData({ type: new Struct(fields), length, nullCount: 0, children }),
  );
  return tableToIPC(new Table(schema, batch), "stream");
}
