/** Field, curve, scale and layers: the choices of how the picture is drawn. */
import { drawLegend } from "../../render/legend.js";
import type { Session } from "../../store/session.js";
import { CURVES, denormalise } from "../../view/colour-scale.js";
import type { Curve } from "../../view/colour-scale.js";
import { FORCES, heatFields } from "../../view/fields.js";
import type { HeatField } from "../../view/fields.js";
import { compact, signed } from "../../view/format.js";
import { Redraw } from "../../view/redraw.js";
import { make, option, required } from "../dom.js";
import { remember, remembered } from "../preferences.js";
import type { StreamChart } from "./chart.js";

const CURVE_NAMES: Readonly<Record<Curve, string>> = {
  linear: "linear",
  root: "square root",
  log: "logarithmic",
};

export class Toolbar {
  private readonly fieldSelect = required("field", HTMLSelectElement);
  private readonly curveSelect = required("curve", HTMLSelectElement);
  private readonly maxInput = required("scale-max", HTMLInputElement);
  private readonly autoButton = required("scale-auto", HTMLButtonElement);
  private readonly legendCanvas = required("legend-canvas", HTMLCanvasElement);
  private readonly legendMarks = required("legend-marks", HTMLElement);
  private fields: readonly HeatField[] = [FORCES];
  private shownLegend = "";

  constructor(private readonly chart: StreamChart) {
    chart.colouring.curve = remembered("curve", CURVES, "root");
    this.curveSelect.append(...CURVES.map((curve) => option(curve, CURVE_NAMES[curve])));
    this.curveSelect.value = chart.colouring.curve;
    this.fieldSelect.addEventListener("change", () => {
      this.chooseField(this.fieldSelect.value);
      remember("field", this.fieldSelect.value);
    });
    this.curveSelect.addEventListener("change", () => {
      chart.colouring.curve = CURVES.find((curve) => curve === this.curveSelect.value) ?? "root";
      remember("curve", chart.colouring.curve);
      chart.invalidate(Redraw.Scene);
    });
    this.maxInput.addEventListener("change", () => {
      const value = this.maxInput.valueAsNumber;
      this.setManual(Number.isFinite(value) && value > 0 ? value : null);
    });
    this.autoButton.addEventListener("click", () => {
      this.toggleAuto();
    });
  }

  openSession(session: Session): void {
    this.fields = heatFields(session.columns);
    const groups = new Map<string, HTMLOptGroupElement>();
    for (const field of this.fields) {
      const group = groups.get(field.group) ?? make("optgroup", { label: field.group });
      groups.set(field.group, group);
      group.append(option(field.id, field.label));
    }
    this.fieldSelect.replaceChildren(...groups.values());
    const ids = this.fields.map((field) => field.id);
    this.chooseField(remembered("field", ids, ids[0] ?? FORCES.id));
  }

  /** Automatic, or held at what it is now. */
  toggleAuto(): void {
    const { colouring } = this.chart;
    this.setManual(colouring.manualMax === null ? Number(colouring.scale.max.toPrecision(3)) : null);
  }

  /** After a frame: show the scale that was used. */
  refresh(): void {
    const { field, scale, manualMax } = this.chart.colouring;
    if (document.activeElement !== this.maxInput)
      this.maxInput.value = String(Number(scale.max.toPrecision(3)));
    this.autoButton.setAttribute("aria-pressed", String(manualMax === null));
    const legend = [field.id, scale.curve, scale.max.toPrecision(2), this.chart.palette.pixels.length].join();
    if (legend === this.shownLegend) return;
    this.shownLegend = legend;
    this.drawLegend();
  }

  /** The palette changed although its size did not: the theme. */
  repaintLegend(): void {
    this.shownLegend = "";
  }

  private chooseField(id: string): void {
    const field = this.fields.find((candidate) => candidate.id === id) ?? this.fields[0] ?? FORCES;
    this.fieldSelect.value = field.id;
    this.chart.colouring.field = field;
    this.chart.colouring.manualMax = null;
    const fixed = field.bound !== null || field.kind === "codes";
    this.maxInput.disabled = fixed;
    this.autoButton.disabled = fixed;
    this.chart.recolour();
    this.repaintLegend();
  }

  private setManual(max: number | null): void {
    this.chart.colouring.manualMax = max;
    this.chart.invalidate(Redraw.Scene);
    this.refresh();
  }

  private drawLegend(): void {
    const { field, scale } = this.chart.colouring;
    drawLegend(this.legendCanvas, this.chart.palette);
    const [low, high] = legendEnds(field);
    required("legend-low", HTMLElement).replaceChildren(...low);
    required("legend-high", HTMLElement).replaceChildren(...high);
    const marks = legendMarks(field, scale).map(([share, label]) => {
      const mark = make("span", { textContent: label });
      mark.style.left = `${share * 100}%`;
      return mark;
    });
    this.legendMarks.replaceChildren(...marks);
    const words = `${field.label}, full strength at ${compact(scale.max)} ${field.unit}, ${CURVE_NAMES[scale.curve]} curve`;
    required("legend", HTMLElement).setAttribute("aria-label", `Colour legend: ${words}`);
  }
}

/** What stands left and right of the legend: two names, or the unit. */
function legendEnds(field: HeatField): readonly [readonly Node[], readonly Node[]] {
  const word = (textContent: string, className: string): Node[] => [make("span", { textContent, className })];
  if (field.kind === "forces") return [word("vacuum", "vacuum"), word("pressure", "pressure")];
  if (field.id === "state5_code") return [word("bear vacuum", "bear"), word("bull vacuum", "bull")];
  return [[], field.unit === "1" ? [] : word(field.unit, "muted")];
}

/** Positions in [0, 1] along the legend, and what stands there. */
function legendMarks(field: HeatField, scale: { max: number; curve: Curve }): [number, string][] {
  switch (field.kind) {
    case "forces":
      return [[0.5, "balanced"]];
    case "sequential":
      return [0, 0.25, 0.5, 0.75, 1].map((t) => [t, compact(denormalise(t, scale))]);
    case "diverging":
      return [-1, -0.5, 0, 0.5, 1].map((t) => [
        (t + 1) / 2,
        compact(Math.sign(t) * denormalise(Math.abs(t), scale)),
      ]);
    case "codes": {
      const [low, high] = field.codes ?? [0, 1];
      const count = high - low + 1;
      return Array.from({ length: count }, (_, i) => [
        (i + 0.5) / count,
        low < 0 ? signed(low + i, 0) : String(low + i),
      ]);
    }
  }
}
