/**
 * Named redraw levels: a change says how much it spoils, one animation frame repairs the most of it.
 *
 * Each level includes the ones below it.
 */

export const Redraw = {
  None: 0,
  /** Only the crosshair and its readout. */
  Cursor: 1,
  /** New bins or a moved camera: heatmap, trails, axes, profile. */
  Scene: 2,
  /** New size, theme or session: everything, canvases included. */
  Layout: 3,
} as const;

export type RedrawLevel = (typeof Redraw)[keyof typeof Redraw];

/** Draws one frame; returns the level that the next frame needs (None when at rest). */
export type DrawFrame = (level: RedrawLevel, nowMs: number) => RedrawLevel;

export class RedrawQueue {
  private level: RedrawLevel = Redraw.None;
  private scheduled = false;

  constructor(
    private readonly draw: DrawFrame,
    private readonly requestFrame: (callback: (nowMs: number) => void) => void,
  ) {}

  invalidate(level: RedrawLevel): void {
    if (level > this.level) this.level = level;
    if (this.level === Redraw.None || this.scheduled) return;
    this.scheduled = true;
    this.requestFrame((nowMs) => {
      this.run(nowMs);
    });
  }

  private run(nowMs: number): void {
    const level = this.level;
    this.level = Redraw.None;
    this.scheduled = false;
    this.invalidate(this.draw(level, nowMs));
  }
}
