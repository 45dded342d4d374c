/** Which field is shown in which colours: the choice of the user, and the scale that follows the data. */
import type { GridRing } from "../../store/ring.js";
import { easeMax, robustMax } from "../../view/colour-scale.js";
import type { ColourScale, Curve } from "../../view/colour-scale.js";
import { FORCES } from "../../view/fields.js";
import type { HeatField } from "../../view/fields.js";

const REFRESH_MS = 250;
const STEP = 1.02;

export class Colouring {
  field: HeatField = FORCES;
  curve: Curve = "root";
  /** The user's maximum; null for automatic. */
  manualMax: number | null = null;
  private autoMax: number | null = null;
  private goal: number | null = null;
  private measuredAtMs = -Infinity;
  private easedAtMs = 0;

  /** Another field or another session: the old scale means nothing. */
  reset(): void {
    this.autoMax = null;
    this.goal = null;
    this.measuredAtMs = -Infinity;
  }

  get scale(): ColourScale {
    return { max: this.manualMax ?? stepped(this.autoMax ?? 1), curve: this.curve };
  }

  /** Follow what is seen; true while the scale is still moving. */
  update(ring: GridRing, from: number, to: number, nowMs: number): boolean {
    if (nowMs - this.measuredAtMs >= REFRESH_MS) {
      this.goal = robustMax(ring, this.field, from, to) ?? this.goal;
      this.measuredAtMs = nowMs;
    }
    if (this.goal === null) return false;
    const before = this.autoMax;
    this.autoMax = easeMax(before, this.goal, nowMs - this.easedAtMs);
    this.easedAtMs = nowMs;
    return this.manualMax === null && this.autoMax !== this.goal;
  }
}

/** In steps that nobody sees, so that a picture whose scale creeps need not be painted anew every frame. */
function stepped(max: number): number {
  return STEP ** Math.round(Math.log(max) / Math.log(STEP));
}
