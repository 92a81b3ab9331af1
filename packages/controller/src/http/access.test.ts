/** Who may do what: every operation against every role, expiry, and requests that a browser makes for another site. */
import { operationIds, operations } from "@trunkline/api";
import type { Operation } from "@trunkline/api";
import { mayAct, roles } from "@trunkline/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemRandom } from "../adapters/system/system-random.ts";
import { addToken, mintCredential } from "./auth/credentials.ts";
import { bearer, problemIn, startService } from "./service.fixture.ts";
import type { ServiceFixture } from "./service.fixture.ts";

let service: ServiceFixture;
beforeEach(async () => {
  service = await startService();
});
afterEach(async () => {
  await service[Symbol.asyncDispose]();
});

const urlOf = (operation: Operation): string => operation.path.replaceAll(/:\w+/g, "h9");

describe("the rights of each role", () => {
  it.each(operationIds.filter((id) => operations[id].role !== "none" && id !== "events.follow"))("%s", async (id) => {
    const operation: Operation = operations[id];
    const ask = async (headers: Record<string, string>) => {
      const body = operation.method === "GET" || operation.body === undefined ? {} : { payload: {} };
      return await service.app.inject({ method: operation.method, url: urlOf(operation), headers, ...body });
    };
    expect(problemIn(await ask({}))).toMatchObject({ status: 401, code: "auth.missing" });
    expect(problemIn(await ask(bearer("wrong")))).toMatchObject({ status: 401, code: "auth.invalid" });
    const { role: needed } = operation;
    const allowed = roles.filter((role) => needed === "none" || mayAct(role, needed));
    for (const role of allowed) expect((await ask(bearer(service.tokens[role]))).statusCode).not.toBe(403);
    for (const role of roles.filter((one) => !allowed.includes(one)))
      expect(problemIn(await ask(bearer(service.tokens[role])))).toMatchObject({ status: 403, code: "auth.forbidden" });
  });

  it("a refused deed changes nothing and stands in the audit log beside a granted one", async () => {
    const pause = { method: "POST", url: "/api/v1/automation/pause", payload: { reason: "because" } } as const;
    await service.app.inject(pause);
    await service.app.inject({ ...pause, headers: bearer(service.tokens.viewer) });
    expect(service.plane.deeds).toEqual([]);
    await service.app.inject({ ...pause, headers: bearer(service.tokens.operator) });
    expect(service.plane.deeds).toEqual(["pause the-operator"]);
    const log = await service.store.audit.page(undefined, 10);
    expect(log.map(({ actor, role, action, status }) => [actor, role, action, status])).toEqual([
      ["the-operator", "operator", "automation.pause", 200],
      ["the-viewer", "viewer", "automation.pause", 403],
      ["nobody", "none", "automation.pause", 401],
    ]);
  });
});

describe("tokens", () => {
  it("end when their time is over", async () => {
    const wish = { actor: "short", role: "viewer", livesMs: 1_000 } as const;
    const { secret } = await addToken(service.store.accounts, wish, service.clock, systemRandom);
    const ask = async () => await service.app.inject({ url: "/api/v1/me", headers: bearer(secret) });
    expect((await ask()).statusCode).toBe(200);
    service.clock.pass(2_000);
    expect(problemIn(await ask())).toMatchObject({ status: 401, code: "auth.invalid", detail: /expired/ });
  });

  it("are made by an admin, shown once, kept as a hash, and revoked", async () => {
    const headers = bearer(service.tokens.admin);
    const payload = { name: "ci", role: "operator", expiresInDays: 1 };
    const made = await service.app.inject({ method: "POST", url: "/api/v1/tokens", headers, payload });
    expect(made.statusCode).toBe(201);
    const { secret } = made.json<{ secret: string }>();
    const again = await service.app.inject({ method: "POST", url: "/api/v1/tokens", headers, payload });
    expect(problemIn(again).code).toBe("account.exists");
    const listed = await service.app.inject({ url: "/api/v1/tokens", headers });
    expect(listed.body).toContain('"ci"');
    expect(listed.body).not.toContain(secret);
    expect(JSON.stringify(await service.store.accounts.credentials())).not.toContain(secret);
    expect((await service.app.inject({ url: "/api/v1/me", headers: bearer(secret) })).json()).toMatchObject({
      actor: "ci",
    });
    const removed = await service.app.inject({ method: "DELETE", url: "/api/v1/tokens/ci", headers });
    expect(removed.statusCode).toBe(204);
    expect((await service.app.inject({ url: "/api/v1/me", headers: bearer(secret) })).statusCode).toBe(401);
    expect(service.logged()).not.toContain(secret);
  });

  it("the last admin stays", async () => {
    const headers = bearer(service.tokens.admin);
    const answer = await service.app.inject({ method: "DELETE", url: "/api/v1/tokens/the-admin", headers });
    expect(problemIn(answer)).toMatchObject({ status: 400, detail: /last admin/ });
  });

  it("one that is held in memory works without the store", async () => {
    const wish = { kind: "token", actor: "console", role: "admin", livesMs: null } as const;
    const { secret, record } = mintCredential(wish, service.clock, systemRandom);
    await using other = await startService({ passes: [record] });
    expect((await other.app.inject({ url: "/api/v1/users", headers: bearer(secret) })).statusCode).toBe(200);
    expect(await other.store.accounts.credentials()).toHaveLength(3);
  });
});

describe("logins", () => {
  const user = { name: "ada", role: "operator", password: "correct horse battery" };
  const login = async (password = user.password, headers: Record<string, string> = {}, name = user.name) =>
    await service.app.inject({ method: "POST", url: "/api/v1/login", payload: { name, password }, headers });
  const cookieOf = (answer: Awaited<ReturnType<typeof login>>): string =>
    String(answer.headers["set-cookie"]).split(";")[0] ?? "";
  const resume = async (headers: Record<string, string>) =>
    await service.app.inject({ method: "POST", url: "/api/v1/automation/resume", headers });

  beforeEach(async () => {
    const headers = bearer(service.tokens.admin);
    const answer = await service.app.inject({ method: "POST", url: "/api/v1/users", headers, payload: user });
    if (answer.statusCode !== 201) throw new Error(answer.body);
  });

  it("set a cookie that scripts cannot read and other sites cannot use", async () => {
    const answer = await login();
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["set-cookie"]).toMatch(
      /^trunkline_login=\S+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const cookie = cookieOf(answer);
    const me = await service.app.inject({ url: "/api/v1/me", headers: { cookie } });
    expect(me.json()).toMatchObject({ actor: "ada", role: "operator", kind: "login" });
    expect(service.logged()).not.toContain(cookie.split("=")[1]);
    expect(service.logged()).not.toContain(user.password);
    expect(JSON.stringify(await service.store.accounts.users())).not.toContain(user.password);
  });

  it("a wrong password and an unknown name are told apart by nothing", async () => {
    const wrong = problemIn(await login("wrong"));
    const unknown = problemIn(await login("wrong", {}, "eve"));
    expect({ ...wrong, instance: "" }).toEqual({ ...unknown, instance: "" });
    expect(wrong).toMatchObject({ status: 401, code: "auth.invalid" });
  });

  it.each([
    ["same-origin", { "sec-fetch-site": "same-origin" }, 200],
    ["same-site", { "sec-fetch-site": "same-site" }, 403],
    ["cross-site", { "sec-fetch-site": "cross-site" }, 403],
    ["an own Origin", { origin: "http://c.example", host: "c.example" }, 200],
    ["a foreign Origin", { origin: "http://evil.example", host: "c.example" }, 403],
    ["a sandbox's Origin", { origin: "null", host: "c.example" }, 403],
    ["another scheme", { origin: "https://c.example", host: "c.example" }, 403],
    ["nothing", {}, 403],
  ] as const)("a deed with a cookie and %s", async (_, headers, status) => {
    const answer = await resume({ cookie: cookieOf(await login()), ...headers });
    expect(answer.statusCode).toBe(status);
    const code = answer.statusCode < 400 ? undefined : problemIn(answer).code;
    expect(code).toBe(status === 403 ? "auth.cross-site" : undefined);
  });

  it("a login asked for by another site is refused", async () => {
    expect(problemIn(await login(user.password, { "sec-fetch-site": "cross-site" })).code).toBe("auth.cross-site");
  });

  it("a cookie is no bearer token, nor a token a cookie", async () => {
    const secret = cookieOf(await login()).split("=")[1] ?? "";
    expect((await service.app.inject({ url: "/api/v1/me", headers: bearer(secret) })).statusCode).toBe(401);
    const cookie = `trunkline_login=${service.tokens.admin}`;
    expect((await service.app.inject({ url: "/api/v1/me", headers: { cookie } })).statusCode).toBe(401);
  });

  it("end by logout, by time, and with their user", async () => {
    const own = { "sec-fetch-site": "same-origin" };
    const me = async (cookie: string) =>
      (await service.app.inject({ url: "/api/v1/me", headers: { cookie } })).statusCode;
    const [first, second, third] = [cookieOf(await login()), cookieOf(await login()), cookieOf(await login())];
    await service.app.inject({ method: "POST", url: "/api/v1/logout", headers: { cookie: first, ...own } });
    expect([await me(first), await me(second)]).toEqual([401, 200]);
    const headers = bearer(service.tokens.admin);
    await service.app.inject({ method: "DELETE", url: "/api/v1/users/ada", headers });
    expect([await me(second), await me(third)]).toEqual([401, 401]);
  });

  it("take no idempotency key, since what they answer is not kept", async () => {
    const answer = await login(user.password, { "idempotency-key": "k" });
    expect(problemIn(answer)).toMatchObject({ status: 400, code: "request.invalid" });
  });
});

describe("how often", () => {
  it("a credential may come so many times a minute; another one is not held back", async () => {
    await using limited = await startService({ limits: { requestsPerMinute: 3 } });
    const ask = async (token: string) => await limited.app.inject({ url: "/api/v1/me", headers: bearer(token) });
    for (let turn = 0; turn < 3; turn += 1) expect((await ask(limited.tokens.viewer)).statusCode).toBe(200);
    const refused = await ask(limited.tokens.viewer);
    expect(problemIn(refused)).toMatchObject({ status: 429, code: "request.too-many" });
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    expect((await ask(limited.tokens.operator)).statusCode).toBe(200);
  });

  it("tokens cannot be guessed faster than an address may ask", async () => {
    await using limited = await startService({ limits: { requestsPerMinute: 3 } });
    const codes: string[] = [];
    for (let turn = 0; turn < 5; turn += 1)
      codes.push(problemIn(await limited.app.inject({ url: "/api/v1/me", headers: bearer(`guess-${turn}`) })).code);
    expect(codes).toEqual(["auth.invalid", "auth.invalid", "auth.invalid", "request.too-many", "request.too-many"]);
  });

  it("logins are held back far earlier than other requests", async () => {
    await using limited = await startService({ limits: { loginsPerMinute: 2 } });
    const payload = { name: "ada", password: "wrong" };
    const statuses: number[] = [];
    for (let turn = 0; turn < 3; turn += 1)
      statuses.push((await limited.app.inject({ method: "POST", url: "/api/v1/login", payload })).statusCode);
    expect(statuses).toEqual([401, 401, 429]);
  });
});
