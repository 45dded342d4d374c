/** The few DOM operations that the pages need, with types. */

/** The element with that id; its absence is a mistake in the page, not a state of the world. */
export function required<T extends Element>(id: string, type: abstract new (...args: never[]) => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return element;
}

export function text(id: string): (value: string) => void {
  const element = required(id, HTMLElement);
  let shown = element.textContent;
  return (value) => {
    if (value === shown) return;
    shown = value;
    element.textContent = value;
  };
}

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  children: readonly (Node | string)[] = [],
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export function option(value: string, label: string): HTMLOptionElement {
  return make("option", { value, textContent: label });
}

const SVG = "http://www.w3.org/2000/svg";
/** Bars in the colour of a force, as in icon.svg. */
const MARK: readonly (readonly [string, string])[] = [
  ["M2 10h2v4H2zM5 6h2v8H5zM8 2h2v6H8z", "var(--pressure)"],
  ["M8 9h2v5H8zM11 4h2v7h-2z", "var(--vacuum)"],
];

/** The picture beside the name. */
export function brandMark(): SVGSVGElement {
  const mark = document.createElementNS(SVG, "svg");
  mark.setAttribute("viewBox", "0 0 16 16");
  mark.setAttribute("aria-hidden", "true");
  for (const [d, fill] of MARK) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    path.setAttribute("fill", fill);
    mark.append(path);
  }
  return mark;
}
