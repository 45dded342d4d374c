/**
 * A fake of the registry's REST: servings that never change, aliases that move only by events, compare-and-set,
 * refusals that are recorded. Small, but with the same answers as the real one.
 */
import { RESOLVED } from "../samples.js";
import { diffOf, page, problem, stateOf } from "./registry-answers.js";
import type { Answer, Json, Move, Publication, Serving, Snapshot } from "./registry-answers.js";
import { playPast } from "./registry-past.js";

const FIRST_MS = Date.UTC(2026, 10, 20, 14, 30);

export class MockRegistry {
  readonly servings: Serving[] = [];
  readonly moves: Move[] = [];
  readonly events: Json[] = [];
  /** What every request is answered with while the registry is down; null while it is up. */
  down: string | null = null;
  private clockMs = FIRST_MS;

  /** With a past, or empty. */
  constructor(withPast = true) {
    if (withPast) playPast(this);
  }

  id(index: number): string {
    return this.servings[index]?.id ?? "";
  }

  answer(method: string, url: string, body: unknown): Answer | null {
    const { pathname, searchParams: query } = new URL(url, "http://mock");
    const parts = pathname.split("/").slice(2).map(decodeURIComponent);
    const [room = "", name = "", more = ""] = parts;
    if (!["servings", "aliases", "resolve", "events", "diff"].includes(room)) return null;
    if (this.down !== null) return problem(503, "Unavailable", this.down, { what: "registry" });
    if (room === "servings")
      return [
        200,
        page(
          this.servings.toReversed().map((one) => this.summary(one)),
          query,
        ),
      ];
    if (room === "resolve") return this.resolve(name);
    if (room === "events") return [200, this.eventsOf(null, query)];
    if (room === "diff") return this.diff(query.get("a") ?? "", query.get("b") ?? "");
    if (name === "")
      return [
        200,
        page(
          this.names().map((alias) => stateOf(this.newest(alias))),
          query,
        ),
      ];
    if (method === "PUT") return this.promote(name, body as Json);
    if (more === "rollback") return this.rollback(name, body as Json);
    if (more === "history") {
      return this.newest(name) ? [200, this.eventsOf(name, query)] : this.unknown("alias", name);
    }
    return this.aliasAt(name, query.get("at"));
  }

  /** `event` is what its audit event says beside the usual. */
  publish(publication: Publication): void {
    const { name, hash, overrides = {}, source = {}, error = null, event = {} } = publication;
    const at = this.now();
    const id = `${name}-${hash}`;
    const unknown = { run_id: null, experiment: null, serving: null };
    const whole = { ...unknown, ...source, config_hash: hash.repeat(5), published_at: at };
    this.servings.push({ id, name, at, snapshot: { ...RESOLVED, ...overrides }, source: whole, error });
    const usual = { action: "publish", outcome: "done", who: "setup", why: "published over REST", to_id: id };
    this.record({ ...usual, ...event }, at);
  }

  promote(alias: string, body: Json): Answer {
    const current = this.newest(alias);
    const { serving_id: target, expected_serving_id: expected, who, why } = body as Record<string, string>;
    const attempt = { action: "promote", who, why, alias, from_id: current?.serving ?? null, to_id: target };
    const refused = this.conflict(alias, expected) ?? this.unsound(target ?? "");
    if (refused !== null) return this.refuse(attempt, refused);
    if (current?.serving === target) {
      this.record({ ...attempt, outcome: "unchanged" });
      return [200, stateOf(current)];
    }
    return this.move(attempt, target ?? "", current?.version ?? null);
  }

  rollback(alias: string, body: Json): Answer {
    const current = this.newest(alias);
    if (current === undefined) return this.unknown("alias", alias);
    const { expected_serving_id: expected, who, why } = body as Record<string, string>;
    const below = this.moves.find((move) => move.alias === alias && move.version === current.parent);
    const attempt = {
      action: "rollback",
      who,
      why,
      alias,
      from_id: current.serving,
      to_id: below?.serving ?? null,
    };
    const none = problem(
      409,
      "Conflict",
      `alias '${alias}' has nothing to roll back to: ${current.serving} is its first serving`,
      {},
    );
    const refused = this.conflict(alias, expected) ?? (below === undefined ? none : null);
    if (refused !== null) return this.refuse(attempt, refused);
    return this.move(attempt, below?.serving ?? "", below?.parent ?? null);
  }

  private move(attempt: Json, serving: string, parent: number | null): Answer {
    const { alias, who, why, action } = attempt as unknown as Move;
    const version = (this.newest(alias)?.version ?? 0) + 1;
    const at = this.now();
    const move = { alias, version, parent, serving, at, who, why, action };
    this.moves.push(move);
    this.record({ ...attempt, outcome: "done", version }, at);
    return [200, stateOf(move)];
  }

  private refuse(attempt: Json, answer: Answer): Answer {
    this.record({ ...attempt, outcome: "refused", detail: (answer[1] as { error: string }).error });
    return answer;
  }

  private conflict(alias: string, expected: string | null | undefined): Answer | null {
    const now = this.newest(alias)?.serving ?? null;
    if (expected === undefined || expected === null || expected === (now ?? "")) return null;
    const is = now === null ? "does not exist" : `points at ${now}`;
    const words = `alias '${alias}' ${is}, but was expected at ${expected}; nothing was changed`;
    return problem(409, "AliasConflict", words, {
      alias,
      expected_serving_id: expected,
      current_serving_id: now,
    });
  }

  private unsound(id: string): Answer | null {
    const serving = this.servings.find((one) => one.id === id);
    if (serving === undefined) return this.unknown("serving", id);
    return serving.error === null
      ? null
      : problem(500, "CorruptData", serving.error, { path: `serving ${id}` });
  }

  private resolve(name: string): Answer {
    const move = this.newest(name);
    const id = move?.serving ?? name;
    const trouble = this.unsound(id);
    const serving = this.servings.find((one) => one.id === id);
    if (trouble !== null || serving === undefined) return trouble ?? this.unknown("serving", name);
    const spec = { serving_id: id, runtime_snapshot: serving.snapshot, source: serving.source };
    const via = move
      ? { alias: name, promoted_at: move.at, version: move.version }
      : { alias: null, promoted_at: null, version: null };
    return [200, { ...via, serving: spec }];
  }

  private diff(a: string, b: string): Answer {
    const sides = [this.resolve(a), this.resolve(b)] as const;
    const trouble = sides.find(([status]) => status !== 200);
    if (trouble !== undefined) return trouble;
    const [left, right] = sides.map(([, document]) => (document as { serving: Snapshot }).serving);
    return [200, diffOf(left, right)];
  }

  private aliasAt(alias: string, at: string | null): Answer {
    const newest = this.newest(alias);
    if (newest === undefined) return this.unknown("alias", alias);
    const until = at === null ? Infinity : Date.parse(at);
    const move = this.moves.findLast((one) => one.alias === alias && Date.parse(one.at) <= until);
    if (move !== undefined) return [200, stateOf(move)];
    const first = this.moves.find((one) => one.alias === alias);
    return problem(
      404,
      "NotFound",
      `unknown alias '${alias} at ${at ?? ""}'; there are: ${alias} since ${first?.at ?? ""}`,
      {},
    );
  }

  private unknown(kind: string, name: string): Answer {
    const available = [...this.names(), ...this.servings.map((one) => one.id)];
    return problem(404, "NotFound", `unknown ${kind} '${name}'; there are: ${available.join(", ")}`, {
      available,
    });
  }

  private newest(alias: string): Move | undefined {
    return this.moves.findLast((move) => move.alias === alias);
  }

  names(): string[] {
    return [...new Set(this.moves.map((move) => move.alias))].sort();
  }

  private summary({ id, name, at, snapshot, source, error }: Serving): Json {
    const aliases = this.names().filter((alias) => this.newest(alias)?.serving === id);
    const { product_type, symbol, dt, start_time, end_time } = snapshot;
    const content = {
      product_type,
      symbol,
      dt,
      start_time,
      end_time,
      signal: (snapshot["signal"] as Json)["name"],
      source,
    };
    return { serving_id: id, name, registered_at: at, aliases, error, ...(error === null ? content : {}) };
  }

  private eventsOf(alias: string | null, query: URLSearchParams): Json {
    const outcome = query.get("outcome");
    const fit = this.events.filter(
      (event) =>
        (alias === null || event["alias"] === alias) && (outcome === null || event["outcome"] === outcome),
    );
    return page(fit.toReversed(), query);
  }

  record(event: Json, at = this.now()): void {
    const seq = this.events.length + 1;
    this.events.push({
      seq,
      at,
      alias: null,
      version: null,
      from_id: null,
      to_id: null,
      detail: "",
      ...event,
    });
  }

  private now(): string {
    this.clockMs += 3_723_000;
    return new Date(this.clockMs).toISOString().replace("Z", "123Z");
  }
}
