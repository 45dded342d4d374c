/** Where one can go: the pages, and what on them has an address. */

export type Place = "streams" | "experiments" | "registry";

export const PLACES: readonly { readonly id: Place; readonly href: string; readonly label: string }[] = [
  { id: "streams", href: "./index.html", label: "Streams" },
  { id: "experiments", href: "./experiments.html", label: "Experiments" },
  { id: "registry", href: "./registry.html", label: "Registry" },
];

export const streamHref = (serving: string): string =>
  `./vp-stream.html?serving=${encodeURIComponent(serving)}`;
export const servingHref = (serving: string): string =>
  `./registry.html?serving=${encodeURIComponent(serving)}`;
export const runHref = (run: string): string => `./experiments.html?run=${encodeURIComponent(run)}`;
export const experimentHref = (experiment: string): string =>
  `./experiments.html?experiment=${encodeURIComponent(experiment)}`;
export const aliasHref = (alias: string): string => `./registry.html?alias=${encodeURIComponent(alias)}`;
