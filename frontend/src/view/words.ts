/** Every state of the stream, good or bad, said in words, with what the user can do about it. */
import type { SessionEnd } from "../wire/generated.js";
import type { ConnectionState } from "../wire/connection.js";

export type Tone = "ok" | "busy" | "warn" | "bad";
export type Remedy = "retry" | "restart" | "choose";

export interface StatusWords {
  readonly tone: Tone;
  /** For the pill in the header. */
  readonly label: string;
  /** For the banner; empty where there is nothing to say. */
  readonly title: string;
  readonly detail: string;
  readonly remedy: Remedy | null;
}

export interface StatusFacts {
  readonly connection: ConnectionState;
  /** The session's state by the gateway, "" while unknown. */
  readonly sessionState: string;
  readonly sessionReason: string;
  readonly end: SessionEnd | null;
  readonly hasBins: boolean;
  /** What /ready said after a failed attempt; "" for nothing. */
  readonly gatewayReason: string;
}

export function statusWords(facts: StatusFacts): StatusWords {
  switch (facts.connection.phase) {
    case "idle":
    case "connecting":
      return facts.connection.attempt > 0
        ? troubleWords(facts)
        : quiet("busy", "connecting", "Connecting to the gateway", "");
    case "waiting_for_config":
      return quiet("busy", "starting", "Connected. The session is starting", WARMING);
    case "streaming":
      return streamingWords(facts);
    case "backing_off":
      return troubleWords(facts);
    case "refused":
      return {
        tone: "bad",
        label: "refused",
        title: "The gateway refused this stream",
        detail: sentence(facts.connection.reason || "It gave no reason"),
        remedy: "choose",
      };
    case "ended":
      return endWords(facts);
  }
}

const WARMING = "Its book is built from the beginning of the file before the first bin appears.";

function streamingWords(facts: StatusFacts): StatusWords {
  if (facts.sessionState === "failed") return failed(facts.sessionReason);
  if (facts.sessionState === "paused") return quiet("warn", "paused", "", "");
  if (facts.hasBins) return quiet("ok", "live", "", "");
  return quiet("busy", "warming up", "The session is warming up", WARMING);
}

function troubleWords({ connection, gatewayReason }: StatusFacts): StatusWords {
  const retry = `Trying again${connection.attempt > 1 ? ` (attempt ${connection.attempt + 1})` : ""}.`;
  const base = { tone: "bad", remedy: "retry" } as const;
  switch (connection.trouble) {
    case "too_slow":
      return {
        ...base,
        tone: "warn",
        label: "too slow",
        title: "This viewer could not keep up, so the gateway closed it",
        detail: `It reconnects where it stopped. A slower playback speed or a smaller window helps. ${retry}`,
      };
    case "malformed":
      return {
        ...base,
        label: "bad message",
        title: "The gateway sent something that this page does not understand",
        detail: `${sentence(connection.reason)} ${retry}`,
      };
    case "not_ready":
      return {
        ...base,
        label: "not ready",
        title: "The gateway is not ready",
        detail: `${sentence(connection.reason)} ${retry}`,
      };
    case "lost":
      return {
        ...base,
        tone: "warn",
        label: "reconnecting",
        title: "The connection to the gateway was lost",
        detail: `${connection.reason === "" ? "" : `${sentence(connection.reason)} `}${retry}`,
      };
    case "unreachable":
    case "none":
      return {
        ...base,
        label: "unreachable",
        title: gatewayReason === "" ? "The gateway cannot be reached" : "The gateway is not ready",
        detail: `${gatewayReason === "" ? "" : `${sentence(gatewayReason)} `}${retry}`,
      };
  }
}

function endWords({ end, connection }: StatusFacts): StatusWords {
  const reason = end?.reason ?? connection.reason;
  if (end?.state === "failed") return failed(reason);
  const title = end?.state === "stopped" ? "The session was stopped" : "The session has reached its end";
  const detail = reason === "" ? "" : sentence(reason);
  return { tone: "warn", label: end?.state ?? "ended", title, detail, remedy: "restart" };
}

function failed(reason: string): StatusWords {
  return {
    tone: "bad",
    label: "failed",
    title: "The session failed",
    detail: sentence(reason === "" ? "The gateway gave no reason" : reason),
    remedy: "restart",
  };
}

function quiet(tone: Tone, label: string, title: string, detail: string): StatusWords {
  return { tone, label, title, detail, remedy: null };
}

/** A full stop at the end, and a large first letter where it starts with a word (not with a path or a name). */
function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === "") return "";
  const first = /^[a-z]+ /.test(trimmed) ? trimmed.charAt(0).toUpperCase() + trimmed.slice(1) : trimmed;
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
