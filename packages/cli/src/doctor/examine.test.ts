import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore, systemClock } from "@trunkline/controller";
import { RunningCommand } from "../testing/command.fixture.ts";
import { examine } from "./examine.ts";
import type { ExamineOptions } from "./examine.ts";
import { healthy } from "./finding.ts";
import type { Finding } from "./finding.ts";

let folder: string;
let servers: Server[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tl-doctor-"));
  servers = [];
});
afterEach(async () => {
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Takes every connection and says nothing, until the other side gives up. */
const silentServer = (): Server => createServer((socket) => socket.on("error", () => undefined).resume());

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const state = (): string => join(folder, "state");

async function ask(options: ExamineOptions, deadlineMs = 2_000): Promise<ReadonlyMap<string, Finding>> {
  const machine = { nodeVersion: "20.19.0", toolFolders: [folder], isRoot: true, kvmDevice: join(folder, "kvm") };
  const inventory =
    options.inventory ?? file("none.yaml", 'hosts: [{ name: gone, uri: "qemu+tcp://127.0.0.1:1/system" }]');
  const findings = await examine({ state: state(), ...options, inventory }, machine, deadlineMs);
  return new Map(findings.map((finding) => [finding.name, finding]));
}

describe("the state folder", () => {
  it("that is not there yet is no fault, and is not made", async () => {
    const found = await ask({ state: join(folder, "a/b/c") });
    expect(found.get("folder")).toMatchObject({ state: "ok", message: `${folder}/a/b/c will be made` });
    expect(found.get("free space")?.state).toBe("ok");
    expect(found.get("store")).toMatchObject({ state: "ok", message: expect.stringContaining("none yet") });
  });

  it("that others can read is told with the command that mends it", async () => {
    mkdirSync(state());
    chmodSync(state(), 0o755);
    expect((await ask({})).get("folder")).toMatchObject({ state: "degraded", fix: `chmod 700 ${state()}` });
    chmodSync(state(), 0o700);
    expect((await ask({})).get("folder")?.state).toBe("ok");
  });

  it("that is a file is missing", async () => {
    file("state", "");
    const found = await ask({});
    expect(found.get("folder")).toMatchObject({ state: "missing", isNeeded: true });
  });
});

describe("the store", () => {
  it("is read with its schema and its owner, who is not disturbed", async () => {
    const path = join(state(), "journal.db");
    const store = await openStore({ path, clock: systemClock });
    const found = await ask({});
    expect(found.get("store")?.message).toMatch(/journal\.db, schema [1-9]/);
    expect(found.get("lease")?.message).toContain(`process ${process.pid} `);
    await store.close();
    expect((await ask({})).get("lease")?.message).toBe("nobody owns the store now");
  });

  it("of another program is missing, and the fix is not to overwrite it", async () => {
    mkdirSync(state());
    writeFileSync(join(state(), "journal.db"), "not a database at all, but long enough to be looked at. ".repeat(40));
    const found = await ask({});
    expect(found.get("store")).toMatchObject({
      state: "missing",
      isNeeded: true,
      fix: expect.stringContaining("--state"),
    });
  });
});

describe("the service", () => {
  it.each([
    [200, "ok"],
    [503, "degraded"],
  ])("that answers %i is %s", async (status, expected) => {
    const port = await listen(
      createHttpServer((request, response) => {
        response.writeHead(request.url === "/health" ? status : 404).end("{}");
      }),
    );
    expect((await ask({ server: `http://127.0.0.1:${port}` })).get("controller")?.state).toBe(expected);
  });

  it("that says nothing, or is not there, is degraded", async () => {
    const port = await listen(silentServer());
    expect((await ask({ server: `http://127.0.0.1:${port}` })).get("controller")).toMatchObject({
      state: "degraded",
      message: expect.stringContaining("no answer within"),
    });
    expect((await ask({ server: "http://127.0.0.1:1" })).get("controller")?.state).toBe("degraded");
  });

  it("is found by what it said in its lease", async () => {
    const store = await openStore({ path: join(state(), "journal.db"), clock: systemClock });
    const port = await listen(createHttpServer((_request, response) => response.end("{}")));
    await store.announce(`http://127.0.0.1:${port}`);
    expect((await ask({})).get("controller")).toMatchObject({
      state: "ok",
      message: `http://127.0.0.1:${port} answers`,
    });
    await store.close();
  });
});

describe("configuration and inventory", () => {
  it("lead to each other: the configuration names the inventory and the state folder", async () => {
    file("hosts.yaml", 'hosts: [{ name: far, uri: "qemu+tcp://127.0.0.1:1/system" }]');
    const config = file("t.yaml", "inventory: hosts.yaml\nstateFolder: elsewhere\n");
    const machine = { nodeVersion: "20.19.0", toolFolders: [], isRoot: false, kvmDevice: folder };
    const found = new Map((await examine({ config }, machine)).map((finding) => [finding.name, finding]));
    expect(found.get("configuration")).toMatchObject({ state: "ok", message: config });
    expect(found.get("far")).toMatchObject({ state: "missing" });
    expect(found.get("folder")?.message).toContain(join(folder, "elsewhere"));
  });

  it("with errors are missing, and every error is told", async () => {
    const found = await ask({
      config: file("t.yaml", "listen: { prot: 1 }\nlog: { level: x }\n"),
      inventory: file("bad.yaml", "hosts: [{ name: h1 }]\n"),
    });
    expect(found.get("configuration")?.message).toMatch(/:1:11: .*did you mean port\?\n.*:2:15: /);
    expect(found.get("inventory")).toMatchObject({
      state: "missing",
      isNeeded: true,
      message: expect.stringContaining("hosts.0.uri"),
    });
  });
});

describe("hosts", () => {
  it("are asked for their address and their clock by their shell", async () => {
    const uri = "qemu+tcp://127.0.0.1:1/system";
    const inventory = file(
      "hosts.yaml",
      `hosts:
  - { name: near, uri: "${uri}", migration: { address: 127.0.0.1 }, shell: [env] }
  - { name: wrong, uri: "${uri}", migration: { address: 192.0.2.7 }, shell: [env] }
  - { name: dumb, uri: "${uri}", migration: { address: 192.0.2.8 } }
  - { name: bare, uri: "${uri}" }
  - { name: late, uri: "${uri}", shell: [sh, -c, "echo 1000000000000", sh] }
  - { name: odd, uri: "${uri}", shell: [sh, -c, "echo noon", sh] }
  - { name: shut, uri: "${uri}", migration: { address: 192.0.2.9 }, shell: [sh, -c, "echo no route >&2; exit 255", sh] }
  - { name: hung, uri: "${uri}", shell: [sh, -c, "exec sleep 600", sh] }
`,
    );
    const found = await ask({ inventory });
    const states = (name: string): readonly (string | undefined)[] =>
      [name, `${name} migration`, `${name} clock`].map((key) => found.get(key)?.state);
    expect(states("near")).toEqual(["missing", "ok", "ok"]);
    expect(states("wrong")).toEqual(["missing", "degraded", "ok"]);
    expect(states("dumb")).toEqual(["missing", "unknown", "unknown"]);
    expect(states("bare")).toEqual(["missing", "degraded", "unknown"]);
    expect(states("late")).toEqual(["missing", "degraded", "degraded"]);
    expect(states("odd")).toEqual(["missing", "degraded", "unknown"]);
    expect(states("shut")).toEqual(["missing", "unknown", "unknown"]);
    expect(found.get("shut migration")?.message).toBe("192.0.2.9; not asked: no route");
    expect(found.get("shut clock")?.message).toBe("not asked: no route");
    expect(states("hung")).toEqual(["missing", "degraded", "unknown"]);
    expect(healthy([...found.values()])).toBe(false);
  });
});

it("the command ends by itself beside a host and a service that accept and say nothing", async () => {
  const port = await listen(silentServer());
  const inventory = file(
    "hosts.yaml",
    `hosts:
  - { name: silent, uri: "qemu+tcp://127.0.0.1:${port}/system" }
  - { name: closed, uri: "qemu+tcp://127.0.0.1:1/system" }
`,
  );
  const command = new RunningCommand(["doctor", "--json", "--state", state(), "--inventory", inventory]);
  const { exitCode, json } = await command.ended;
  const { ok, findings } = json as { ok: boolean; findings: readonly Finding[] };
  expect(exitCode).toBe(1);
  expect(ok).toBe(false);
  const hosts = findings.filter(({ name }) => name === "silent" || name === "closed");
  expect(hosts.map(({ name, state: found }) => [name, found])).toEqual([
    ["silent", "missing"],
    ["closed", "missing"],
  ]);
  expect(findings.find(({ name }) => name === "node")?.state).toBe("ok");
});
