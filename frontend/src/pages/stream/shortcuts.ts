/** Which key does what on the stream page, and the help that lists them. */
import { required } from "../dom.js";
import { helpLines, listen } from "../keys.js";
import type { KeyBinding } from "../keys.js";
import type { ThemeSwitch } from "../theme.js";
import { Redraw } from "../../view/redraw.js";
import type { StreamChart } from "./chart.js";
import type { SessionControl } from "./control.js";
import { followAgain, moveByKey, moveCrosshair } from "./interact.js";
import type { CameraKey } from "./interact.js";
import type { Toolbar } from "./toolbar.js";

const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
const PAN: Readonly<Record<string, CameraKey>> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};
const STEP: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};
const STRETCH: Readonly<Record<string, CameraKey>> = {
  "+": "timeIn",
  "=": "timeIn",
  "-": "timeOut",
  "]": "priceIn",
  "[": "priceOut",
};

/** What the mouse does, for the same help. */
const MOUSE_HELP: readonly (readonly [string, string])[] = [
  ["Drag", "move the picture; on an axis, stretch it"],
  ["Wheel", "stretch time; on the price axis or with Shift, price"],
  ["Double-click", "follow the market again"],
];

export function bindKeys(
  chart: StreamChart,
  control: SessionControl,
  toolbar: Toolbar,
  theme: ThemeSwitch,
  onFollow: () => void,
): void {
  const move = (key: CameraKey | undefined): void => {
    if (key === undefined) return;
    moveByKey(chart, key);
    onFollow();
  };
  const dialog = required("help-dialog", HTMLDialogElement);
  const help = (): void => {
    dialog.showModal();
  };
  const bindings: readonly KeyBinding[] = [
    {
      keys: ARROWS,
      shift: false,
      shown: "Arrows",
      help: "move the picture",
      run: (key) => {
        move(PAN[key]);
      },
    },
    {
      keys: ARROWS,
      shift: true,
      shown: "Shift + arrows",
      help: "move the crosshair by one cell",
      run: (key) => {
        moveCrosshair(chart, ...(STEP[key] ?? [0, 0]));
      },
    },
    {
      keys: ["+", "=", "-"],
      shown: "+ and \u2212",
      help: "stretch time",
      run: (key) => {
        move(STRETCH[key]);
      },
    },
    {
      keys: ["[", "]"],
      shown: "[ and ]",
      help: "stretch price",
      run: (key) => {
        move(STRETCH[key]);
      },
    },
    {
      keys: ["f", "F", "End"],
      shown: "F",
      help: "follow the market",
      run: () => {
        followAgain(chart, onFollow);
      },
    },
    {
      keys: ["p", "P"],
      shown: "P",
      help: "pause and resume the session",
      run: () => {
        control.togglePause();
      },
    },
    {
      keys: ["a", "A"],
      shown: "A",
      help: "automatic or fixed colour scale",
      run: () => {
        toolbar.toggleAuto();
      },
    },
    {
      keys: ["t", "T"],
      shown: "T",
      help: "theme: system, light, dark",
      run: () => {
        theme.next();
      },
    },
    {
      keys: ["Escape"],
      shown: "Esc",
      help: "hide the crosshair",
      run: () => {
        chart.cursor = null;
        chart.invalidate(Redraw.Scene);
      },
    },
    { keys: ["?"], shown: "?", help: "this help", run: help },
  ];
  listen(bindings);
  required("help", HTMLButtonElement).addEventListener("click", help);
  const lines = [...MOUSE_HELP, ...bindings.map((binding) => [binding.shown, binding.help] as const)];
  required("help-keys", HTMLElement).append(...helpLines(lines));
}
