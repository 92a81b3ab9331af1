/** Credentials: made with a secret that is shown once, found again by the secret's hash. */
import { TrunklineError } from "@trunkline/model";
import type { Role } from "@trunkline/model";
import type { Accounts, Clock, CredentialRecord, Random } from "@trunkline/ports";
import { hashOfSecret, newSecret } from "./secrets.ts";

export interface MintedCredential {
  readonly secret: string;
  readonly record: CredentialRecord;
}

export interface MintWish {
  readonly kind: CredentialRecord["kind"];
  readonly actor: string;
  readonly role: Role;
  /** null: it does not expire. */
  readonly livesMs: number | null;
}

/** Makes one without storing it: a server that is handed the record accepts the secret as long as it lives. */
export function mintCredential(wish: MintWish, clock: Clock, random: Random): MintedCredential {
  const { kind, actor, role, livesMs } = wish;
  const secret = newSecret();
  const createdAt = clock.timestamp();
  const expiresAt = livesMs === null ? null : laterThan(createdAt, livesMs);
  return {
    secret,
    record: { id: random.uuid(), kind, actor, role, secretHash: hashOfSecret(secret), createdAt, expiresAt },
  };
}

/** @throws account.exists. */
export async function addToken(
  accounts: Accounts,
  wish: Omit<MintWish, "kind">,
  clock: Clock,
  random: Random,
): Promise<MintedCredential> {
  await refuseTakenName(accounts, wish.actor);
  const minted = mintCredential({ ...wish, kind: "token" }, clock, random);
  await accounts.putCredential(minted.record);
  return minted;
}

/** For the first start: a token that does not expire, to make the others with. @throws account.exists. */
export async function createAdminToken(
  accounts: Accounts,
  name: string,
  clock: Clock,
  random: Random,
): Promise<MintedCredential> {
  return await addToken(accounts, { actor: name, role: "admin", livesMs: null }, clock, random);
}

/** Users and tokens share their names: the audit log knows an actor by nothing else. */
export async function refuseTakenName(accounts: Accounts, name: string): Promise<void> {
  const isUser = (await accounts.users()).some((user) => user.name === name);
  const isToken = (await accounts.credentials()).some(({ kind, actor }) => kind === "token" && actor === name);
  if (isUser || isToken)
    throw new TrunklineError("account.exists", `there is a ${isUser ? "user" : "token"} called ${name} already`);
}

export const isExpired = ({ expiresAt }: Pick<CredentialRecord, "expiresAt">, clock: Clock): boolean =>
  expiresAt !== null && Date.parse(expiresAt) <= Date.parse(clock.timestamp());

const laterThan = (timestamp: string, ms: number): string => new Date(Date.parse(timestamp) + ms).toISOString();
