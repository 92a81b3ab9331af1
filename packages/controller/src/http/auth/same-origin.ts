/**
 * Whether a browser's request comes from our own pages. Browsers say it in Sec-Fetch-Site (W3C Fetch Metadata); the
 * older ones at least in Origin (RFC 6454), which has to name the host that they speak to.
 */
import type { FastifyRequest } from "fastify";
import { TrunklineError } from "@trunkline/model";

/** @throws auth.cross-site, also when the request says nothing: a browser always does. */
export function refuseOtherSites(request: FastifyRequest): void {
  if (originOf(request) !== "own")
    throw new TrunklineError(
      "auth.cross-site",
      "a request with a login's cookie did not come from a page of this service",
    );
}

/** For the login itself, which scripts may make without any of the headers. @throws auth.cross-site. */
export function refuseNamedOtherSites(request: FastifyRequest): void {
  if (originOf(request) === "other")
    throw new TrunklineError("auth.cross-site", "a login was asked for by a page of another site");
}

function originOf({ headers, protocol }: FastifyRequest): "own" | "other" | "unsaid" {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin" ? "own" : "other";
  if (headers.origin === undefined) return "unsaid";
  return headers.origin === `${protocol}://${headers.host ?? ""}` ? "own" : "other";
}
