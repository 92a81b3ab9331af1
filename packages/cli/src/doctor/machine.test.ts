import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { askAll, healthy } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { machineQuestions } from "./machine.ts";
import type { Machine } from "./machine.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tl-doctor-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const command = (name: string, body: string): void => {
  writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
};

/** Of a machine that has nothing but what the test puts into the folder. */
async function ask(about: Partial<Machine> = {}, deadlineMs = 20_000): Promise<readonly Finding[]> {
  const machine = {
    nodeVersion: "20.19.0",
    toolFolders: [folder],
    isRoot: true,
    kvmDevice: join(folder, "kvm"),
    ...about,
  };
  return await askAll(machineQuestions(machine), deadlineMs);
}

async function finding(name: string, about: Partial<Machine> = {}, deadlineMs?: number): Promise<Finding | undefined> {
  return (await ask(about, deadlineMs)).find((candidate) => candidate.name === name);
}

describe("programs", () => {
  it("that are missing are named with the package that brings them; none of them stops a move", async () => {
    const findings = await ask();
    const missing = findings.filter(({ state }) => state === "missing");
    expect(missing.map(({ name }) => name)).toEqual(expect.arrayContaining(["libvirtd", "tgtd", "ssh", "busybox"]));
    for (const { fix, consequence } of missing) {
      expect(fix).toMatch(/^apt-get install /);
      expect(consequence).toBeTruthy();
    }
    expect(healthy(findings)).toBe(true);
  });

  it("say their version on either stream", async () => {
    command("libvirtd", "echo 'libvirtd (libvirt) 9.0.0'");
    command("ssh", "echo 'OpenSSH_9.2p1 Debian-2' >&2");
    expect(await finding("libvirtd")).toMatchObject({ state: "ok", message: `9.0.0 (${folder}/libvirtd)` });
    expect(await finding("ssh")).toMatchObject({ state: "ok", message: `9.2p1 (${folder}/ssh)` });
  });

  it.each([
    ["fails", "echo 'libfoo.so.1: cannot open shared object file' >&2; exit 127", "cannot open shared object file"],
    ["fails without a word", "exit 3", "status 3"],
    ["never stops talking", "while :; do echo 1.2.3 1.2.3 1.2.3 1.2.3 1.2.3 1.2.3; done", "does not run"],
    ["is killed", "kill -9 $$", "does not run"],
  ])("one that %s is there, but of no use", async (_what, body, message) => {
    command("tgtd", body);
    const found = await finding("tgtd");
    expect(found?.state).toBe("degraded");
    expect(found?.message).toContain(message);
    expect(found?.fix).toContain("--reinstall");
  });

  it("one that hangs does not keep the doctor, and does not stay behind", async () => {
    command("tgtd", `echo $$ > ${folder}/pid; exec sleep 600`);
    const found = await finding("tgtd", {}, 1_500);
    expect(found?.state).toBe("degraded");
    const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
    await vi.waitFor(() => {
      expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    });
  });
});

describe("node", () => {
  it.each([
    ["20.19.0", "ok"],
    ["20.18.9", "missing"],
    ["18.20.0", "missing"],
    ["21.0.0", "ok"],
    ["24.1.0", "ok"],
  ])("%s is %s", async (nodeVersion, state) => {
    expect(await finding("node", { nodeVersion })).toMatchObject({ state, isNeeded: true });
  });

  it("is the one that package.json asks for", async () => {
    const root = join(import.meta.dirname, "../../../..");
    const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { engines: { node: string } };
    const wanted = engines.node.replace(">=", "");
    expect(await finding("node", { nodeVersion: `${wanted}.0` })).toMatchObject({ state: "ok" });
    expect((await finding("node", { nodeVersion: "20.0.0" }))?.message).toContain(`older than ${wanted}`);
  });
});

describe("busybox", () => {
  /** A 64-bit ELF file with one program header of that type (elf(5)). */
  const elf = (type: number): Buffer => {
    const bytes = Buffer.alloc(64 + 56);
    bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
    bytes.writeBigUInt64LE(64n, 32);
    bytes.writeUInt16LE(56, 54);
    bytes.writeUInt16LE(1, 56);
    bytes.writeUInt32LE(type, 64);
    return bytes;
  };
  const [loadable, interpreter] = [1, 3];

  it.each<readonly [string, string, Buffer | string]>([
    ["ok", "static", elf(loadable)],
    ["missing", "with a loader", elf(interpreter)],
    ["missing", "a script", "#!/bin/sh\n"],
    ["missing", "empty", ""],
  ])("is %s when it is %s", async (state, _what, content) => {
    writeFileSync(join(folder, "busybox"), content, { mode: 0o755 });
    expect(await finding("busybox")).toMatchObject({ state });
  });

  it("that is Node in disguise is linked dynamically", async () => {
    symlinkSync(process.execPath, join(folder, "busybox"));
    expect(await finding("busybox")).toMatchObject({
      state: "missing",
      message: expect.stringContaining("not linked statically"),
    });
  });
});

describe("acceleration and rights", () => {
  it("without the device guests are emulated, and it says what that means", async () => {
    const found = await finding("kvm");
    expect(found).toMatchObject({ state: "degraded", isNeeded: false });
    expect(found?.consequence).toContain("TCG");
  });

  it("a device that does not open is as good as none", async () => {
    expect(await finding("kvm", { kvmDevice: folder })).toMatchObject({ state: "degraded" });
    writeFileSync(join(folder, "kvm"), "");
    expect(await finding("kvm")).toMatchObject({ state: "ok" });
  });

  it("without root there is no lab; a root without namespaces has none either", async () => {
    expect(await finding("rights", { isRoot: false })).toMatchObject({
      state: "missing",
      message: "not root",
      isNeeded: false,
    });
    expect(await finding("rights")).toMatchObject({ state: "unknown" });
    command("unshare", "echo 'unshare failed: Operation not permitted' >&2; exit 1");
    expect(await finding("rights")).toMatchObject({
      state: "missing",
      message: expect.stringContaining("not permitted"),
    });
    command("unshare", "exit 0");
    expect(await finding("rights")).toMatchObject({ state: "ok" });
  });
});
