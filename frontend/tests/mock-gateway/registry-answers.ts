/** What the fake registry's answers look like: states, pages, problems, differences. */

export type Answer = readonly [status: number, document: unknown];
export type Json = Record<string, unknown>;

export interface Move {
  readonly alias: string;
  readonly version: number;
  readonly parent: number | null;
  readonly serving: string;
  readonly at: string;
  readonly who: string;
  readonly why: string;
  readonly action: "promote" | "rollback";
}

export interface Serving {
  readonly id: string;
  readonly name: string;
  readonly at: string;
  readonly snapshot: Json;
  readonly source: Json;
  readonly error: string | null;
}

export interface Publication {
  readonly name: string;
  readonly hash: string;
  readonly overrides?: Json;
  readonly source?: Json;
  /** Why it is damaged. */
  readonly error?: string;
  readonly event?: Json;
}

export interface Snapshot {
  readonly serving_id: string;
  readonly runtime_snapshot: Json;
}

/** Field by field; a field that one side lacks is null there. */
export function diffOf(left: Snapshot | undefined, right: Snapshot | undefined): Json {
  const [from, to] = [left, right].map((side) => new Map(leaves(side?.runtime_snapshot ?? {}, "")));
  const names = new Set([...(from?.keys() ?? []), ...(to?.keys() ?? [])]);
  const changes = [...names]
    .map((field) => ({ field, a: from?.get(field) ?? null, b: to?.get(field) ?? null }))
    .filter((change) => JSON.stringify(change.a) !== JSON.stringify(change.b));
  return { a: left?.serving_id, b: right?.serving_id, same: changes.length === 0, changes };
}

export function stateOf(move: Move | undefined): Json {
  const { alias, serving, version, at, who, why, action } = move ?? ({} as Partial<Move>);
  return { alias, serving_id: serving, version, promoted_at: at, who, why, action };
}

export function page(items: readonly unknown[], query: URLSearchParams): Json {
  const limit = Number(query.get("limit") ?? "50");
  const offset = Number(query.get("offset") ?? "0");
  return { items: items.slice(offset, offset + limit), total: items.length, limit, offset };
}

export function problem(status: number, type: string, error: string, more: Json): Answer {
  return [status, { error, type, ...more }];
}

function leaves(value: Json, path: string): [string, unknown][] {
  return Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    const name = path === "" ? key : `${path}.${key}`;
    const nested =
      typeof inner === "object" && inner !== null && !Array.isArray(inner) && Object.keys(inner).length > 0;
    return nested ? leaves(inner as Json, name) : [[name, inner]];
  });
}
