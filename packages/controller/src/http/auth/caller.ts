/**
 * Who makes a request. A program sends a bearer token (RFC 6750), a browser its cookie; where both come, the token
 * counts. A cookie's secret is no token and the other way round.
 */
import type { FastifyRequest } from "fastify";
import { TrunklineError } from "@trunkline/model";
import type { Accounts, Clock, CredentialRecord } from "@trunkline/ports";
import { httpLimits } from "../limits.ts";
import { isExpired } from "./credentials.ts";
import { hashOfSecret } from "./secrets.ts";

export type Caller = Pick<CredentialRecord, "id" | "kind" | "actor" | "role" | "expiresAt">;

export const cookieName = "trunkline_login";

export interface Authenticator {
  /** @returns null when the request says nothing. @throws auth.invalid, store.failed. */
  callerOf(request: FastifyRequest): Promise<Caller | null>;
}

/** @param passes credentials that are held in memory only, for whoever embeds the server. */
export function authenticator(accounts: Accounts, clock: Clock, passes: readonly CredentialRecord[]): Authenticator {
  const held = new Map(passes.map((pass) => [pass.secretHash, pass]));
  return {
    callerOf: async (request) => {
      const presented = presentedBy(request);
      if (presented === null) return null;
      const hash = hashOfSecret(presented.secret);
      const credential = held.get(hash) ?? (await accounts.findCredential(hash));
      if (credential?.kind !== presented.kind) throw invalid(`this ${words[presented.kind]} is not known`);
      if (isExpired(credential, clock))
        throw invalid(`the ${words[presented.kind]} of ${credential.actor} expired at ${credential.expiresAt ?? ""}`);
      return credential;
    },
  };
}

const words = { token: "token", login: "login" } as const;

interface Presented {
  readonly kind: CredentialRecord["kind"];
  readonly secret: string;
}

function presentedBy(request: FastifyRequest): Presented | null {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const secret = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization)?.[1];
    if (secret === undefined || secret.length > httpLimits.secretChars)
      throw invalid("the Authorization header holds no bearer token");
    return { kind: "token", secret };
  }
  const secret = loginCookie(request.headers.cookie ?? "");
  return secret === "" ? null : { kind: "login", secret };
}

const invalid = (message: string): TrunklineError => new TrunklineError("auth.invalid", message);

/** RFC 6265, section 5.4: pairs between semicolons. Ours needs no decoding. */
function loginCookie(header: string): string {
  const pair = header.split(";").find((part) => part.trimStart().startsWith(`${cookieName}=`));
  return (
    pair
      ?.slice(pair.indexOf("=") + 1)
      .trim()
      .slice(0, httpLimits.secretChars) ?? ""
  );
}
