/**
 * The registry's REST interface, as it is passed through by the gateway: which serving each alias means,
 * now and in the past, and how to change that. Every failure is a WireError in words.
 */
import type {
  AliasState,
  AliasStatePage,
  AuditEvent,
  AuditEventPage,
  PromoteRequest,
  Resolved,
  RollbackRequest,
  ServingDiff,
  ServingSummaryPage,
} from "./generated.js";
import { Http, query } from "./http.js";

export type Outcome = AuditEvent["outcome"];

/** Which part of a list. */
export interface Part {
  readonly limit?: number;
  readonly offset?: number;
}

export interface EventsPart extends Part {
  /** Null: whatever came of it. */
  readonly outcome?: Outcome | null;
}

/** Of one alias: the empty string as an expected serving means that it does not exist yet. */
export const ABSENT = "";
/** The registry gives no more in one answer. */
export const MOST = 500;

export class RegistryClient {
  private readonly http: Http;

  /** `base` is "" for the page's own origin. */
  constructor(base = "") {
    this.http = new Http(base);
  }

  /** Newest first; damaged ones with their error. */
  async servings({ limit = MOST, offset = 0 }: Part = {}): Promise<ServingSummaryPage> {
    return this.http.message("ServingSummaryPage", "GET", `/v1/servings${query({ limit, offset })}`);
  }

  /** The serving behind an alias or an id, with every resolved field. */
  async resolve(aliasOrId: string): Promise<Resolved> {
    return this.http.message("Resolved", "GET", `/v1/resolve/${encodeURIComponent(aliasOrId)}`);
  }

  /** By name. */
  async aliases({ limit = MOST, offset = 0 }: Part = {}): Promise<AliasStatePage> {
    return this.http.message("AliasStatePage", "GET", `/v1/aliases${query({ limit, offset })}`);
  }

  /** All of them, however many answers that takes. */
  async everyAlias(): Promise<readonly AliasState[]> {
    const found: AliasState[] = [];
    for (;;) {
      const page = await this.aliases({ offset: found.length });
      found.push(...page.items);
      if (page.items.length === 0 || found.length >= page.total) return found;
    }
  }

  /** Where an alias points now, or pointed at an instant (ISO 8601 with its offset). */
  async alias(alias: string, at?: string): Promise<AliasState> {
    return this.http.message("AliasState", "GET", pathOf(alias) + query({ at }));
  }

  async promote(alias: string, request: PromoteRequest): Promise<AliasState> {
    return this.http.message("AliasState", "PUT", pathOf(alias), request);
  }

  async rollback(alias: string, request: RollbackRequest): Promise<AliasState> {
    return this.http.message("AliasState", "POST", `${pathOf(alias)}/rollback`, request);
  }

  /** Every attempt to move an alias, newest first, the refused ones too. */
  async history(alias: string, part: EventsPart = {}): Promise<AuditEventPage> {
    return this.http.message("AuditEventPage", "GET", `${pathOf(alias)}/history${queryOf(part)}`);
  }

  /** Every attempted change of anything, newest first. */
  async events(part: EventsPart = {}): Promise<AuditEventPage> {
    return this.http.message("AuditEventPage", "GET", `/v1/events${queryOf(part)}`);
  }

  /** Field by field, from `a` to `b`; aliases or ids. */
  async diff(a: string, b: string): Promise<ServingDiff> {
    return this.http.message("ServingDiff", "GET", `/v1/diff${query({ a, b })}`);
  }
}

function pathOf(alias: string): string {
  return `/v1/aliases/${encodeURIComponent(alias)}`;
}

function queryOf({ limit = 50, offset = 0, outcome = null }: EventsPart): string {
  return query({ limit, offset, outcome });
}
