/** Every way to a real libvirtd: TCP, TLS with its own judgement of certificates, and ssh with the real virt-ssh-helper. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "./connect.ts";
import { LibvirtError } from "./errors.ts";
import { makePki } from "./testing/pki.ts";
import type { Pki } from "./testing/pki.ts";
import { canRunLibvirtd, startLibvirtd } from "./testing/private-libvirtd.ts";
import type { PrivateLibvirtd } from "./testing/private-libvirtd.ts";

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

async function errorOf(work: Promise<unknown>): Promise<LibvirtError> {
  const outcome: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof LibvirtError) return outcome;
  throw new Error(`not a LibvirtError: ${String(outcome)}`);
}

describe.skipIf(!canRunLibvirtd)("the ways to a real libvirtd (root and libvirtd needed)", () => {
  let daemon: PrivateLibvirtd;
  let pki: Pki;
  let folder: string;
  let tcpUri: string;
  let tlsUri: string;

  beforeAll(async () => {
    pki = makePki();
    folder = mkdtempSync(join(tmpdir(), "libvirt-ways-"));
    const [tcpPort, tlsPort] = [await freePort(), await freePort()];
    tcpUri = `qemu+tcp://127.0.0.1:${tcpPort}/system`;
    tlsUri = `qemu+tls://127.0.0.1:${tlsPort}/system`;
    daemon = await startLibvirtd({
      isListening: true,
      settings: [
        `listen_addr = "127.0.0.1"`,
        `listen_tcp = 1`,
        `tcp_port = "${tcpPort}"`,
        `auth_tcp = "none"`,
        `listen_tls = 1`,
        `tls_port = "${tlsPort}"`,
        `auth_tls = "none"`,
        `key_file = "${pki.folder}/serverkey.pem"`,
        `cert_file = "${pki.folder}/servercert.pem"`,
        `ca_file = "${pki.folder}/cacert.pem"`,
        `tls_allowed_dn_list = [ "CN=mover" ]`,
      ],
    });
  });
  afterAll(async () => {
    await daemon.stop();
    pki.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  test("TCP", async () => {
    const connection = await connect(tcpUri);
    expect(await connection.call("connectGetType", {})).toEqual({ type: "QEMU" });
    await connection.close();
  });

  test("TLS, with the certificate that the daemon's list allows", async () => {
    const connection = await connect(`${tlsUri}?pkipath=${pki.folder}`);
    expect((await connection.call("connectGetCapabilities", {})).xml).toContain("<capabilities>");
    await connection.close();
  });

  test("TLS: the daemon's list, its authority and a missing certificate each reject with a typed error", async () => {
    for (const identity of [pki.other, pki.stranger, {}]) {
      const error = await errorOf(connect(tlsUri, { tls: { ca: pki.ca, ...identity } }));
      expect(error.code).toBe("libvirt.tls");
    }
  });

  test("ssh: the real virt-ssh-helper, reading and writing or reading only", async () => {
    // In place of ssh: the last argument is run by a shell on the far side, which is the daemon's namespace.
    const ssh = join(folder, "ssh");
    writeFileSync(ssh, `#!/bin/sh\nfor last; do :; done\nexec ${daemon.inside.join(" ")} sh -c "$last"\n`);
    chmodSync(ssh, 0o755);
    const connection = await connect("qemu+ssh://far/system", { ssh: { command: ssh } });
    const calls = Array.from({ length: 50 }, () => connection.call("connectGetCapabilities", {}));
    for (const { xml } of await Promise.all(calls)) expect(xml).toContain("</capabilities>");
    await connection.close();
    const reader = await connect("qemu+ssh://far/system", { ssh: { command: ssh }, readOnly: true });
    expect(await reader.call("connectGetUri", {})).toEqual({ uri: "qemu:///system" });
    daemon.kill();
    expect(["libvirt.closed", "libvirt.transport"]).toContain((await reader.closed).code);
    expect((await errorOf(connect("qemu+ssh://far/system", { ssh: { command: ssh } }))).message).toContain(
      "libvirt-sock",
    );
  });
});
