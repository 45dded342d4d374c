/** A session in a list of sessions: pure. */
import type { SessionStatus } from "../wire/generated.js";
import { percent } from "./format.js";
import type { Tone } from "./words.js";

const TONES: Readonly<Record<SessionStatus["state"], Tone | "quiet">> = {
  pending: "busy",
  warming: "busy",
  running: "ok",
  paused: "warn",
  ended: "quiet",
  stopped: "quiet",
  failed: "bad",
};

export const isOver = ({ state }: SessionStatus): boolean =>
  state === "ended" || state === "stopped" || state === "failed";

export interface SessionWords {
  readonly tone: Tone | "quiet";
  readonly state: string;
  /** How far it is and how fast it plays; why it is over where it is. */
  readonly detail: string;
}

export function sessionWords(session: SessionStatus): SessionWords {
  const { state, pace, progress, reason } = session;
  const tone = TONES[state];
  if (isOver(session)) return { tone, state, detail: reason };
  const speed = pace.speed === "max" ? "as fast as possible" : `${pace.speed}×`;
  const waits = state === "pending" || state === "warming";
  return { tone, state, detail: waits ? "its book is being built" : `${percent(progress)}, ${speed}` };
}

/** Those that play first, otherwise as they came: the newest first. */
export function byLife(sessions: readonly SessionStatus[]): readonly SessionStatus[] {
  return [...sessions.filter((one) => !isOver(one)), ...sessions.filter(isOver)];
}
