/**
 * Readers of single columns: the tagged arrays of RFC 7047 section 5.1 become plain strings, numbers, arrays and records.
 * A value of another shape is `ovsdb.protocol`, with table and column in its message.
 *
 * Integers are 64 bits wide on the wire and read as JavaScript numbers: exact up to 2^53, so a byte counter is exact
 * for the first 9 petabytes.
 */
import { OvsdbError } from "../errors.ts";
import { isJsonArray } from "../json/value.ts";
import type { JsonValue } from "../json/value.ts";
import { MAX_QUOTED_CHARACTERS } from "../limits.ts";
import type { Row } from "../ovsdb/notation.ts";

/** Reads the columns of one row of one table. */
export interface RowReader {
  uuid(column: string): string;
  uuids(column: string): readonly string[];
  optionalUuid(column: string): string | undefined;
  text(column: string): string;
  texts(column: string): readonly string[];
  optionalText(column: string): string | undefined;
  integer(column: string): number;
  integers(column: string): readonly number[];
  optionalInteger(column: string): number | undefined;
  textMap(column: string): Readonly<Record<string, string>>;
  numberMap(column: string): Readonly<Record<string, number>>;
  uuidByNumber(column: string): ReadonlyMap<number, string>;
}

type ReadAtom<T> = (atom: JsonValue) => T | undefined;

export function readRow(table: string, row: Row): RowReader {
  const fail = (column: string, expected: string): OvsdbError =>
    new OvsdbError("ovsdb.protocol", `Column ${table}.${column} is not ${expected}.`, {
      hint: "The database has another schema than Open vSwitch's; compare with ovsdb-client get-schema.",
      details: { table, column, value: JSON.stringify(row[column] ?? null).slice(0, MAX_QUOTED_CHARACTERS) },
    });
  const valueOf = (column: string): JsonValue => {
    const value = Object.hasOwn(row, column) ? row[column] : undefined;
    if (value === undefined) throw fail(column, "in the row");
    return value;
  };
  const setOf = <T>(column: string, read: ReadAtom<T>, expected: string): readonly T[] =>
    atomsOf(valueOf(column), () => fail(column, `a set of ${expected}`)).map((atom) => {
      const item = read(atom);
      if (item === undefined) throw fail(column, `a set of ${expected}`);
      return item;
    });
  const optional = <T>(column: string, read: ReadAtom<T>, expected: string): T | undefined => {
    const items = setOf(column, read, expected);
    if (items.length > 1) throw fail(column, `at most one ${expected}`);
    return items[0];
  };
  const one = <T>(column: string, read: ReadAtom<T>, expected: string): T => {
    const item = optional(column, read, expected);
    if (item === undefined) throw fail(column, `one ${expected}`);
    return item;
  };
  const pairs = <K, V>(
    column: string,
    readKey: ReadAtom<K>,
    readValue: ReadAtom<V>,
    expected: string,
  ): readonly (readonly [K, V])[] =>
    pairsOf(valueOf(column), () => fail(column, expected)).map(([key, value]) => {
      const readK = readKey(key);
      const readV = readValue(value);
      if (readK === undefined || readV === undefined) throw fail(column, expected);
      return [readK, readV];
    });
  return {
    uuid: (column) => one(column, readUuid, "uuid"),
    uuids: (column) => setOf(column, readUuid, "uuids"),
    optionalUuid: (column) => optional(column, readUuid, "uuid"),
    text: (column) => one(column, readText, "string"),
    texts: (column) => setOf(column, readText, "strings"),
    optionalText: (column) => optional(column, readText, "string"),
    integer: (column) => one(column, readInteger, "integer"),
    integers: (column) => setOf(column, readInteger, "integers"),
    optionalInteger: (column) => optional(column, readInteger, "integer"),
    // fromEntries defines members of its own even for names like __proto__.
    textMap: (column) => Object.fromEntries(pairs(column, readText, readText, "a map of strings")),
    numberMap: (column) => Object.fromEntries(pairs(column, readText, readInteger, "a map of string to integer")),
    uuidByNumber: (column) => new Map(pairs(column, readInteger, readUuid, "a map of integer to uuid")),
  };
}

/** A set is ["set", […]]; a set of exactly one may be the bare atom, and a uuid atom is itself an array. */
function atomsOf(value: JsonValue, fail: () => OvsdbError): readonly JsonValue[] {
  if (!isJsonArray(value) || value[0] === "uuid") return [value];
  const [tag, atoms] = value;
  if (value.length !== 2 || tag !== "set" || !isJsonArray(atoms)) throw fail();
  return atoms;
}

function pairsOf(value: JsonValue, fail: () => OvsdbError): readonly (readonly [JsonValue, JsonValue])[] {
  if (!isJsonArray(value)) throw fail();
  const [tag, pairs] = value;
  if (value.length !== 2 || tag !== "map" || !isJsonArray(pairs)) throw fail();
  return pairs.map((pair) => {
    if (!isJsonArray(pair) || pair.length !== 2) throw fail();
    return [pair[0] ?? null, pair[1] ?? null];
  });
}

function readText(atom: JsonValue): string | undefined {
  return typeof atom === "string" ? atom : undefined;
}

function readInteger(atom: JsonValue): number | undefined {
  return typeof atom === "number" && Number.isInteger(atom) ? atom : undefined;
}

function readUuid(atom: JsonValue): string | undefined {
  if (!isJsonArray(atom) || atom.length !== 2 || atom[0] !== "uuid") return undefined;
  return readText(atom[1] ?? null);
}
