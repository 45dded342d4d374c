/** Which rows of a long table are in the document: those in sight and a few around them. */

export interface RowWindow {
  readonly first: number;
  /** Behind the last. */
  readonly end: number;
  /** Pixels of the rows that are left out above and below. */
  readonly above: number;
  readonly below: number;
}

export interface Viewport {
  readonly top: number;
  readonly height: number;
  readonly rowHeight: number;
}

/** Rows beyond those in sight; the window only moves in steps of as many, so that most scrolling changes nothing. */
const AROUND = 8;

export function rowWindow({ top, height, rowHeight }: Viewport, count: number): RowWindow {
  const seen = Math.floor(Math.max(0, top) / rowHeight);
  const step = Math.floor(seen / AROUND) * AROUND;
  const first = Math.max(0, Math.min(step - AROUND, count - 1));
  const end = Math.max(first, Math.min(count, step + Math.ceil(height / rowHeight) + 2 * AROUND));
  return { first, end, above: first * rowHeight, below: (count - end) * rowHeight };
}

/** The nearest scroll position at which `row` is in sight, with one more row around it. */
export function scrolledTo(row: number, { top, height, rowHeight }: Viewport, count: number): number {
  const highest = Math.max(0, (row - 1) * rowHeight);
  const lowest = Math.min(count, row + 2) * rowHeight - height;
  return Math.max(0, Math.min(highest, Math.max(lowest, top)));
}

/** How many rows a key moves the cursor; null for keys that do not. */
export function stepOf(key: string, { height, rowHeight }: Viewport, count: number): number | null {
  const page = Math.max(1, Math.floor(height / rowHeight) - 1);
  switch (key) {
    case "ArrowDown":
      return 1;
    case "ArrowUp":
      return -1;
    case "PageDown":
      return page;
    case "PageUp":
      return -page;
    case "Home":
      return -count;
    case "End":
      return count;
    default:
      return null;
  }
}
