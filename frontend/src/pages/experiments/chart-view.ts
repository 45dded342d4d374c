/** A chart with its title, its legend and a reading of what is pointed at. It draws itself anew when its size changes. */
import { drawChart } from "../../render/chart-svg.js";
import type { ChartPicture, Look, Size } from "../../view/chart-picture.js";
import { make } from "../dom.js";

export interface ChartOptions {
  readonly title: string;
  readonly className?: string;
  readonly legend?: readonly (readonly [Look, string])[];
  readonly picture: (size: Size) => ChartPicture;
  /** What is at that pixel, in words. */
  readonly reading: (x: number, size: Size) => string;
  readonly pick?: (x: number, size: Size) => void;
}

export class ChartView {
  readonly host: HTMLElement;
  private readonly svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  private readonly needle = make("i", { className: "needle", hidden: true });
  private readonly caption: HTMLElement;
  private readonly said = make("output", { className: "reading" });
  private size: Size = { width: 0, height: 0, em: 12 };

  constructor(private readonly options: ChartOptions) {
    const { title, className = "", legend = [], pick } = options;
    this.svg.setAttribute("role", "img");
    this.svg.setAttribute("aria-label", title);
    const keys = legend.map(([look, words]) =>
      make("span", { className: "key" }, [make("i", { className: `key-${look}` }), words]),
    );
    this.caption = make("figcaption", {}, [
      make("span", { className: "title", textContent: title }),
      ...keys,
      this.said,
    ]);
    const frame = make("div", { className: "frame" });
    frame.append(this.svg, this.needle);
    this.host = make("figure", { className: `chart ${className}` }, [this.caption, frame]);
    frame.addEventListener("pointermove", ({ offsetX }) => {
      this.point(offsetX);
    });
    frame.addEventListener("pointerleave", () => {
      this.leave();
    });
    if (pick !== undefined) {
      frame.classList.add("picks");
      frame.addEventListener("click", ({ offsetX }) => {
        pick(offsetX, this.size);
      });
    }
    new ResizeObserver(([entry]) => {
      if (entry !== undefined) this.resized(entry.contentRect);
    }).observe(frame);
  }

  redraw(): void {
    if (this.size.width > 0) drawChart(this.svg, this.options.picture(this.size));
  }

  private resized({ width, height }: DOMRectReadOnly): void {
    const em = parseFloat(getComputedStyle(this.svg).fontSize);
    this.size = { width: Math.round(width), height: Math.round(height), em };
    this.redraw();
  }

  private point(x: number): void {
    const words = this.options.reading(x, this.size);
    this.said.textContent = words;
    this.caption.classList.toggle("pointed", words !== "");
    this.needle.hidden = words === "";
    this.needle.style.left = `${x}px`;
  }

  private leave(): void {
    this.said.textContent = "";
    this.caption.classList.remove("pointed");
    this.needle.hidden = true;
  }
}
