/** How often a client may come: by its credential where it has one, else by its address; logins far less often. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { OperationId } from "@trunkline/api";
import { TrunklineError } from "@trunkline/model";
import type { Caller } from "./auth/caller.ts";
import { httpLimits } from "./limits.ts";
import type { HttpLimits } from "./limits.ts";

export type RateGuard = (
  request: FastifyRequest,
  caller: Caller | null,
  operation: OperationId | undefined,
) => Promise<void>;

/** The returned guard throws request.too-many. */
export function rateGuard(app: FastifyInstance, limits: HttpLimits): RateGuard {
  const timeWindow = httpLimits.rateWindowMs;
  const callers = new WeakMap<FastifyRequest, string>();
  const byCredential = app.createRateLimit({
    max: limits.requestsPerMinute,
    timeWindow,
    keyGenerator: (request) => callers.get(request) ?? "",
  });
  // Without a generator of ours the key is the address, of IPv6 its /64 network.
  const byAddress = app.createRateLimit({ max: limits.requestsPerMinute, timeWindow });
  const loginsByAddress = app.createRateLimit({ max: limits.loginsPerMinute, timeWindow });
  return async (request, caller, operation) => {
    if (caller !== null) callers.set(request, caller.id);
    const limit = operation === "accounts.login" ? loginsByAddress : caller === null ? byAddress : byCredential;
    const result = await limit(request);
    if (result.isAllowed || !result.isExceeded) return;
    throw new TrunklineError(
      "request.too-many",
      `more than ${result.max} ${operation === "accounts.login" ? "logins" : "requests"} a minute from ${caller?.actor ?? "one address"}`,
      { details: { retryAfterS: result.ttlInSeconds } },
    );
  };
}
