/** One line of the audit log for each request that acts, refused ones included. */
import type { FastifyRequest } from "fastify";
import type { AuditEntry, Clock } from "@trunkline/ports";
import type { Caller } from "./auth/caller.ts";
import { httpLimits } from "./limits.ts";

export function auditEntryOf(
  request: FastifyRequest,
  caller: Caller | null,
  action: string,
  status: number,
  clock: Clock,
): AuditEntry {
  return {
    at: clock.timestamp(),
    actor: caller?.actor ?? "nobody",
    role: caller?.role ?? "none",
    action,
    subject: subjectOf(request),
    status,
    requestId: request.id,
  };
}

/** What the request is about, as far as it says; of a refused one the body may be anything. */
function subjectOf({ params, body }: FastifyRequest): string {
  const words = [
    ...valuesOf(params, ["name", "id"]),
    ...valuesOf(body, ["vm", "target", "name", "uri", "action"]),
    ...listOf(body, "moves").flatMap((move) => valuesOf(move, ["vm", "target"])),
  ];
  return words
    .join(" ")
    .replaceAll(/[\p{Cc}\p{Cs}]/gu, "?")
    .slice(0, httpLimits.subjectChars);
}

function valuesOf(source: unknown, names: readonly string[]): readonly string[] {
  if (typeof source !== "object" || source === null) return [];
  const fields = new Map<string, unknown>(Object.entries(source));
  return names.flatMap((name) => {
    const value = fields.get(name);
    return typeof value === "string" ? [value] : [];
  });
}

function listOf(source: unknown, name: string): readonly unknown[] {
  if (typeof source !== "object" || source === null) return [];
  const value: unknown = new Map<string, unknown>(Object.entries(source)).get(name);
  return Array.isArray(value) ? value : [];
}
