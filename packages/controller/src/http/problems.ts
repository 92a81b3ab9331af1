/** Every way in which a request can go wrong, as a problem with a code and a hint. Nothing of the inside leaves in one. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { problemOf, problemType } from "@trunkline/api";
import type { Problem } from "@trunkline/api";
import { TrunklineError } from "@trunkline/model";
import { httpLimits } from "./limits.ts";

export interface Refusal {
  readonly error: TrunklineError;
  /** Where HTTP has a word of its own for the case. */
  readonly status?: number;
  /** Not the caller's doing: whoever runs the service should know. */
  readonly isDefect: boolean;
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, { error, status }: Refusal): void {
  const problem = problemOf(error, request.id, status);
  stamp(request, reply);
  if (problem.status === 401) void reply.header("www-authenticate", "Bearer");
  const { retryAfterS } = error.details;
  if (typeof retryAfterS === "number") void reply.header("retry-after", String(retryAfterS));
  void reply.code(problem.status).type(problemType).send(asBytes(problem));
}

/** What every answer carries. Answers tell of a cluster, and are nothing for a cache. */
export function stamp(request: FastifyRequest, reply: FastifyReply): void {
  void reply.headers({
    "x-request-id": request.id,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  });
}

/** As bytes, since to text of a JSON type fastify adds a charset, which RFC 9457's registration does not have. */
const asBytes = (problem: Problem): Buffer => Buffer.from(JSON.stringify(problem));

/** @param thrown whatever a handler, a hook, the parser or fastify itself threw. */
export function refusalOf(thrown: unknown): Refusal {
  if (thrown instanceof TrunklineError) return { error: thrown, isDefect: thrown.code === "internal.defect" };
  if (hasZodFastifySchemaValidationErrors(thrown)) return { error: invalidFields(thrown), isDefect: false };
  if (isTimeout(thrown))
    return {
      error: new TrunklineError("service.unavailable", "the request took longer than the service works on one", {
        cause: thrown,
      }),
      isDefect: false,
    };
  return ofFastify(thrown) ?? { error: defect(thrown), isDefect: true };
}

const isTimeout = (thrown: unknown): boolean =>
  thrown instanceof Error && (thrown.name === "TimeoutError" || thrown.name === "AbortError");

interface ValidationFailure {
  readonly validation: readonly { readonly instancePath: string; readonly message?: string | undefined }[];
  readonly validationContext?: string | undefined;
}

function invalidFields({ validation, validationContext = "request" }: ValidationFailure): TrunklineError {
  const fields = validation.slice(0, httpLimits.problemFields).map(({ instancePath, message = "invalid" }) => {
    const place = `${validationContext}${instancePath.replaceAll("/", ".")}`;
    return `${place}: ${message}`.slice(0, httpLimits.problemFieldChars);
  });
  return new TrunklineError("request.invalid", `the request is not what the API describes: ${fields.join("; ")}`, {
    details: { fields },
  });
}

/** Errors of fastify and of its parsers that say by their status that the request is to blame. */
function ofFastify(thrown: unknown): Refusal | undefined {
  if (!(thrown instanceof Error) || !("statusCode" in thrown) || typeof thrown.statusCode !== "number")
    return undefined;
  const status = thrown.statusCode;
  const invalid = (message: string): TrunklineError =>
    new TrunklineError("request.invalid", message, { cause: thrown });
  if (status === 413)
    return {
      error: new TrunklineError("request.too-large", "the body is larger than the service accepts"),
      isDefect: false,
    };
  if (status === 415)
    return {
      error: new TrunklineError("request.invalid", "the body's content type is not one that the API takes", {
        hint: "Send application/json.",
      }),
      status,
      isDefect: false,
    };
  if (status === 503)
    return { error: new TrunklineError("service.unavailable", "the service is stopping"), isDefect: false };
  if (status < 400 || status >= 500) return undefined;
  return { error: invalid(`the request could not be read: ${thrown.message}`), isDefect: false };
}

function defect(cause: unknown): TrunklineError {
  return new TrunklineError("internal.defect", "the request met a defect of Trunkline and was abandoned", {
    hint: "The log has the cause under the request's id; please report both.",
    cause,
  });
}
