/** Logins, users, tokens, and the log of who did what. */
import { z } from "zod";
import type { ReadInputOf } from "@trunkline/api";
import { TrunklineError } from "@trunkline/model";
import type { Role } from "@trunkline/model";
import type { CredentialRecord, UserRecord } from "@trunkline/ports";
import type { Caller } from "../auth/caller.ts";
import { cookieName } from "../auth/caller.ts";
import { addToken, isExpired, mintCredential, refuseTakenName } from "../auth/credentials.ts";
import { hashOfPassword, isPassword, nobodysPassword } from "../auth/secrets.ts";
import type { HandlersOf, Rooms } from "../call.ts";
import { cursorOf, placeOf } from "../cursors.ts";
import { httpLimits } from "../limits.ts";

export function accountHandlers(rooms: Rooms): HandlersOf<"accounts" | "users" | "tokens" | "audit"> {
  const { clock, random, hub, limits, isSecure } = rooms;
  const { accounts, audit } = rooms.store;
  const nobodys = nobodysPassword();
  const hashes = new Hashing();
  const cookieOptions = { path: "/", httpOnly: true, sameSite: "strict", secure: isSecure } as const;

  return {
    "accounts.login": async ({ body, reply }) => {
      const user = (await accounts.users()).find(({ name }) => name === body.name);
      const isRight = await hashes.run(async () => isPassword(body.password, user?.passwordHash ?? nobodys));
      if (user === undefined || !isRight) throw new TrunklineError("auth.invalid", "the name or the password is wrong");
      await removeExpiredLogins();
      const livesMs = limits.loginHours * 3_600_000;
      const wish = { kind: "login", actor: user.name, role: user.role, livesMs } as const;
      const { secret, record } = mintCredential(wish, clock, random);
      await accounts.putCredential(record);
      void reply.setCookie(cookieName, secret, { ...cookieOptions, maxAge: livesMs / 1000 });
      return { status: 200, body: callerBody(record) };
    },
    "accounts.logout": async ({ caller, reply }) => {
      if (caller.kind === "login") await end(caller.id);
      void reply.clearCookie(cookieName, cookieOptions);
      return { status: 204, body: null };
    },
    "accounts.me": async ({ caller }) => ({ status: 200, body: callerBody(caller) }),
    "users.list": async () => ({ status: 200, body: { items: (await accounts.users()).map(userBody) } }),
    "users.add": async ({ body: { name, role, password } }) => {
      await refuseMore(name);
      const passwordHash = await hashes.run(async () => hashOfPassword(password));
      const user: UserRecord = { name, role, passwordHash, createdAt: clock.timestamp() };
      await accounts.putUser(user);
      return { status: 201, body: userBody(user) };
    },
    "users.remove": async ({ params: { name } }) => {
      const user = (await accounts.users()).find((one) => one.name === name);
      if (user === undefined) throw unknown("user", name);
      await refuseLastAdmin(user.role, name);
      await accounts.removeUser(name);
      const logins = (await accounts.credentials()).filter(({ kind, actor }) => kind === "login" && actor === name);
      for (const { id } of logins) await end(id);
      return { status: 204, body: null };
    },
    "tokens.list": async () => ({ status: 200, body: { items: (await tokens()).map(tokenBody) } }),
    "tokens.add": async ({ body: { name, role, expiresInDays } }) => {
      await refuseMore(name);
      const livesMs = expiresInDays === undefined ? null : expiresInDays * 86_400_000;
      const { secret, record } = await addToken(accounts, { actor: name, role, livesMs }, clock, random);
      return { status: 201, body: { token: tokenBody(record), secret } };
    },
    "tokens.remove": async ({ params: { name } }) => {
      const token = (await tokens()).find(({ actor }) => actor === name);
      if (token === undefined) throw unknown("token", name);
      await refuseLastAdmin(token.role, name);
      await end(token.id);
      return { status: 204, body: null };
    },
    "audit.list": async ({ query: { limit, cursor } }) => {
      const found = await audit.page(beforeOf(cursor), limit + 1);
      const items = found.slice(0, limit);
      const last = items.at(-1);
      const nextCursor = found.length > limit && last !== undefined ? cursorOf(["audit", last.sequence]) : null;
      return { status: 200, body: { items, nextCursor } };
    },
  };

  async function tokens(): Promise<readonly CredentialRecord[]> {
    return (await accounts.credentials()).filter(({ kind }) => kind === "token");
  }

  async function end(credentialId: string): Promise<void> {
    await accounts.removeCredential(credentialId);
    hub.endOf(new Set([credentialId]));
  }

  async function removeExpiredLogins(): Promise<void> {
    const logins = (await accounts.credentials()).filter(({ kind }) => kind === "login");
    for (const login of logins) if (isExpired(login, clock)) await accounts.removeCredential(login.id);
  }

  async function refuseMore(name: string): Promise<void> {
    await refuseTakenName(accounts, name);
    if ((await accounts.users()).length + (await tokens()).length >= httpLimits.accounts)
      throw new TrunklineError("request.invalid", `there are ${httpLimits.accounts} users and tokens already`, {
        hint: "Remove those that nobody uses.",
      });
  }

  /** Without an admin nobody could ever make another. */
  async function refuseLastAdmin(role: Role, name: string): Promise<void> {
    if (role !== "admin") return;
    const good = (await tokens()).filter((token) => !isExpired(token, clock));
    const others = [...(await accounts.users()), ...good.map((token) => ({ ...token, name: token.actor }))];
    if (others.some((other) => other.role === "admin" && other.name !== name)) return;
    throw new TrunklineError("request.invalid", `${name} is the last admin`, { hint: "Make another admin first." });
  }
}

const unknown = (what: string, name: string): TrunklineError =>
  new TrunklineError("account.unknown", `there is no ${what} called ${name}`);

const callerBody = ({ actor, role, kind, expiresAt }: Caller) => ({ actor, role, kind, expiresAt });
const userBody = ({ name, role, createdAt }: UserRecord) => ({ name, role, createdAt });
const tokenBody = ({ id, actor, role, createdAt, expiresAt }: CredentialRecord) => ({
  id,
  name: actor,
  role,
  createdAt,
  expiresAt,
});

const cursorShape = z.tuple([z.literal("audit"), z.int().min(0)]);

function beforeOf(cursor: ReadInputOf<"audit.list", "query">["cursor"]): number | undefined {
  return cursor === undefined ? undefined : placeOf(cursor, cursorShape)[1];
}

/** Each hash takes memory and a thread on purpose; more at a time than a few would starve the moves. */
class Hashing {
  #running = 0;

  async run<T>(hash: () => Promise<T>): Promise<T> {
    if (this.#running >= httpLimits.hashesAtOnce)
      throw new TrunklineError("request.too-many", "other logins are being checked", { details: { retryAfterS: 1 } });
    this.#running += 1;
    try {
      return await hash();
    } finally {
      this.#running -= 1;
    }
  }
}
