/**
 * When to connect, when to wait, when to give up: events in, instructions out.
 *
 * A pure state machine: it never touches a socket, a timer or a clock, so every path is a unit test.
 * `socket.ts` carries the instructions out.
 */

export const PROTOCOL = "qmachina.v1";
export const CLOSE_BAD_REQUEST = 1008;
/** Too slow where bins came; else: something that the gateway needs is down. */
export const CLOSE_TRY_AGAIN = 1013;
export const BACKOFF = { baseMs: 500, factor: 2, maxMs: 15_000 } as const;

export type Phase =
  | "idle"
  | "connecting"
  | "waiting_for_config"
  | "streaming"
  | "backing_off"
  /** The gateway said no (1008): asking again would not help. */
  | "refused"
  /** The session came to its end. */
  | "ended";

/** Why the connection is not streaming. `unreachable`: it never opened; `not_ready`: told to come again. */
export type Trouble = "none" | "unreachable" | "not_ready" | "lost" | "too_slow" | "malformed";

export interface ConnectionState {
  readonly phase: Phase;
  readonly trouble: Trouble;
  /** The server's or the decoder's own words. */
  readonly reason: string;
  /** Failed attempts since the last bin. */
  readonly attempt: number;
  readonly retryInMs: number;
  readonly sessionId: string | null;
  readonly lastBinSeq: number | null;
}

export type ConnectionEvent =
  | { readonly type: "start" }
  | { readonly type: "opened" }
  | { readonly type: "config"; readonly sessionId: string }
  | { readonly type: "bin"; readonly binSeq: number }
  | { readonly type: "end"; readonly reason: string }
  | { readonly type: "closed"; readonly code: number; readonly reason: string }
  | { readonly type: "malformed"; readonly reason: string }
  | { readonly type: "timer" }
  /** The user (or a restarted session) asks for a new connection from the beginning. */
  | { readonly type: "renew" };

export type Instruction =
  | { readonly do: "open"; readonly protocols: readonly string[] }
  | { readonly do: "close" }
  | { readonly do: "wait"; readonly delayMs: number };

export type Step = readonly [ConnectionState, readonly Instruction[]];

export const INITIAL: ConnectionState = {
  phase: "idle",
  trouble: "none",
  reason: "",
  attempt: 0,
  retryInMs: 0,
  sessionId: null,
  lastBinSeq: null,
};

/** The next state and what to do. `random` in [0, 1) spreads the retries of many viewers. */
export function step(state: ConnectionState, event: ConnectionEvent, random: number): Step {
  switch (event.type) {
    case "start":
      return state.phase === "idle" ? open(state) : [state, []];
    case "opened":
      return state.phase === "connecting" ? [{ ...state, phase: "waiting_for_config" }, []] : [state, []];
    case "config":
      return [onConfig(state, event.sessionId), []];
    case "bin":
      return [
        { ...state, phase: "streaming", trouble: "none", reason: "", attempt: 0, lastBinSeq: event.binSeq },
        [],
      ];
    case "end":
      return [{ ...state, phase: "ended", trouble: "none", reason: event.reason }, []];
    case "malformed":
      return backOff(state, "malformed", event.reason, random, [{ do: "close" }]);
    case "closed":
      return onClosed(state, event.code, event.reason, random);
    case "timer":
      return state.phase === "backing_off" ? open(state) : [state, []];
    case "renew":
      return open({ ...INITIAL }, [{ do: "close" }]);
  }
}

/** Milliseconds before the next attempt: doubling, capped, the upper half at random. */
export function backoffDelayMs(attempt: number, random: number): number {
  const ceiling = Math.min(BACKOFF.maxMs, BACKOFF.baseMs * BACKOFF.factor ** Math.max(0, attempt - 1));
  return Math.round(ceiling * (0.5 + 0.5 * random));
}

function open(state: ConnectionState, before: readonly Instruction[] = []): Step {
  const protocols = [PROTOCOL];
  if (state.sessionId !== null && state.lastBinSeq !== null) {
    protocols.push(`resume.${state.sessionId}.${state.lastBinSeq}`);
  }
  return [{ ...state, phase: "connecting", retryInMs: 0 }, [...before, { do: "open", protocols }]];
}

function onConfig(state: ConnectionState, sessionId: string): ConnectionState {
  const lastBinSeq = sessionId === state.sessionId ? state.lastBinSeq : null;
  return { ...state, phase: "streaming", trouble: "none", reason: "", sessionId, lastBinSeq };
}

function onClosed(state: ConnectionState, code: number, reason: string, random: number): Step {
  switch (state.phase) {
    case "idle":
    case "ended":
    case "refused":
    case "backing_off":
      return [state, []];
    case "connecting":
    case "waiting_for_config":
    case "streaming":
      if (code === CLOSE_BAD_REQUEST) return [{ ...state, phase: "refused", trouble: "none", reason }, []];
      return backOff(state, troubleOf(state.phase, code), reason, random, []);
  }
}

function troubleOf(phase: "connecting" | "waiting_for_config" | "streaming", code: number): Trouble {
  if (phase === "connecting") return "unreachable";
  if (code === CLOSE_TRY_AGAIN) return phase === "streaming" ? "too_slow" : "not_ready";
  return "lost";
}

function backOff(
  state: ConnectionState,
  trouble: Trouble,
  reason: string,
  random: number,
  before: readonly Instruction[],
): Step {
  const attempt = state.attempt + 1;
  const delayMs = backoffDelayMs(attempt, random);
  const next: ConnectionState = {
    ...state,
    phase: "backing_off",
    trouble,
    reason,
    attempt,
    retryInMs: delayMs,
  };
  return [next, [...before, { do: "wait", delayMs }]];
}
