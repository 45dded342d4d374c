/** Whether the gateway can do its work, in words for a page's header. */
import type { Health } from "../wire/rest.js";
import type { Tone } from "./words.js";

export interface HealthWords {
  readonly tone: Tone;
  readonly label: string;
  /** What is missing, one line each; empty where nothing is. */
  readonly detail: string;
}

/** `null`: not asked yet. */
export function healthWords(health: Health | null): HealthWords {
  switch (health?.state) {
    case undefined:
      return { tone: "busy", label: "connecting", detail: "" };
    case "ready":
      return { tone: "ok", label: "ready", detail: "The gateway has all that it needs" };
    case "not_ready":
      return { tone: "warn", label: "not ready", detail: health.reason };
    case "unreachable":
      return { tone: "bad", label: "unreachable", detail: "The gateway does not answer" };
  }
}
