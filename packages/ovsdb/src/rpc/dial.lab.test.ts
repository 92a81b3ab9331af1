/** TCP and TLS to a real ovsdb-server on loopback, with certificates made for the test. */
import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectOvsdb } from "../ovsdb/connection.ts";

const run = promisify(execFile);
const serverProgram = "ovsdb-server";
const attempts = 100;
const attemptIntervalMs = 50;

describe("a real ovsdb-server", () => {
  let folder: string;
  let server: ChildProcess;
  let tcpPort: number;
  let tlsPort: number;
  let key: string;
  let cert: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "tl-ovsdbtest-"));
    const file = (name: string): string => path.join(folder, name);
    const subject = ["-subj", "/CN=switch", "-addext", "subjectAltName=DNS:switch.test"];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
    await run("openssl", [
      "req",
      "-x509",
      ...curve,
      "-nodes",
      "-days",
      "2",
      ...subject,
      "-keyout",
      file("key.pem"),
      "-out",
      file("cert.pem"),
    ]);
    key = await readFile(file("key.pem"), "utf8");
    cert = await readFile(file("cert.pem"), "utf8");
    await run("ovsdb-tool", ["create", file("conf.db"), "/usr/share/openvswitch/vswitch.ovsschema"]);
    [tcpPort, tlsPort] = [await freePort(), await freePort()];
    server = spawn(
      serverProgram,
      [
        file("conf.db"),
        `--remote=ptcp:${tcpPort}:127.0.0.1`,
        `--remote=pssl:${tlsPort}:127.0.0.1`,
        `--private-key=${file("key.pem")}`,
        `--certificate=${file("cert.pem")}`,
        `--ca-cert=${file("cert.pem")}`,
        `--unixctl=${file("db.ctl")}`,
        "--log-file=/dev/null",
      ],
      { stdio: "ignore", env: { ...process.env, OVS_RUNDIR: folder, OVS_DBDIR: folder, OVS_LOGDIR: folder } },
    );
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (
        await access(file("db.ctl")).then(
          () => true,
          () => false,
        )
      )
        return;
      await sleep(attemptIntervalMs);
    }
    throw new Error("ovsdb-server did not start");
  });

  afterAll(async () => {
    const exited = once(server, "exit");
    server.kill("SIGTERM");
    await exited;
    await rm(folder, { recursive: true });
  });

  it("is reached by tcp", async () => {
    const connection = await connectOvsdb(`tcp:127.0.0.1:${tcpPort}`);
    expect(await connection.listDatabases()).toContain("Open_vSwitch");
    await connection.close();
  });

  it("is reached by ssl when the CA is known and names are not asked for, as Open vSwitch's own clients do", async () => {
    const connection = await connectOvsdb(`ssl:127.0.0.1:${tlsPort}`, {
      tls: { ca: cert, cert, key, checkHostName: false },
    });
    expect(await connection.listDatabases()).toContain("Open_vSwitch");
    await connection.close();
  });

  it("is refused when its name does not fit, when its CA is unknown, or when it wants a certificate", async () => {
    const address = `ssl:127.0.0.1:${tlsPort}`;
    await expect(connectOvsdb(address, { tls: { ca: cert, cert, key } })).rejects.toMatchObject({
      code: "ovsdb.transport",
    });
    await expect(connectOvsdb(address, { tls: { cert, key, checkHostName: false } })).rejects.toMatchObject({
      code: "ovsdb.transport",
    });
    const anonymous = connectOvsdb(address, { tls: { ca: cert, checkHostName: false } });
    // With TLS 1.3 the server's refusal may come only after the client is content, so with the first call.
    await expect(anonymous.then(async (connection) => connection.listDatabases())).rejects.toMatchObject({
      code: expect.stringMatching(/^ovsdb\.(?:transport|closed)$/u),
    });
  });

  it("drops a lock and a monitor that were asked for by a caller who gave up", async () => {
    const address = `tcp:127.0.0.1:${tcpPort}`;
    const [first, second] = [await connectOvsdb(address), await connectOvsdb(address)];
    const abort = new AbortController();
    const asked = Promise.allSettled([
      first.lock("l", { signal: abort.signal }),
      first.monitor("Open_vSwitch", { Bridge: {} }, { signal: abort.signal }),
    ]);
    abort.abort();
    for (const outcome of await asked) expect(outcome).toMatchObject({ reason: { code: "ovsdb.aborted" } });
    await first.echo();
    const lock = await second.lock("l");
    expect(lock.isHeld()).toBe(true);
    await first.close();
    await second.close();
  });
});

async function freePort(): Promise<number> {
  const probe = net.createServer();
  await new Promise<void>((resolve) => {
    probe.listen(0, "127.0.0.1", resolve);
  });
  const address = probe.address();
  await new Promise<void>((resolve) => {
    probe.close(() => resolve());
  });
  if (typeof address !== "object" || address === null) throw new Error("no free port");
  return address.port;
}
