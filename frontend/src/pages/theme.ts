/** Light, dark, or as the system says; and the stylesheet's colours for those who paint themselves. */
import type { ThemeName } from "../view/palettes.js";
import { remember, remembered } from "./preferences.js";

const CHOICES = ["system", "light", "dark"] as const;
export type ThemeChoice = (typeof CHOICES)[number];

const DARK = matchMedia("(prefers-color-scheme: dark)");

export class ThemeSwitch {
  private choice: ThemeChoice = remembered("theme", CHOICES, "system");

  constructor(
    private readonly button: HTMLButtonElement,
    private readonly onChange: () => void,
  ) {
    this.apply();
    button.addEventListener("click", () => {
      this.next();
    });
    DARK.addEventListener("change", () => {
      if (this.choice === "system") this.onChange();
    });
  }

  get name(): ThemeName {
    return (this.choice === "system" ? DARK.matches : this.choice === "dark") ? "dark" : "light";
  }

  next(): void {
    this.choice = CHOICES[(CHOICES.indexOf(this.choice) + 1) % CHOICES.length] ?? "system";
    remember("theme", this.choice);
    this.apply();
    this.onChange();
  }

  private apply(): void {
    if (this.choice === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = this.choice;
    const label = { system: "Auto", light: "Light", dark: "Dark" }[this.choice];
    this.button.textContent = label;
    this.button.setAttribute("aria-label", `Theme: ${label}`);
  }
}

/** A custom property as the colour that it stands for in the present theme: "rgb(...)" or "rgba(...)". */
export function cssToken(name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
