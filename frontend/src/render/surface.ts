/** A canvas with its size in CSS pixels: drawing code need not know the screen's density. */

export class Surface {
  readonly context: CanvasRenderingContext2D;
  width = 0;
  height = 0;

  constructor(private readonly canvas: HTMLCanvasElement) {
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("this browser offers no 2D canvas");
    this.context = context;
  }

  resize(width: number, height: number, pixelRatio: number): void {
    const { canvas } = this;
    canvas.width = Math.max(1, Math.round(width * pixelRatio));
    canvas.height = Math.max(1, Math.round(height * pixelRatio));
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    this.width = width;
    this.height = height;
    this.context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  }

  clear(): void {
    this.context.clearRect(0, 0, this.width, this.height);
  }

  /** Draw inside a rectangle: the origin is its corner, nothing leaves it. */
  within(rect: { x: number; y: number; width: number; height: number }, draw: () => void): void {
    const { context } = this;
    context.save();
    context.beginPath();
    context.rect(rect.x, rect.y, rect.width, rect.height);
    context.clip();
    context.translate(rect.x, rect.y);
    draw();
    context.restore();
  }
}

/** A horizontal or vertical line looks sharp on half pixels. */
export function crisp(value: number): number {
  return Math.round(value) + 0.5;
}
