/**
 * RFC 7047 section 5.1: how values, conditions and mutations are written on the wire. Sets, maps and references are
 * tagged arrays: ["set", […]], ["map", [[k, v], …]], ["uuid", "…"], ["named-uuid", "…"]; a set of one may be bare.
 */
import type { JsonValue } from "../json/value.ts";

export type Atom = string | number | boolean | readonly ["uuid", string] | readonly ["named-uuid", string];
export type OvsdbValue =
  | Atom
  | readonly ["set", readonly Atom[]]
  | readonly ["map", readonly (readonly [Atom, Atom])[]];

/** A row as it is sent and received: column to value. */
export type Row = Readonly<Record<string, JsonValue>>;

export type ConditionFunction = "<" | "<=" | "==" | "!=" | ">=" | ">" | "includes" | "excludes";
export type Condition = readonly [column: string, test: ConditionFunction, value: OvsdbValue];

export type Mutator = "+=" | "-=" | "*=" | "/=" | "%=" | "insert" | "delete";
export type Mutation = readonly [column: string, mutator: Mutator, value: OvsdbValue];

/** A reference to a row that exists. */
export function uuidOf(uuid: string): readonly ["uuid", string] {
  return ["uuid", uuid];
}

/** A reference to a row inserted by the same transaction under this name. */
export function namedUuidOf(name: string): readonly ["named-uuid", string] {
  return ["named-uuid", name];
}

export function setOf(atoms: readonly Atom[]): readonly ["set", readonly Atom[]] {
  return ["set", atoms];
}

export function mapOf(
  entries: Readonly<Record<string, Atom>> | ReadonlyMap<Atom, Atom>,
): readonly ["map", readonly (readonly [Atom, Atom])[]] {
  return ["map", entries instanceof Map ? [...entries] : Object.entries(entries)];
}
