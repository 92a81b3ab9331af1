/**
 * Parsed data of unknown shape, with the path that led to it. What is read as required or in a form that it does not have
 * ends in `fabric.import` with that path; what is absent (left out, null) is `undefined`, and never an error by itself.
 */
import { importError } from "./import-result.ts";

export interface Source {
  readonly value: unknown;
  readonly path: string;
}

export function sourceOf(value: unknown): Source {
  return { value, path: "" };
}

/** A field of a mapping; of an absent mapping, absent. */
export function at(source: Source, key: string): Source {
  const path = source.path === "" ? key : `${source.path}.${key}`;
  if (isAbsent(source)) return { value: undefined, path };
  const mapping = mappingOf(source);
  return { value: Object.hasOwn(mapping, key) ? mapping[key] : undefined, path };
}

export function isAbsent(source: Source): boolean {
  return source.value === undefined || source.value === null;
}

export function isMapping(source: Source): boolean {
  return typeof source.value === "object" && source.value !== null && !Array.isArray(source.value);
}

/** Keys and values of a mapping; none of an absent one. */
export function entriesOf(source: Source): readonly (readonly [string, Source])[] {
  if (isAbsent(source)) return [];
  return Object.keys(mappingOf(source)).map((key) => [key, at(source, key)] as const);
}

/** Members of a list; none of an absent one. */
export function itemsOf(source: Source): readonly Source[] {
  if (isAbsent(source)) return [];
  const { value, path } = source;
  if (!Array.isArray(value)) throw expected(source, "a list");
  return value.map((item: unknown, index) => ({ value: item, path: `${path}[${index}]` }));
}

export function textOf(source: Source): string {
  const text = maybeText(source);
  if (text === undefined) throw expected(source, "a text");
  return text;
}

/** Empty texts are what tools write for nothing. Numbers are taken as they are written: YAML reads a name 17 as one. */
export function maybeText(source: Source): string | undefined {
  const { value } = source;
  if (isAbsent(source) || value === "") return undefined;
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") throw expected(source, "a text");
  return value;
}

export function numberOf(source: Source): number {
  const number = maybeNumber(source);
  if (number === undefined) throw expected(source, "a number");
  return number;
}

/** Digits in a text count: templates put quotes around everything. */
export function maybeNumber(source: Source): number | undefined {
  const { value } = source;
  if (isAbsent(source) || value === "") return undefined;
  const number = typeof value === "string" && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isFinite(number)) throw expected(source, "a number");
  return number;
}

export function maybeFlag(source: Source): boolean | undefined {
  if (isAbsent(source)) return undefined;
  if (typeof source.value !== "boolean") throw expected(source, "true or false");
  return source.value;
}

/** The numbers that a frame can bear (IEEE 802.1Q-2018, 9.6). */
export function vlanOf(source: Source): number {
  const vlan = numberOf(source);
  if (!Number.isInteger(vlan) || vlan < 1 || vlan > 4094) throw importError(source.path, `is ${vlan}, and no VLAN`);
  return vlan;
}

function mappingOf(source: Source): Readonly<Record<string, unknown>> {
  if (!isMapping(source)) throw expected(source, "a mapping");
  return source.value as Readonly<Record<string, unknown>>;
}

function expected(source: Source, what: string): Error {
  const { value, path } = source;
  if (isAbsent(source)) return importError(path, `is missing; ${what} is expected`);
  const found = Array.isArray(value)
    ? "a list"
    : typeof value === "object"
      ? "a mapping"
      : `${typeof value === "boolean" ? "" : `a ${typeof value}, `}${JSON.stringify(value)}`;
  return importError(path, `is ${found}; ${what} is expected`);
}
