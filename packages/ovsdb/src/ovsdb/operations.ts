/** Builders of the operations of a transaction (RFC 7047 section 5.2). Each is plain data, ready for `transact`. */
import type { Condition, Mutation, OvsdbValue } from "./notation.ts";

export type Values = Readonly<Record<string, OvsdbValue>>;

export type Operation =
  | { readonly op: "insert"; readonly table: string; readonly row: Values; readonly "uuid-name"?: string }
  | {
      readonly op: "select";
      readonly table: string;
      readonly where: readonly Condition[];
      readonly columns?: readonly string[];
    }
  | { readonly op: "update"; readonly table: string; readonly where: readonly Condition[]; readonly row: Values }
  | {
      readonly op: "mutate";
      readonly table: string;
      readonly where: readonly Condition[];
      readonly mutations: readonly Mutation[];
    }
  | { readonly op: "delete"; readonly table: string; readonly where: readonly Condition[] }
  | {
      readonly op: "wait";
      readonly timeout?: number;
      readonly table: string;
      readonly where: readonly Condition[];
      readonly columns: readonly string[];
      readonly until: "==" | "!=";
      readonly rows: readonly Values[];
    }
  | { readonly op: "comment"; readonly comment: string }
  | { readonly op: "assert"; readonly lock: string };

/** `uuidName` lets later operations of the transaction refer to the new row (`namedUuidOf`). */
export function insertRow(table: string, row: Values, uuidName?: string): Operation {
  return { op: "insert", table, row, ...(uuidName === undefined ? {} : { "uuid-name": uuidName }) };
}

/** Without `columns` every column is returned. */
export function selectRows(table: string, where: readonly Condition[] = [], columns?: readonly string[]): Operation {
  return { op: "select", table, where, ...(columns === undefined ? {} : { columns }) };
}

export function updateRows(table: string, where: readonly Condition[], row: Values): Operation {
  return { op: "update", table, where, row };
}

export function mutateRows(table: string, where: readonly Condition[], mutations: readonly Mutation[]): Operation {
  return { op: "mutate", table, where, mutations };
}

export function deleteRows(table: string, where: readonly Condition[]): Operation {
  return { op: "delete", table, where };
}

/**
 * Holds the transaction until the rows look like `rows`. With `timeoutMs` 0 it is a guard: either the rows look so now,
 * or the transaction fails with "timed out" and changes nothing.
 */
export function waitForRows(
  table: string,
  where: readonly Condition[],
  rows: readonly Values[],
  options: { readonly until?: "==" | "!="; readonly timeoutMs?: number } = {},
): Operation {
  return {
    op: "wait",
    table,
    where,
    columns: Object.keys(rows[0] ?? {}),
    until: options.until ?? "==",
    rows,
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
  };
}

/** A remark for the database's own log. */
export function comment(text: string): Operation {
  return { op: "comment", comment: text };
}

/** The transaction fails unless this connection holds the lock. */
export function assertLock(lock: string): Operation {
  return { op: "assert", lock };
}
