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
