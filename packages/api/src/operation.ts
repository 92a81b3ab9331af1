/**
 * One operation of the API, as data. The server's routes, its OpenAPI document, the rights, the audit log and the typed
 * client all walk the same table, so that none of them can know an operation that the others do not.
 */
import type { z } from "zod";
import type { ErrorCode, Role } from "@trunkline/model";
import { statusOfCode } from "./problem.ts";

export interface Operation {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** With `:name` for each parameter. */
  readonly path: string;
  /** What it takes to call it. */
  readonly role: Role | "none";
  /**
   * `no`: it looks. `once-by-key`: it acts, is audited, and takes an idempotency key. `acts`: the same without a key,
   * since its request or its answer holds a secret that must not be kept.
   */
  readonly acts: "no" | "once-by-key" | "acts";
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** By status. */
  readonly answers: Readonly<Partial<Record<200 | 201 | 202 | 204, z.ZodType>>>;
  /** What travels: JSON where nothing is said. */
  readonly format?: "text" | "events";
  /** What it may be refused with, besides what each operation may be: see `errorsOf`. */
  readonly errors: readonly ErrorCode[];
}

/** Keeps each operation's own schemas in its type. */
export const operationsOf = <const T extends Readonly<Record<string, Operation>>>(table: T): T => table;

/** Every code that an operation may answer with. */
export function errorsOf(operation: Operation): readonly ErrorCode[] {
  const { params, query, body, role, acts, errors } = operation;
  const takesInput = params !== undefined || query !== undefined || body !== undefined;
  return [
    ...(takesInput || acts === "once-by-key" ? (["request.invalid"] as const) : []),
    ...(role === "none" ? [] : (["auth.missing", "auth.invalid", "auth.forbidden"] as const)),
    ...(acts === "no" ? [] : (["auth.cross-site", "store.failed"] as const)),
    ...errors,
    ...(acts === "once-by-key" ? (["request.key-reused", "request.in-doubt"] as const) : []),
    ...(body === undefined ? [] : (["request.too-large"] as const)),
    "request.too-many",
    "internal.defect",
  ];
}

/** The same by status, for the document. */
export function errorStatusesOf(operation: Operation): ReadonlyMap<number, readonly ErrorCode[]> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set(errorsOf(operation))) {
    const codes = byStatus.get(statusOfCode[code]);
    if (codes === undefined) byStatus.set(statusOfCode[code], [code]);
    else codes.push(code);
  }
  return byStatus;
}
