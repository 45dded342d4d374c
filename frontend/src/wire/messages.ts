/**
 * Text messages in, typed messages out.
 *
 * Guarantees: what is returned has every field of the contract with the right type; int64 fields are
 * bigint. The check is driven by the generated SHAPES table, so a new field is no new code. Unknown
 * fields are ignored: a viewer must outlive a gateway that learnt something new.
 */
import { MalformedMessage } from "./errors.js";
import { SHAPES, STREAM_MESSAGES } from "./generated.js";
import type { FieldShape, ShapeName, StreamMessage } from "./generated.js";

type Json = Record<string, unknown>;

/** Parse one text message of the stream. Throws MalformedMessage. */
export function parseStreamMessage(text: string): StreamMessage {
  const document = parseJson(text, "message");
  const type = asObject(document, "message")["type"];
  if (typeof type !== "string" || !(type in STREAM_MESSAGES)) {
    const known = Object.keys(STREAM_MESSAGES).join(", ");
    throw new MalformedMessage(
      "message.type",
      `unknown type ${JSON.stringify(type)}; expected one of ${known}`,
    );
  }
  const shape = STREAM_MESSAGES[type as keyof typeof STREAM_MESSAGES];
  return decodeShape(document, shape, type) as unknown as StreamMessage;
}

/** JSON.parse with an error that says where. */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new MalformedMessage(path, `not JSON: ${text.slice(0, 60)}`);
  }
}

/** Check `value` against a generated shape and decode its int64 fields. */
export function decodeShape(value: unknown, shape: ShapeName, path: string): Json {
  const source = asObject(value, path);
  const result: Json = { ...source };
  for (const field of SHAPES[shape]) {
    const at = `${path}.${field.name}`;
    const raw = source[field.name];
    if (raw === undefined || raw === null) {
      if (field.optional !== true) throw new MalformedMessage(at, "missing");
      continue;
    }
    result[field.name] = field.list === true ? decodeList(raw, field, at) : decodeOne(raw, field, at);
  }
  return result;
}

function decodeList(raw: unknown, field: FieldShape, path: string): readonly unknown[] {
  if (!Array.isArray(raw)) throw new MalformedMessage(path, `expected a list, got ${nameOf(raw)}`);
  return raw.map((item: unknown, i) => decodeOne(item, field, `${path}[${i}]`));
}

function decodeOne(raw: unknown, field: FieldShape, path: string): unknown {
  switch (field.kind) {
    case "json":
      return raw;
    case "string":
      return decodeString(raw, field.allowed, path);
    case "boolean":
      if (typeof raw !== "boolean") throw wrong(path, "true or false", raw);
      return raw;
    case "number":
      return decodeNumber(raw, field.allowed, path);
    case "integer":
      if (!Number.isSafeInteger(raw)) throw wrong(path, "an integer", raw);
      return raw;
    case "int64":
      return decodeInt64(raw, path);
    default:
      return decodeShape(raw, field.kind, path);
  }
}

function decodeString(raw: unknown, allowed: readonly string[] | undefined, path: string): string {
  if (typeof raw !== "string") throw wrong(path, "a string", raw);
  if (allowed !== undefined && !allowed.includes(raw)) throw wrong(path, `one of ${allowed.join(", ")}`, raw);
  return raw;
}

/** A number, or one of the words that may stand for one ("max"). */
function decodeNumber(raw: unknown, words: readonly string[] | undefined, path: string): number | string {
  if (typeof raw === "number" || (typeof raw === "string" && words?.includes(raw) === true)) return raw;
  throw wrong(path, ["a number", ...(words ?? [])].join(" or "), raw);
}

/** An int64: a decimal string on the wire; a small JSON number is taken as well. */
function decodeInt64(raw: unknown, path: string): bigint {
  if (typeof raw === "string" && /^-?\d{1,19}$/.test(raw)) return BigInt(raw);
  if (typeof raw === "number" && Number.isSafeInteger(raw)) return BigInt(raw);
  throw wrong(path, "a 64-bit integer as a decimal string", raw);
}

function asObject(value: unknown, path: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw wrong(path, "an object", value);
  return value as Json;
}

function wrong(path: string, expected: string, got: unknown): MalformedMessage {
  return new MalformedMessage(path, `expected ${expected}, got ${nameOf(got)}`);
}

function nameOf(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? typeof value : text.slice(0, 60);
}
