/** The exact exponential chain of the product's physics, for one impulse train over many ticks. */

const TAU_V = 2;
const TAU_A = 5;
const TAU_J = 10;

/** v, a and j of one train; index = tick. */
export class Train {
  readonly v: Float64Array;
  readonly a: Float64Array;
  readonly j: Float64Array;

  constructor(ticks: number) {
    this.v = new Float64Array(ticks);
    this.a = new Float64Array(ticks);
    this.j = new Float64Array(ticks);
  }

  hit(tick: number, quantity: number): void {
    add(this.v, tick, quantity / TAU_V);
    add(this.a, tick, quantity / (TAU_V * TAU_A));
    add(this.j, tick, quantity / (TAU_V * TAU_A * TAU_J));
  }

  /** Let `seconds` pass. */
  decay(seconds: number): void {
    const ev = Math.exp(-seconds / TAU_V);
    const ea = Math.exp(-seconds / TAU_A);
    const ej = Math.exp(-seconds / TAU_J);
    const p = 1 / (TAU_A - TAU_V);
    for (let i = 0; i < this.v.length; i += 1) {
      const v = this.v[i] ?? 0;
      const a = this.a[i] ?? 0;
      const j = this.j[i] ?? 0;
      if (v === 0 && a === 0 && j === 0) continue;
      const b = a - v * p;
      this.v[i] = v * ev;
      this.a[i] = a * ea + v * p * (ev - ea);
      this.j[i] = j * ej - ((v * p) / (TAU_V - TAU_J)) * (ev - ej) - (b / (TAU_A - TAU_J)) * (ea - ej);
    }
  }
}

/** Masses decay with their own time constant. */
export function decayMass(mass: Float64Array, seconds: number): void {
  const keep = Math.exp(-seconds / 30);
  for (let i = 0; i < mass.length; i += 1) mass[i] = (mass[i] ?? 0) * keep;
}

function add(array: Float64Array, index: number, amount: number): void {
  array[index] = (array[index] ?? 0) + amount;
}
