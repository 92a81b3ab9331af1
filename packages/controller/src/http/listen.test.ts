/** Where the service may be reached. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, fetchTransport } from "@trunkline/api";
import { afterEach, expect, it } from "vitest";
import { listen } from "./listen.ts";
import { startService } from "./service.fixture.ts";
import type { FixtureOptions, ServiceFixture } from "./service.fixture.ts";

const open: ServiceFixture[] = [];
const start = async (options?: FixtureOptions): Promise<ServiceFixture> => {
  const service = await startService(options);
  open.push(service);
  return service;
};
afterEach(async () => {
  for (const service of open.splice(0)) await service[Symbol.asyncDispose]();
});

it.each(["0.0.0.0", "::", "192.0.2.1", "nowhere.invalid"])("not at %s without TLS", async (host) => {
  const { app } = await start();
  await expect(listen(app, { host, port: 0 })).rejects.toMatchObject({ code: "listen.refused" });
  expect(app.server.listening).toBe(false);
});

it("at loopback, by address and by name, and not at a port that is taken", async () => {
  const [one, other, third] = [await start(), await start(), await start()];
  const url = await listen(one.app, { host: "127.0.0.1", port: 0 });
  const port = Number(new URL(url).port);
  await expect(listen(other.app, { host: "127.0.0.1", port })).rejects.toMatchObject({
    code: "listen.refused",
    message: `port ${port} of 127.0.0.1 is taken by another process`,
  });
  await listen(third.app, { host: "localhost", port: 0 });
  const { call } = createClient({ transport: fetchTransport(url), token: one.tokens.viewer });
  const signal = new AbortController().signal;
  expect(await call("accounts.me", {}, { signal })).toMatchObject({ actor: "the-viewer" });
});

it("nothing answers: the client says so, and where", async () => {
  const service = await start();
  const url = await listen(service.app, { host: "127.0.0.1", port: 0 });
  await service.app.close();
  const { call } = createClient({ transport: fetchTransport(url) });
  const signal = new AbortController().signal;
  await expect(call("service.health", {}, { signal })).rejects.toMatchObject({ code: "service.unreachable" });
});

it("anywhere with TLS, where the login's cookie is for TLS alone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "trunkline-tls-"));
  try {
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
    const asked = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    execFileSync("openssl", [...asked, ...subject, "-keyout", key, "-out", cert], { stdio: "ignore" });
    const ca = readFileSync(cert, "utf8");
    const service = await start({ tls: { key: readFileSync(key, "utf8"), cert: ca } });
    const url = await listen(service.app, { host: "0.0.0.0", port: 0 });
    const port = Number(new URL(url).port);
    const status = await new Promise((resolve, reject) => {
      request({ host: "127.0.0.1", port, path: "/health", ca }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on("error", reject)
        .end();
    });
    expect(status).toBe(200);
    const headers = { authorization: `Bearer ${service.tokens.admin}` };
    const user = { name: "ada", role: "viewer", password: "correct horse battery" };
    await service.app.inject({ method: "POST", url: "/api/v1/users", headers, payload: user });
    const payload = { name: user.name, password: user.password };
    const login = await service.app.inject({ method: "POST", url: "/api/v1/login", payload });
    expect(login.headers["set-cookie"]).toContain("; Secure");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
