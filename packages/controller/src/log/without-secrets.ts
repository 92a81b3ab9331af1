/**
 * What may be logged of a value: plain JSON without secrets, whatever their depth, and bounded in size.
 *
 * A secret is known by the name it stands under (a key, or the text before it); no list of paths would keep up with
 * where errors and requests carry their headers. What stands under such a name goes whole, whatever its type.
 */
import { limits } from "../limits.ts";

const redacted = "[redacted]";

/** @returns a copy; the value stays as it is. */
export function withoutSecrets(value: unknown): unknown {
  return copyOf(value, [], undefined);
}

/** Secrets that stand in running text: headers, `name=value`, JSON, the password of a URL. */
export function textWithoutSecrets(text: string): string {
  const bounded =
    text.length > limits.logTextLength ? `${text.slice(0, limits.logTextLength)}… (${text.length} characters)` : text;
  return bounded
    .replaceAll(/\b(bearer|basic)\s+[\w.~+/=-]+/gi, `$1 ${redacted}`)
    .replaceAll(/((?:set-)?cookie["']?\s*[:=]\s*)[^\r\n]+/gi, `$1${redacted}`)
    .replaceAll(
      /((?:authorization|passw(?:or)?d|passphrase|token|secret|api-?key|private-?key)["']?\s*[:=]\s*)(?!\[redacted\])("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,;&"'}\]]+)/gi,
      `$1${redacted}`,
    )
    .replaceAll(/(\b[a-z][\w+.-]{0,30}:\/\/[^\s/:@]*):[^\s/@]+@/gi, `$1:${redacted}@`);
}

function copyOf(value: unknown, around: readonly object[], key: string | undefined): unknown {
  if (key !== undefined && value !== undefined && value !== null && namesSecret(key)) return redacted;
  switch (typeof value) {
    case "string":
      return textWithoutSecrets(value);
    case "bigint":
      return value.toString();
    case "function":
    case "symbol":
      return undefined;
    case "object":
      break;
    default:
      return value;
  }
  if (value === null) return null;
  if (around.includes(value)) return "[circular]";
  if (around.length >= limits.logDepth) return "[deeper]";
  return copyOfObject(value, [...around, value]);
}

function copyOfObject(value: object, around: readonly object[]): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Error) return copyOfEntries(errorEntries(value), around);
  if (value instanceof Map)
    return copyOfEntries(
      [...value].map(([key, entry]) => [String(key), entry]),
      around,
    );
  if (value instanceof Set) return copyOfArray([...value], around);
  if (value instanceof Headers || value instanceof URLSearchParams) return copyOfEntries([...value], around);
  if (value instanceof URL) return textWithoutSecrets(value.href);
  if (Array.isArray(value)) return copyOfArray(value, around);
  return copyOfEntries(entriesOf(value), around);
}

/** A list that alternates names and values, as Node's `rawHeaders`, hides its secrets after their names. */
function copyOfArray(list: readonly unknown[], around: readonly object[]): readonly unknown[] {
  return list.slice(0, limits.logEntries).map((entry, index) => {
    const before = list[index - 1];
    return copyOf(entry, around, typeof entry === "string" && typeof before === "string" ? before : undefined);
  });
}

function copyOfEntries(entries: readonly (readonly [string, unknown])[], around: readonly object[]): unknown {
  return Object.fromEntries(
    entries.slice(0, limits.logEntries).map(([key, entry]) => [key, copyOf(entry, around, key)]),
  );
}

/** A getter that throws must not take the line with it. */
export function entriesOf(value: object): readonly (readonly [string, unknown])[] {
  try {
    return Object.entries(value);
  } catch {
    return [["unreadable", true]];
  }
}

/** Message, stack and cause are not enumerable. */
function errorEntries(error: Error): readonly (readonly [string, unknown])[] {
  const { name, message, stack, cause } = error;
  const own = entriesOf(error).filter(([key]) => !["name", "message", "stack", "cause"].includes(key));
  const inner = cause === undefined ? [] : ([["cause", cause]] as const);
  return [["type", name], ["message", message], ["stack", stack], ...own, ...inner];
}

function namesSecret(key: string): boolean {
  return /^(proxy)?authorization$|cookies?$|passw(or)?d|passphrase|secret|tokens?$|tokenhash$|apikey|privatekey/.test(
    key.toLowerCase().replaceAll(/[^a-z]/g, ""),
  );
}
