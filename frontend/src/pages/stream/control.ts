/** Pause, speed, restart and stop; and what the gateway says of the session, asked every two seconds. */
import { RequestFailed, describeError } from "../../wire/errors.js";
import type { SessionStatus } from "../../wire/generated.js";
import type { GatewayClient, SessionAction, Speed } from "../../wire/rest.js";
import { option, required } from "../dom.js";

const POLL_MS = 2000;
const SPEEDS: readonly Speed[] = [0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, "max"];

export interface ControlListener {
  readonly onStatus: (status: SessionStatus | null, roundTripMs: number | null) => void;
  readonly onRestarted: () => void;
  readonly onFailure: (words: string) => void;
}

export class SessionControl {
  private readonly pause = required("pause", HTMLButtonElement);
  private readonly speed = required("speed", HTMLSelectElement);
  private readonly restartButton = required("restart", HTMLButtonElement);
  private readonly stop = required("stop", HTMLButtonElement);
  private sessionId: string | null = null;
  private paused = false;

  constructor(
    private readonly gateway: GatewayClient,
    private readonly listener: ControlListener,
  ) {
    this.speed.append(...SPEEDS.map((value) => option(String(value), value === "max" ? "max" : `${value}×`)));
    this.speed.value = "1";
    this.pause.addEventListener("click", () => {
      this.togglePause();
    });
    this.speed.addEventListener("change", () => {
      const { value } = this.speed;
      void this.send("speed", value === "max" ? value : Number(value));
    });
    this.restartButton.addEventListener("click", () => {
      this.restart();
    });
    this.stop.addEventListener("click", () => {
      void this.send("stop");
    });
    setInterval(() => void this.poll(), POLL_MS);
  }

  openSession(id: string): void {
    this.sessionId = id;
    for (const control of [this.pause, this.speed, this.restartButton, this.stop]) control.disabled = false;
    void this.poll();
  }

  togglePause(): void {
    if (this.sessionId !== null) void this.send(this.paused ? "resume" : "pause");
  }

  restart(): void {
    void this.send("restart").then((done) => {
      // Where somebody else was faster (409), there is a new session to go to as well.
      if (done) this.listener.onRestarted();
    });
  }

  private async send(action: SessionAction, speed?: Speed): Promise<boolean> {
    if (this.sessionId === null) return false;
    try {
      await this.gateway.control(this.sessionId, action, speed);
    } catch (error) {
      if (action === "restart" && error instanceof RequestFailed && error.status === 409) return true;
      this.listener.onFailure(describeError(error));
      return false;
    }
    if (action !== "restart") await this.poll();
    return true;
  }

  private async poll(): Promise<void> {
    if (this.sessionId === null || document.hidden) return;
    const started = performance.now();
    let status: SessionStatus;
    try {
      status = await this.gateway.session(this.sessionId);
    } catch {
      // The stream itself reports a gateway that is gone; here it only means that nothing is known.
      this.listener.onStatus(null, null);
      return;
    }
    this.paused = status.state === "paused";
    this.pause.textContent = this.paused ? "Resume" : "Pause";
    if (document.activeElement !== this.speed) this.showSpeed(status.pace.speed);
    this.listener.onStatus(status, performance.now() - started);
  }

  /** Somebody else may have chosen a speed that is not in the list. */
  private showSpeed(speed: Speed): void {
    const value = String(speed);
    if (!Array.from(this.speed.options).some((known) => known.value === value)) {
      this.speed.append(option(value, `${value}×`));
    }
    this.speed.value = value;
  }
}
