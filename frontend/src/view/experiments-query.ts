/** What the page shows, as the query of its address: so that it can be sent to someone. */

export interface PageQuery {
  readonly run: string;
  /** Of the open run; null for its best. */
  readonly threshold: number | null;
  readonly sort: string;
  readonly reversed: boolean;
  readonly signal: string;
  readonly dataset: string;
  readonly experiment: string;
  readonly minSignals: number;
  readonly text: string;
  readonly jobs: boolean;
}

export const DEFAULT_QUERY: PageQuery = {
  run: "",
  threshold: null,
  sort: "mean_pnl_ticks",
  reversed: false,
  signal: "",
  dataset: "",
  experiment: "",
  minSignals: 5,
  text: "",
  jobs: false,
};

export function parseQuery(search: string): PageQuery {
  const given = new URLSearchParams(search);
  const text = (name: string, otherwise = ""): string => given.get(name) ?? otherwise;
  const threshold = Number(given.get("threshold") ?? NaN);
  const minSignals = Number(given.get("min_signals") ?? NaN);
  return {
    run: text("run"),
    threshold: threshold > 0 ? threshold : null,
    sort: text("sort", DEFAULT_QUERY.sort),
    reversed: given.has("reversed"),
    signal: text("signal"),
    dataset: text("dataset_id"),
    experiment: text("experiment"),
    minSignals: Number.isInteger(minSignals) && minSignals >= 1 ? minSignals : DEFAULT_QUERY.minSignals,
    text: text("q"),
    jobs: given.has("jobs"),
  };
}

/** Only what differs from the default. */
export function formatQuery(query: PageQuery): string {
  const parts = new URLSearchParams();
  const put = (name: string, value: string, otherwise = ""): void => {
    if (value !== otherwise) parts.set(name, value);
  };
  put("experiment", query.experiment);
  put("signal", query.signal);
  put("dataset_id", query.dataset);
  put("min_signals", String(query.minSignals), String(DEFAULT_QUERY.minSignals));
  put("q", query.text);
  put("sort", query.sort, DEFAULT_QUERY.sort);
  if (query.reversed) parts.set("reversed", "1");
  put("run", query.run);
  if (query.run !== "" && query.threshold !== null) parts.set("threshold", String(query.threshold));
  if (query.jobs) parts.set("jobs", "1");
  const said = parts.toString();
  return said === "" ? "" : `?${said}`;
}
