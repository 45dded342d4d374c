/** The gauges beside the chart. Their formulas are in view/gauges.ts. */
import type { RuntimeModel } from "../../wire/generated.js";
import { NOTHING, percent, signed } from "../../view/format.js";
import { STATE_NAMES } from "../../view/gauges.js";
import type { Gauges } from "../../view/gauges.js";
import { make, required } from "../dom.js";

type Update = (value: number, words: string) => void;

const sideOf = (value: number): string => (value > 0 ? "bull" : value < 0 ? "bear" : "");

export class GaugesPanel {
  private readonly host = required("gauges", HTMLElement);
  private readonly netEdge = this.centred("Net edge", "Bull minus bear intensity, mean of the last 2 s");
  private readonly bullBear = this.split(
    "Bear, bull",
    "Weighted intensities of the state model, mean of the last 2 s",
  );
  private readonly forceBalance = this.centred(
    "Force balance",
    "Pressure below and vacuum above spot against pressure above and vacuum below",
  );
  private readonly depthTilt = this.centred("Depth tilt", "Bid against ask depth within ten ticks of spot");
  private readonly score = this.centred("Model score", "The state model's score");
  private readonly signal = this.centred(
    "Signal",
    "The serving's signal, against its own largest value so far",
  );
  private readonly state = this.stateRow();
  private readonly projections = this.projectionRow();
  private signalRange = 1;

  openSession(): void {
    this.signalRange = 1;
  }

  show(gauges: Gauges, model: RuntimeModel, signal: { readonly name: string; readonly value: number }): void {
    this.netEdge(gauges.netEdge, signed(gauges.netEdge));
    this.bullBear(gauges.bear, gauges.bull);
    this.forceBalance(gauges.forceBalance, signed(gauges.forceBalance));
    this.depthTilt(gauges.depthTilt, signed(gauges.depthTilt));
    this.score(gauges.score, model.ready ? signed(gauges.score) : `n=${model.sample_count}`);
    this.signalRange = Math.max(this.signalRange, Math.abs(signal.value));
    this.signal(signal.value / this.signalRange, signed(signal.value));
    this.state(gauges.stateCode, gauges.conviction);
    this.projections(model.projections);
  }

  private row(name: string, title: string, bar: HTMLElement): HTMLOutputElement {
    const output = make("output", { textContent: NOTHING });
    const label = make("span", { className: "name", textContent: name });
    this.host.append(make("div", { className: "gauge", title }, [label, bar, output]));
    return output;
  }

  private centred(name: string, title: string): Update {
    const fill = make("i");
    const bar = make("div", { className: "bar centred", role: "meter", ariaLabel: name }, [fill]);
    bar.ariaValueMin = "-1";
    bar.ariaValueMax = "1";
    const output = this.row(name, title, bar);
    return (value, words) => {
      const size = Math.min(1, Math.abs(value || 0)) * 50;
      fill.style.left = `${value < 0 ? 50 - size : 50}%`;
      fill.style.width = `${size}%`;
      bar.dataset["side"] = sideOf(value);
      bar.ariaValueNow = Number.isFinite(value) ? value.toFixed(2) : "0";
      output.value = words;
    };
  }

  private split(name: string, title: string): (bear: number, bull: number) => void {
    const bearFill = make("i");
    const bullFill = make("i");
    const halves = [make("span", {}, [bearFill]), make("span", {}, [bullFill])];
    const output = this.row(name, title, make("div", { className: "bar split" }, halves));
    return (bear, bull) => {
      bearFill.style.width = `${Math.min(1, bear) * 100}%`;
      bullFill.style.width = `${Math.min(1, bull) * 100}%`;
      output.value = `${percent(bear)} ${percent(bull)}`;
    };
  }

  private stateRow(): (code: number, conviction: number) => void {
    const name = make("span", { className: "state-name", textContent: NOTHING });
    const output = this.row("State", "Dominant state, and its share of all intensities", name);
    return (code, conviction) => {
      name.textContent = STATE_NAMES[String(code)] ?? String(code);
      name.dataset["side"] = sideOf(code);
      output.value = percent(conviction);
    };
  }

  private projectionRow(): (projections: RuntimeModel["projections"]) => void {
    const cells = make("div", { className: "projections" });
    const output = this.row("Projection", "The score carried forward, one bar a horizon", cells);
    return (projections) => {
      while (cells.children.length > projections.length) cells.lastElementChild?.remove();
      while (cells.children.length < projections.length) cells.append(make("span", {}, [make("i")]));
      for (const [i, { value, horizon_ms: ms }] of projections.entries()) {
        const cell = cells.children[i] as HTMLElement;
        const fill = cell.firstElementChild as HTMLElement;
        const size = Math.min(1, Math.abs(value)) * 50;
        cell.title = `${signed(value)} in ${ms} ms`;
        fill.style.top = `${value > 0 ? 50 - size : 50}%`;
        fill.style.height = `max(1px, ${size}%)`;
        fill.style.background = value >= 0 ? "var(--bid)" : "var(--ask)";
      }
      const last = projections.at(-1);
      output.value = last === undefined ? NOTHING : signed(last.value);
    };
  }
}
