/** What has happened in the fake registry before a test begins. */
import type { MockRegistry } from "./registry.js";

const RUN = { run_id: "3f9d1c77a20b4e51", experiment: "ofi-sweep", serving: "esm4-open" };
const EVIDENCE = {
  run_id: RUN.run_id,
  experiment: RUN.experiment,
  threshold: 0.4,
  n_trials: 1440,
  n_signals: 212,
  out_of_sample_n_signals: 61,
  out_of_sample_mean_pnl_ticks: 0.42,
  out_of_sample_mean_pnl_low: -0.08,
  holm_p: 0.21,
  min_signals: 30,
  entry: "touch",
  fee_ticks: 0.2,
  slippage_ticks: 0.5,
};
const FAILED =
  "out of sample, the lower end of the mean is -0.08 ticks, not above 0; the corrected p-value is 0.21, above 0.05";

const ofi = (window: number): Record<string, unknown> => ({
  signal: { name: "ofi", params: { window }, weights: {} },
});

export function playPast(registry: MockRegistry): void {
  registry.publish({ name: "demo", hash: "0123456789ab", source: { serving: "demo" } });
  const pfp = { signal: { name: "pfp", params: { inner: 3 }, weights: {} } };
  registry.publish({
    name: "esm4-open",
    hash: "0123456789ab",
    overrides: pfp,
    source: { serving: "esm4-open" },
  });
  const attempt = { action: "publish", who: "ada", why: "best of the sweep", evidence: EVIDENCE };
  registry.record({ ...attempt, outcome: "refused", to_id: "ofi-sweep-b00c57a9d311", detail: FAILED });
  registry.publish({
    name: "ofi-sweep",
    hash: "b00c57a9d311",
    overrides: { ...ofi(20), tau_velocity: 1.5 },
    source: RUN,
    event: { ...attempt, override: "to watch it live, not to trade it", detail: FAILED },
  });
  registry.publish({ name: "ofi-sweep", hash: "9d2e6614c0fe", overrides: ofi(40), source: RUN });
  const error =
    "serving broken-77aa01fd3c5b: hash mismatch: its content belongs to broken-0000aaaa1111; refused";
  registry.publish({ name: "broken", hash: "77aa01fd3c5b", error });
  const setup = { expected_serving_id: "", who: "setup", why: "the demo of qm up" };
  registry.promote("demo", { serving_id: registry.id(0), ...setup });
  const open = { serving_id: registry.id(1), who: "ada", why: "opening hour, pressure fronts" };
  registry.promote("esm4-open", open);
  const wider = { who: "ada", why: "window of 40 bins trades less and earns more" };
  registry.promote("demo", { serving_id: registry.id(3), ...wider });
  registry.rollback("demo", { who: "bob", why: "more dropped signals than expected at the open" });
  registry.promote("demo", { serving_id: registry.id(4), who: "bob", why: "trying the broken one" });
}
