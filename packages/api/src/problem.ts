/**
 * Errors on the wire: problem details as RFC 9457 describes them, with our stable code, the hint and the details as
 * members of their own. The table of statuses is exhaustive: a new code does not compile without one.
 */
import { z } from "zod";
import { TrunklineError, errorTable } from "@trunkline/model";
import type { ErrorCode, ErrorDetails } from "@trunkline/model";
import { shaped } from "./shaped.ts";

const codes = Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]];

export const errorDetails = shaped<ErrorDetails>()(
  z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())])),
);

export const problemSchema = z
  .object({
    type: z.string().describe("urn:trunkline:error: and the code"),
    title: z.string().describe("What the code means, always the same for it."),
    status: z.int(),
    detail: z.string().describe("What happened, to which object."),
    instance: z.string().describe("The id of the request, as in the header x-request-id and in the log."),
    code: z.enum(codes),
    hint: z.string().describe("What to do next."),
    details: errorDetails,
  })
  .meta({ id: "Problem" });

export type Problem = z.output<typeof problemSchema>;

export const problemType = "application/problem+json";

/**
 * 409 is the answer where the state of the cluster stands in the way, a silent host included: the request can be made
 * again. 5xx is kept for the service itself.
 */
export const statusOfCode: Readonly<Record<ErrorCode, number>> = {
  "usage.invalid": 400,
  "inventory.missing": 409,
  "inventory.invalid": 400,
  "fabric.missing": 409,
  "fabric.invalid": 409,
  "fabric.import": 400,
  "fabric.unknown": 404,
  "fabric.changed": 409,
  "fabric.not-applied": 409,
  "host.unknown": 404,
  "host.unreachable": 409,
  "host.failed": 409,
  "host.invalid": 400,
  "host.exists": 409,
  "host.declared": 409,
  "host.busy": 409,
  "host.in-maintenance": 409,
  "vm.unknown": 404,
  "vm.ambiguous": 409,
  "move.refused": 409,
  "move.failed": 409,
  "move.cancelled": 409,
  "move.unsettled": 409,
  "move.unknown": 404,
  "move.deadline": 409,
  "move.too-late": 409,
  "move.not-waiting": 409,
  "batch.refused": 409,
  "batch.unknown": 404,
  "batch.over": 409,
  "queue.full": 409,
  "request.invalid": 400,
  "request.unknown-path": 404,
  "request.too-large": 413,
  "request.too-many": 429,
  "request.key-reused": 422,
  "request.in-doubt": 409,
  "auth.missing": 401,
  "auth.invalid": 401,
  "auth.forbidden": 403,
  "auth.cross-site": 403,
  "account.unknown": 404,
  "account.exists": 409,
  "service.unavailable": 503,
  "service.unreachable": 502,
  "snapshot.invalid": 400,
  "config.invalid": 500,
  "listen.refused": 500,
  "store.locked": 503,
  "store.foreign": 500,
  "store.failed": 503,
  "lab.failed": 500,
  "internal.defect": 500,
};

/** @param status another one where HTTP has a word of its own for the case: 405, 415. */
export function problemOf(error: TrunklineError, requestId: string, status = statusOfCode[error.code]): Problem {
  return {
    type: `urn:trunkline:error:${error.code}`,
    title: errorTable[error.code].meaning,
    status,
    detail: error.message,
    instance: requestId,
    code: error.code,
    hint: error.hint,
    details: error.details,
  };
}

/** The error that the service raised, for whoever called it; undefined when the body is no problem of ours. */
export function errorOfProblem(body: unknown): TrunklineError | undefined {
  const { data } = problemSchema.safeParse(body);
  if (data === undefined) return undefined;
  return new TrunklineError(data.code, data.detail, { hint: data.hint, details: data.details });
}
