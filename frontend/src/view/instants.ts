/** Instants of the registry (ISO 8601, microseconds) as people read and type them. */
import { formatDate, formatTime, zoneOffsetMs } from "./time-axis.js";
import type { Zone } from "./time-axis.js";

/** `2026-11-23 14:30:12`, in the zone. */
export function formatInstant(zone: Zone, iso: string): string {
  const ms = Date.parse(iso);
  return Number.isNaN(ms)
    ? iso
    : `${formatDate(zone, ms)} ${formatTime(zone, Math.floor(ms / 1000) * 1000, 1000)}`;
}

/** How long ago in one unit: `just now`, `3 min ago`, `2 days ago`. */
export function formatAgo(iso: string, nowMs: number): string {
  const seconds = Math.round((nowMs - Date.parse(iso)) / 1000);
  if (!(seconds >= 45)) return "just now";
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  if (hours < 36) return `${hours} h ago`;
  return `${Math.round(hours / 24)} days ago`;
}

/**
 * The instant of what a `datetime-local` input holds, read as a wall clock of the zone; null where it
 * holds none. Where clocks are put back, the earlier of the two instants.
 */
export function instantOfInput(zone: Zone, text: string): string | null {
  const wall = Date.parse(`${text}Z`);
  if (Number.isNaN(wall)) return null;
  const candidates = [wall - zoneOffsetMs(zone, wall - 6 * HOUR), wall - zoneOffsetMs(zone, wall + 6 * HOUR)];
  const real = candidates.filter((ms) => ms + zoneOffsetMs(zone, ms) === wall);
  return new Date(Math.min(...(real.length > 0 ? real : candidates))).toISOString();
}

/** The other way round: what such an input holds for an instant, to the second. */
export function inputOfInstant(zone: Zone, iso: string): string {
  const ms = Date.parse(iso);
  return Number.isNaN(ms)
    ? ""
    : `${formatDate(zone, ms)}T${formatTime(zone, Math.floor(ms / 1000) * 1000, 1000)}`;
}

const HOUR = 3_600_000;
