/** The keyboard, as one table: what each key does, and what the help says of it. */

export interface KeyBinding {
  /** Values of KeyboardEvent.key. */
  readonly keys: readonly string[];
  readonly shift?: boolean;
  readonly shown: string;
  readonly help: string;
  readonly run: (key: string) => void;
}

/** Keys work on the whole page, but not while something is typed or chosen. */
export function listen(bindings: readonly KeyBinding[]): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isBusy(event.target)) return;
    const binding = bindings.find(
      (candidate) =>
        candidate.keys.includes(event.key) &&
        (candidate.shift === undefined || candidate.shift === event.shiftKey),
    );
    if (binding === undefined) return;
    event.preventDefault();
    binding.run(event.key);
  });
}

function isBusy(target: EventTarget | null): boolean {
  if (document.querySelector("dialog[open]") !== null) return true;
  if (target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement) return false;
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
}

/** What the mouse does, for the same help. */
export const MOUSE_HELP: readonly (readonly [string, string])[] = [
  ["Drag", "move the picture; on an axis, stretch it"],
  ["Wheel", "stretch time; on the price axis or with Shift, price"],
  ["Double-click", "follow the market again"],
];
