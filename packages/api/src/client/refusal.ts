/** What the client makes of silence, of a refusal, and of an answer that is not ours. */
import { TrunklineError, messageOf } from "@trunkline/model";
import { limits } from "../limits.ts";
import { errorOfProblem } from "../problem.ts";
import type { Transport } from "./transport.ts";

export function unreachable(transport: Transport, cause: unknown): TrunklineError {
  // Node's fetch says "fetch failed" and keeps what the system said in the cause.
  const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  const why = messageOf(inner) === "" ? messageOf(cause) : messageOf(inner);
  return new TrunklineError("service.unreachable", `${transport.name} does not answer: ${why}`, { cause });
}

/** The service's own error, or one that says that it is none of ours. */
export function refusal(transport: Transport, status: number, body: unknown, text: string): TrunklineError {
  return (
    errorOfProblem(body) ??
    new TrunklineError("service.unreachable", `${transport.name} does not answer as this version of Trunkline does`, {
      hint: "Check that the address leads to trunkline serve, and that both are of one version.",
      details: { status, excerpt: text.slice(0, limits.excerptChars) },
    })
  );
}

/** @returns undefined for what is not JSON; null for nothing, as 204 has it. */
export function parsed(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
