/** An address that nothing is at, or another method than those that it has. */
import type { FastifyRequest } from "fastify";
import { operationIds, operations } from "@trunkline/api";
import { TrunklineError } from "@trunkline/model";
import { httpLimits } from "./limits.ts";
import type { Refusal } from "./problems.ts";

export function unknownPath(request: FastifyRequest): {
  readonly refusal: Refusal;
  readonly allowed: readonly string[];
} {
  const path = (request.url.split("?")[0] ?? "").slice(0, httpLimits.problemFieldChars);
  const allowed = [
    ...new Set(
      operationIds.map((id) => operations[id]).flatMap(({ method, path: form }) => (isAt(form, path) ? [method] : [])),
    ),
  ];
  const message =
    allowed.length === 0
      ? `there is nothing at ${path}`
      : `${path} does not take ${request.method}, only ${allowed.join(", ")}`;
  const error = new TrunklineError("request.unknown-path", message);
  return { refusal: { error, isDefect: false, ...(allowed.length === 0 ? {} : { status: 405 }) }, allowed };
}

function isAt(form: string, path: string): boolean {
  const formParts = form.split("/");
  const parts = path.split("/");
  return (
    parts.length === formParts.length &&
    formParts.every((part, index) => part === parts[index] || (part.startsWith(":") && parts[index] !== ""))
  );
}
