/** A small synthetic order book: seeded, plausible to look at, and nothing more. */
import { Train, decayMass } from "./physics.js";

export const TICKS = 4000;
export const SECONDS_PER_BIN = 0.1;

export interface BinFlowSums {
  events: number;
  trades: number;
  buys: number;
  sells: number;
  notional: number;
  ofi: number;
}

/** Deterministic random numbers in [0, 1) (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export class Market {
  readonly bid = new Float64Array(TICKS);
  readonly ask = new Float64Array(TICKS);
  readonly add = new Train(TICKS);
  readonly pull = new Train(TICKS);
  readonly fill = new Train(TICKS);
  readonly bidTrain = new Train(TICKS);
  readonly askTrain = new Train(TICKS);
  readonly addMass = new Float64Array(TICKS);
  readonly pullMass = new Float64Array(TICKS);
  readonly fillMass = new Float64Array(TICKS);
  readonly lastEvent = new BigInt64Array(TICKS);
  eventId = 0n;
  flow: BinFlowSums = noFlow();
  private readonly random: () => number;
  private drift = 0;
  private heat = 1;

  constructor(seed: number) {
    this.random = randomOf(seed);
    for (let d = 1; d <= 260; d += 1) {
      this.bid[TICKS / 2 - d] = this.restingSize(d);
      this.ask[TICKS / 2 + d] = this.restingSize(d);
    }
  }

  get bestBid(): number {
    let tick = TICKS - 1;
    while (tick > 0 && this.bid[tick] === 0) tick -= 1;
    return tick;
  }

  get bestAsk(): number {
    let tick = 0;
    while (tick < TICKS - 1 && this.ask[tick] === 0) tick += 1;
    return tick;
  }

  /** Play one bin. */
  step(): void {
    this.flow = noFlow();
    for (const train of [this.add, this.pull, this.fill, this.bidTrain, this.askTrain])
      train.decay(SECONDS_PER_BIN);
    for (const mass of [this.addMass, this.pullMass, this.fillMass]) decayMass(mass, SECONDS_PER_BIN);
    this.drift += -0.006 * this.drift + 0.03 * this.normal();
    this.heat = Math.max(0.35, this.heat + 0.05 * (1 - this.heat) + 0.16 * this.normal());
    if (this.random() < 0.004) this.heat = 5;
    const events = Math.round(38 * this.heat * (0.6 + 0.8 * this.random()));
    for (let i = 0; i < events; i += 1) this.event();
    if (this.random() < 0.02) this.wall();
  }

  private event(): void {
    this.eventId += 1n;
    this.flow.events += 1;
    const what = this.random();
    const up = this.random() < 0.5 + Math.max(-0.16, Math.min(0.16, this.drift * 0.2));
    if (what < 0.58) this.quote(up);
    else if (what < 0.95) this.cancel(!up);
    else this.trade(up);
  }

  private quote(bidSide: boolean): void {
    const depth = Math.floor(Math.abs(this.normal() * 5) + 14 * this.random() ** 4);
    const best = bidSide ? this.bestBid : this.bestAsk;
    const inside = this.bestAsk - this.bestBid > 1 && this.random() < 0.6 ? 1 : 0;
    const tick = bidSide ? best + inside - (inside ? 0 : depth) : best - inside + (inside ? 0 : depth);
    // Quotes seek the levels that were drained, or the book would wither.
    const there = (bidSide ? this.bid : this.ask)[tick] ?? 0;
    const usual = this.restingSize(depth + 1);
    this.put(bidSide, tick, Math.ceil(usual * Math.min(0.5, (0.1 * usual) / (there + 1))));
  }

  private cancel(bidSide: boolean): void {
    const depth = Math.floor(Math.abs(this.normal() * 6));
    const tick = bidSide ? this.bestBid - depth : this.bestAsk + depth;
    const book = bidSide ? this.bid : this.ask;
    const there = book[tick] ?? 0;
    const size = Math.min(there, Math.ceil(this.restingSize(depth + 1) * 0.13));
    if (size > 0) this.take(bidSide, tick, size, false);
  }

  private trade(buy: boolean): void {
    let left = Math.ceil(-Math.log(1 - this.random()) * 9 * this.heat);
    while (left > 0) {
      const tick = buy ? this.bestAsk : this.bestBid;
      const there = (buy ? this.ask : this.bid)[tick] ?? 0;
      const size = Math.min(left, there);
      if (size <= 0) return;
      this.take(!buy, tick, size, true);
      this.flow.trades += 1;
      this.flow.notional += size * tick;
      if (buy) this.flow.buys += size;
      else this.flow.sells += size;
      left -= size;
    }
  }

  /** A large order on a round price, or the end of one. */
  private wall(): void {
    const bidSide = this.random() < 0.5;
    const away = 6 + Math.floor(this.random() * 34);
    const raw = bidSide ? this.bestBid - away : this.bestAsk + away;
    const tick = Math.round(raw / 4) * 4;
    const there = (bidSide ? this.bid : this.ask)[tick] ?? 0;
    if (there > 400) this.take(bidSide, tick, there * 0.8, false);
    else this.put(bidSide, tick, 350 + Math.floor(500 * this.random()));
  }

  private put(bidSide: boolean, tick: number, size: number): void {
    const book = bidSide ? this.bid : this.ask;
    if (bidSide ? tick >= this.bestAsk : tick <= this.bestBid) return;
    book[tick] = (book[tick] ?? 0) + size;
    this.add.hit(tick, size);
    (bidSide ? this.bidTrain : this.askTrain).hit(tick, size);
    this.addMass[tick] = (this.addMass[tick] ?? 0) + size;
    this.note(tick, bidSide ? size : -size);
  }

  private take(bidSide: boolean, tick: number, size: number, filled: boolean): void {
    const book = bidSide ? this.bid : this.ask;
    book[tick] = Math.max(0, (book[tick] ?? 0) - Math.round(size));
    (filled ? this.fill : this.pull).hit(tick, size);
    (bidSide ? this.bidTrain : this.askTrain).hit(tick, -size);
    const mass = filled ? this.fillMass : this.pullMass;
    mass[tick] = (mass[tick] ?? 0) + size;
    this.note(tick, bidSide ? -size : size);
  }

  private note(tick: number, imbalance: number): void {
    this.lastEvent[tick] = this.eventId;
    if (Math.abs(tick - (this.bestBid + this.bestAsk) / 2) < 2) this.flow.ofi += Math.round(imbalance);
  }

  private restingSize(depth: number): number {
    return Math.max(1, Math.round((28 + 5 * Math.min(depth, 9)) * (0.5 + this.random())));
  }

  private normal(): number {
    const u = 1 - this.random();
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * this.random());
  }
}

function noFlow(): BinFlowSums {
  return { events: 0, trades: 0, buys: 0, sells: 0, notional: 0, ofi: 0 };
}
