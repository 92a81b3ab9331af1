/** The ssh transport with a stand-in for ssh: a script that checks how it was called and relays to a local socket. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { connect } from "../connect.ts";
import { LibvirtError } from "../errors.ts";
import { startFakeLibvirt } from "../testing/fake-libvirt.ts";
import type { FakeScript } from "../testing/fake-libvirt.ts";
import { sshArguments } from "./ssh.ts";
import { parseLibvirtUri } from "./uri.ts";

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

/** A folder with the programs of the far side: `ssh` runs its last argument there with a shell, as sshd does. */
function farSide(programs: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "libvirt-ssh-"));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const ssh = `#!/bin/sh\nprintf '%s\\n' "$@" >> ${folder}/arguments\nfor last; do :; done\nPATH=${folder}:/usr/bin:/bin exec sh -c "$last"\n`;
  for (const [name, text] of Object.entries({ ssh, ...programs })) {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

/** What netcat does, by Node: bytes both ways between the pipes and a unix socket. */
function relay(path: string): string {
  const code = `const s=require("net").connect(${JSON.stringify(path)});s.pipe(process.stdout);process.stdin.pipe(s);s.on("close",()=>process.exit(0))`;
  return `#!/bin/sh\necho "$0 $@" >> "$(dirname "$0")/programs"\nexec ${process.execPath} -e '${code}'\n`;
}

async function peerWith(script: FakeScript = {}): Promise<string> {
  const peer = await startFakeLibvirt({ connectGetHostname: (call) => call.reply({ hostname: "far" }), ...script });
  undo.push(peer.stop);
  return peer.path;
}

async function errorOf(work: Promise<unknown>): Promise<LibvirtError> {
  const outcome: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof LibvirtError) return outcome;
  throw new Error(`not a LibvirtError: ${String(outcome)}`);
}

test("a session goes through virt-ssh-helper, and both ends are gone after it", async () => {
  const folder = farSide({ "virt-ssh-helper": relay(await peerWith()) });
  const connection = await connect("qemu+ssh://root@h1:2222/system?keyfile=/k", {
    ssh: { command: join(folder, "ssh") },
    readOnly: true,
  });
  const calls = Array.from({ length: 50 }, () => connection.call("connectGetHostname", {}));
  expect(new Set((await Promise.all(calls)).map(({ hostname }) => hostname))).toEqual(new Set(["far"]));
  await connection.close();
  expect((await connection.closed).code).toBe("libvirt.closed");
  const given = readFileSync(join(folder, "arguments"), "utf8").split("\n");
  expect(given.slice(0, 12)).toEqual([
    "-T",
    "-e",
    "none",
    "-o",
    "BatchMode=yes",
    "-p",
    "2222",
    "-l",
    "root",
    "-i",
    "/k",
    "--",
  ]);
  expect(given[12]).toBe("h1");
  expect(readFileSync(join(folder, "programs"), "utf8")).toContain("virt-ssh-helper -r qemu:///system");
});

test("large answers pass whole, and the peer's end is the end", async () => {
  const xml = "x".repeat(3_000_000);
  const path = await peerWith({
    connectGetCapabilities: (call) => call.reply({ xml }),
    connectGetType: (call) => call.socket.destroy(),
  });
  const folder = farSide({ "virt-ssh-helper": relay(path) });
  const connection = await connect("qemu+ssh://h1/system", { ssh: { command: join(folder, "ssh") } });
  expect((await connection.call("connectGetCapabilities", {})).xml.length).toBe(xml.length);
  expect((await errorOf(connection.call("connectGetType", {}))).code).toBe("libvirt.closed");
});

test.each([
  [
    "that asks for -q",
    "#!/bin/sh\nif [ \"$1\" = -q ] && [ $# = 1 ]; then echo 'option requires an argument' >&2; exit 1; fi\n",
    "nc -q0 -U /s",
  ],
  ["that knows no -q", "#!/bin/sh\nif [ \"$1\" = -q ]; then echo 'invalid option' >&2; exit 1; fi\n", "nc -U /s"],
])("a named socket is reached by netcat, one %s included", async (_name, head, expected) => {
  const path = await peerWith();
  const folder = farSide({ nc: head + relay(path).replace("#!/bin/sh\n", "") });
  const connection = await connect("qemu+ssh://h1/system?socket=/s", { ssh: { command: join(folder, "ssh") } });
  expect(await connection.call("connectGetHostname", {})).toEqual({ hostname: "far" });
  await connection.close();
  expect(readFileSync(join(folder, "programs"), "utf8")).toContain(expected);
});

test("what ssh complains about is the reason; a refusal is one of authentication", async () => {
  const denied = farSide({ ssh: "#!/bin/sh\necho 'root@h1: Permission denied (publickey).' >&2\nexit 255\n" });
  const error = await errorOf(connect("qemu+ssh://h1/system", { ssh: { command: join(denied, "ssh") } }));
  expect(error.code).toBe("libvirt.auth");
  expect(error.message).toContain("Permission denied (publickey)");
  const unknown = farSide({ ssh: "#!/bin/sh\necho 'Could not resolve hostname h1' >&2\nexit 255\n" });
  const lost = await errorOf(connect("qemu+ssh://h1/system", { ssh: { command: join(unknown, "ssh") } }));
  expect(lost.code).toBe("libvirt.transport");
  expect(lost.message).toContain("status 255: Could not resolve hostname h1");
});

test("an ssh that is not there, and one that hangs", async () => {
  expect((await errorOf(connect("qemu+ssh://h1/system", { ssh: { command: "/nonexistent/ssh" } }))).code).toBe(
    "libvirt.transport",
  );
  const hanging = farSide({ ssh: "#!/bin/sh\nexec sleep 600\n" });
  const attempt = connect("qemu+ssh://h1/system", { ssh: { command: join(hanging, "ssh") }, connectTimeoutMs: 100 });
  expect((await errorOf(attempt)).code).toBe("libvirt.timeout");
});

test("nothing in a URI reaches a shell as code, or ssh as an option", async () => {
  const uri = parseLibvirtUri("qemu+ssh://-oProxyCommand=x/system?socket=/a'%3Btouch /b&netcat=n'c");
  const given = sshArguments(uri, false);
  expect(given.indexOf("-oProxyCommand=x")).toBe(given.indexOf("--") + 1);
  const folder = farSide({ touch: `#!/bin/sh\necho ran >> "$(dirname "$0")/programs"\n` });
  await errorOf(
    connect("qemu+ssh://h1/system?socket=/a'%3Btouch%20/b%20%23", { ssh: { command: join(folder, "ssh") } }),
  );
  expect(() => readFileSync(join(folder, "programs"))).toThrow("ENOENT");
});
