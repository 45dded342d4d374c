/** Numbers and times of experiments: as many digits as they are worth. */
import { MINUS, NOTHING, grouped, signed } from "./format.js";

/** A result in ticks, with its sign. */
export function ticks(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  return signed(value, Math.abs(value) >= 9.995 ? 2 : 3);
}

/** A probability or p-value: three decimals, more for small ones, never a false zero or one. */
export function probability(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  if (value <= 0) return "0";
  if (value < 1e-4) return value.toExponential(0).replace("-", MINUS);
  if (value < 0.001) return value.toFixed(5);
  if (value < 0.0095) return value.toFixed(4);
  if (value >= 1) return "1";
  return value >= 0.9995 ? ">0.999" : value.toFixed(3);
}

/** A share as a percentage with one decimal. */
export function share(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  return `${(value * 100).toFixed(1)}%`;
}

/** Milliseconds as 250 ms, 4.2 s, 3 min 20 s, 2 h 5 min. */
export function duration(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined || !Number.isFinite(milliseconds)) return NOTHING;
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds).toString()} s`;
  const minutes = Math.round(seconds) / 60;
  if (minutes < 60) return two(Math.floor(minutes), "min", Math.round(seconds) % 60, "s");
  const hours = Math.round(minutes) / 60;
  if (hours < 48) return two(Math.floor(hours), "h", Math.round(minutes) % 60, "min");
  return two(Math.floor(hours / 24), "d", Math.round(hours) % 24, "h");
}

function two(large: number, unit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`;
}

/** An instant of the services, in this computer's time. */
export function shortTime(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  const pad = (value: number): string => String(value).padStart(2, "0");
  const date = `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`;
  return `${date} ${pad(time.getHours())}:${pad(time.getMinutes())}`;
}

/** Points of a sweep in a second. */
export function rate(perSecond: number): string {
  const inAll = perSecond >= 0.95 ? perSecond : perSecond * 60;
  return `${grouped(Number(inAll.toPrecision(3)))}${perSecond >= 0.95 ? "/s" : "/min"}`;
}
