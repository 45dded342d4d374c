/** Colours of the chart, as CSS colours; the stylesheet is where they are written down. */
export interface ChartTheme {
  readonly surface: string;
  readonly outside: string;
  readonly lost: string;
  readonly line: string;
  readonly lineStrong: string;
  readonly text: string;
  readonly textMuted: string;
  readonly halo: string;
  readonly spot: string;
  readonly bid: string;
  readonly ask: string;
  readonly bull: string;
  readonly bear: string;
  readonly score: string;
  readonly signal: string;
  readonly crosshair: string;
  readonly tagText: string;
  readonly fontFamily: string;
}
