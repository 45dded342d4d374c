/** Buttons that stay pressed: which layers are drawn, and whether the picture follows. */
import { Redraw } from "../../view/redraw.js";
import type { Zone } from "../../view/time-axis.js";
import { zoneName } from "../../view/time-axis.js";
import { required } from "../dom.js";
import { remember, remembered } from "../preferences.js";
import type { StreamChart } from "./chart.js";
import { followAgain } from "./interact.js";
import type { SceneOptions } from "./scene.js";

const ON_OFF = ["on", "off"] as const;
const ZONES = ["America/New_York", "UTC"] as const;

/** The choices, readable before there is a chart. */
export class Layers {
  private zone: Zone = remembered("zone", ZONES, "America/New_York");
  private readonly shown = { trails: true, trades: true, projection: true };
  private readonly followButton = required("follow", HTMLButtonElement);
  private readonly zoneButton = required("zone", HTMLButtonElement);

  constructor() {
    for (const name of ["trails", "trades", "projection"] as const) {
      this.shown[name] = remembered(`show.${name}`, ON_OFF, "on") === "on";
    }
  }

  get options(): SceneOptions {
    return { ...this.shown, zone: this.zone };
  }

  bind(chart: StreamChart): void {
    for (const name of ["trails", "trades", "projection"] as const) {
      const button = required(`show-${name}`, HTMLButtonElement);
      const show = (): void => {
        button.setAttribute("aria-pressed", String(this.shown[name]));
      };
      show();
      button.addEventListener("click", () => {
        this.shown[name] = !this.shown[name];
        remember(`show.${name}`, this.shown[name] ? "on" : "off");
        show();
        chart.invalidate(Redraw.Scene);
      });
    }
    this.showZone();
    this.zoneButton.addEventListener("click", () => {
      this.zone = this.zone === "UTC" ? "America/New_York" : "UTC";
      remember("zone", this.zone);
      this.showZone();
      chart.invalidate(Redraw.Scene);
    });
    this.followButton.addEventListener("click", () => {
      const { time, price } = chart.following;
      if (time && price && chart.camera !== null) chart.moveTo(chart.camera, { time: false, price: false });
      else followAgain(chart, () => undefined);
      this.showFollowing(chart);
    });
  }

  showFollowing(chart: StreamChart): void {
    const { time, price } = chart.following;
    this.followButton.setAttribute(
      "aria-pressed",
      time && price ? "true" : time || price ? "mixed" : "false",
    );
  }

  private showZone(): void {
    this.zoneButton.textContent = zoneName(this.zone);
    this.zoneButton.setAttribute("aria-label", `Time zone: ${zoneName(this.zone)}`);
  }
}
