/**
 * Carries out what `connection.ts` decides: the only owner of the WebSocket and of the retry timer.
 */
import { StreamAssembler } from "./assemble.js";
import type { StreamEvent } from "./assemble.js";
import { CLOSE_BAD_REQUEST, INITIAL, step } from "./connection.js";
import type { ConnectionEvent, ConnectionState, Instruction } from "./connection.js";
import { describeError } from "./errors.js";
import { isTokenRefusal, protocolsWithToken, wantToken } from "./token.js";

export interface StreamHandlers {
  readonly onEvent: (event: StreamEvent) => void;
  readonly onState: (state: ConnectionState) => void;
}

/** A viewer's connection to one serving, kept alive until stop(). */
export class StreamSocket {
  private state: ConnectionState = INITIAL;
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly url: string,
    private readonly handlers: StreamHandlers,
  ) {}

  start(): void {
    this.dispatch({ type: "start" });
  }

  /** Connect anew, from the beginning of what the gateway has to offer. */
  renew(): void {
    this.dispatch({ type: "renew" });
  }

  /** Retry now rather than when the timer is due. */
  retryNow(): void {
    this.dispatch({ type: "timer" });
  }

  stop(): void {
    this.clearTimer();
    this.drop();
  }

  private dispatch(event: ConnectionEvent): void {
    const [next, instructions] = step(this.state, event, Math.random());
    const changed = next.phase !== this.state.phase || next.reason !== this.state.reason;
    this.state = next;
    instructions.forEach((instruction) => {
      this.obey(instruction);
    });
    if (changed) this.handlers.onState(next);
  }

  private obey(instruction: Instruction): void {
    switch (instruction.do) {
      case "open":
        this.open(instruction.protocols);
        return;
      case "close":
        this.drop();
        return;
      case "wait":
        this.clearTimer();
        this.timer = setTimeout(() => {
          this.dispatch({ type: "timer" });
        }, instruction.delayMs);
        return;
    }
  }

  private open(protocols: readonly string[]): void {
    this.clearTimer();
    const socket = new WebSocket(this.url, protocolsWithToken(protocols));
    const assembler = new StreamAssembler();
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    // A socket that was replaced may still speak; only the present one is heard.
    socket.onopen = () => {
      if (this.socket === socket) this.dispatch({ type: "opened" });
    };
    socket.onmessage = (message: MessageEvent<string | ArrayBuffer>) => {
      if (this.socket === socket) this.receive(assembler, message.data);
    };
    // An error is always followed by a close, which says more.
    socket.onerror = () => undefined;
    socket.onclose = (close) => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.dispatch({ type: "closed", code: close.code, reason: close.reason });
      if (close.code === CLOSE_BAD_REQUEST && isTokenRefusal(close.reason))
        void this.askForToken(close.reason);
    };
  }

  private async askForToken(why: string): Promise<void> {
    if (await wantToken(why)) this.renew();
  }

  private receive(assembler: StreamAssembler, data: string | ArrayBuffer): void {
    let event: StreamEvent | null;
    try {
      event = assembler.take(data);
      if (event !== null) this.handlers.onEvent(event);
    } catch (error) {
      this.dispatch({ type: "malformed", reason: describeError(error) });
      return;
    }
    switch (event?.type) {
      case undefined:
        return;
      case "config":
        this.dispatch({ type: "config", sessionId: event.config.session.id });
        return;
      case "bin":
        this.dispatch({ type: "bin", binSeq: Number(event.update.bin_seq) });
        return;
      case "end":
        this.dispatch({ type: "end", reason: event.end.reason });
        return;
    }
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close(1000);
  }

  private clearTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}
