import { describe, expect, it } from "vitest";
import { INITIAL } from "../../src/wire/connection.js";
import type { ConnectionState } from "../../src/wire/connection.js";
import type { SessionEnd } from "../../src/wire/generated.js";
import { compact, grouped, percent, signed } from "../../src/view/format.js";
import { Redraw, RedrawQueue } from "../../src/view/redraw.js";
import type { RedrawLevel } from "../../src/view/redraw.js";
import { statusWords } from "../../src/view/words.js";
import type { StatusFacts, StatusWords } from "../../src/view/words.js";

function words(connection: Partial<ConnectionState>, more: Partial<StatusFacts> = {}): StatusWords {
  return statusWords({
    connection: { ...INITIAL, ...connection },
    sessionState: "",
    sessionReason: "",
    end: null,
    hasBins: false,
    gatewayReason: "",
    ...more,
  });
}
const end = (state: SessionEnd["state"], reason: string): SessionEnd => ({
  type: "session_end",
  session_id: "s",
  state,
  reason,
  last_bin_seq: 9n,
});

describe("every state is said in words", () => {
  it("live needs none but the pill", () => {
    expect(words({ phase: "streaming" }, { hasBins: true })).toMatchObject({
      tone: "ok",
      label: "live",
      title: "",
    });
  });

  it("before the first bin: connecting, starting, warming up", () => {
    expect(words({ phase: "connecting" }).title).toBe("Connecting to the gateway");
    expect(words({ phase: "waiting_for_config" }).title).toContain("starting");
    expect(words({ phase: "streaming" }).title).toContain("warming up");
  });

  it("an unknown serving: the gateway's reason, unchanged", () => {
    const reason = "unknown serving 'nope'; there are: demo";
    const refused = words({ phase: "refused", reason });
    expect(refused).toMatchObject({
      tone: "bad",
      remedy: "choose",
      title: "The gateway refused this stream",
    });
    expect(refused.detail).toBe("Unknown serving 'nope'; there are: demo.");
  });

  it("a path at the start of a reason keeps its letters", () => {
    expect(words({ phase: "refused", reason: "raw/es.dbn: truncated" }).detail).toBe(
      "raw/es.dbn: truncated.",
    );
  });

  it("an unreachable gateway, and one that says why it is not ready", () => {
    const gone = { phase: "backing_off", trouble: "unreachable", attempt: 3 } as const;
    expect(words(gone)).toMatchObject({ title: "The gateway cannot be reached", remedy: "retry" });
    expect(words(gone).detail).toBe("Trying again (attempt 4).");
    const notReady = words(gone, { gatewayReason: "redis is down" });
    expect(notReady.title).toBe("The gateway is not ready");
    expect(notReady.detail).toContain("Redis is down.");
  });

  it("too slow, lost, not ready and malformed are told apart", () => {
    const said = (trouble: ConnectionState["trouble"]): string =>
      words({ phase: "backing_off", trouble, attempt: 1, reason: "because" }).title;
    const titles = (["too_slow", "lost", "not_ready", "malformed"] as const).map(said);
    expect(new Set(titles).size).toBe(4);
    expect(titles[0]).toContain("could not keep up");
  });

  it("while it tries again, the trouble stays on the screen", () => {
    expect(words({ phase: "connecting", trouble: "lost", attempt: 2 }).title).toContain("was lost");
  });

  it("a session that failed: why, and how to go on", () => {
    const failed = words({ phase: "ended" }, { end: end("failed", "data.dbn: truncated at byte 9") });
    expect(failed).toMatchObject({ tone: "bad", label: "failed", remedy: "restart" });
    expect(failed.detail).toBe("data.dbn: truncated at byte 9.");
    expect(words({ phase: "streaming" }, { sessionState: "failed", sessionReason: "no data" }).label).toBe(
      "failed",
    );
  });

  it("a session that ended or was stopped", () => {
    expect(words({ phase: "ended" }, { end: end("ended", "") }).title).toContain("reached its end");
    expect(words({ phase: "ended" }, { end: end("stopped", "stopped by request") })).toMatchObject({
      label: "stopped",
      detail: "Stopped by request.",
      remedy: "restart",
    });
  });

  it("a paused session is shown as paused, without covering the chart", () => {
    expect(words({ phase: "streaming" }, { sessionState: "paused", hasBins: true })).toMatchObject({
      label: "paused",
      title: "",
    });
  });
});

describe("numbers", () => {
  it.each([
    [0, "0"],
    [3, "3"],
    [0.12345, "0.123"],
    [12.345, "12.35"],
    [123.45, "123.5"],
    [1234.5, "1235"],
    [12_345, "12.3k"],
    [123_456, "123k"],
    [1_234_567, "1.23M"],
    [-5.5, "\u22125.500"],
    [0.000123, "1.2e\u22124"],
    [NaN, "\u2013"],
    [null, "\u2013"],
  ])("%d is %s", (value, text) => {
    expect(compact(value)).toBe(text);
  });

  it("what is smaller than the floor rounds to nothing, and nothing stays nothing", () => {
    expect([compact(-1.2e-12, 0.0005), compact(0, 0.0005), compact(0.0006, 0.0005)]).toEqual([
      "0.000",
      "0",
      "6.0e\u22124",
    ]);
  });

  it("signs are shown, but nothing has none", () => {
    expect([signed(0.5), signed(-0.5), signed(-0.001), signed(7, 0)]).toEqual([
      "+0.50",
      "\u22120.50",
      "0.00",
      "+7",
    ]);
    expect([percent(0.256), percent(NaN), grouped(1234567n)]).toEqual(["26%", "\u2013", "1,234,567"]);
  });
});

describe("the redraw queue", () => {
  function queueOf(again: RedrawLevel[]): {
    queue: RedrawQueue;
    frames: (() => void)[];
    drawn: RedrawLevel[];
  } {
    const frames: (() => void)[] = [];
    const drawn: RedrawLevel[] = [];
    const draw = (level: RedrawLevel): RedrawLevel => {
      drawn.push(level);
      return again.shift() ?? Redraw.None;
    };
    const queue = new RedrawQueue(draw, (callback) => {
      frames.push(() => {
        callback(0);
      });
    });
    return { queue, frames, drawn };
  }

  it("draws once a frame, at the highest level that was asked", () => {
    const { queue, frames, drawn } = queueOf([]);
    queue.invalidate(Redraw.Cursor);
    queue.invalidate(Redraw.Layout);
    queue.invalidate(Redraw.Scene);
    expect(frames).toHaveLength(1);
    frames.shift()?.();
    expect(drawn).toEqual([Redraw.Layout]);
    expect(frames).toHaveLength(0);
  });

  it("goes on while the picture moves, then rests", () => {
    const { queue, frames, drawn } = queueOf([Redraw.Scene, Redraw.None]);
    queue.invalidate(Redraw.Scene);
    frames.shift()?.();
    frames.shift()?.();
    expect(frames).toHaveLength(0);
    expect(drawn).toEqual([Redraw.Scene, Redraw.Scene]);
  });

  it("does nothing for nothing", () => {
    const { queue, frames } = queueOf([]);
    queue.invalidate(Redraw.None);
    expect(frames).toHaveLength(0);
  });
});
