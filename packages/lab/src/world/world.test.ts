import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseDomstats } from "./domains.ts";
import { losesGuestWrites, parseVersion } from "./emulator.ts";
import { parseTargets } from "./tgt-show.ts";

describe("QEMU's version", () => {
  test.each([
    ["QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)", true],
    ["QEMU emulator version 8.2.1 (qemu-8.2.1-1.fc40)", true],
    ["QEMU emulator version 8.2.2 (Debian 1:8.2.2+ds-0ubuntu1)", false],
    ["QEMU emulator version 9.0.0", false],
    ["QEMU emulator version 10.1.0", false],
    ["something else", true],
  ])("%s loses guest writes under TCG: %s", (text, isAffected) => {
    expect(losesGuestWrites(parseVersion(text))).toBe(isAffected);
  });
});

describe("the emulator's wrapper", () => {
  /** The wrapper with its last line replaced: it shows its arguments instead of starting QEMU. */
  function argumentsAfter(...argv: readonly string[]): readonly string[] {
    const folder = mkdtempSync(join(tmpdir(), "trunkline-wrapper-"));
    try {
      const text = readFileSync(new URL("../../host/emulator.sh", import.meta.url), "utf8");
      const shown = text.replace("exec /usr/bin/qemu-system-x86_64", "printf '%s\\n'");
      expect(shown).not.toBe(text);
      writeFileSync(join(folder, "wrapper"), shown, { mode: 0o755 });
      return spawnSync(join(folder, "wrapper"), argv, { encoding: "utf8" }).stdout.split("\n").slice(0, -1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test.each([
    ["256", "size=262136k"],
    ["size=256", "size=262136k"],
    ["size=262144k", "size=262136k"],
    ["size=262144k,slots=16,maxmem=1048576k", "size=262144k,slots=16,maxmem=1048576k"],
  ])("-m %s becomes -m %s", (asked, given) => {
    expect(argumentsAfter("-S", "-m", asked, "-smp", "1")).toEqual(["-S", "-m", given, "-smp", "1"]);
  });

  test("the memory backend shrinks by the same 8 KiB, and only it", () => {
    const backend = '{"qom-type":"memory-backend-ram","id":"pc.ram","size":268435456}';
    const other = '{"qom-type":"secret","id":"s","size":268435456}';
    expect(argumentsAfter("-object", backend, "-object", other, "-name", "guest=vm 1,debug-threads=on", "")).toEqual([
      "-object",
      '{"qom-type":"memory-backend-ram","id":"pc.ram","size":268427264}',
      "-object",
      other,
      "-name",
      "guest=vm 1,debug-threads=on",
      "",
    ]);
  });
});

test("tgtadm's outline gives targets, disks, access and sessions", () => {
  const text = `Target 1: iqn.2026-01.trunkline.lab:demo.vm1
    System information:
        Driver: iscsi
        State: ready
    I_T nexus information:
        I_T nexus: 3
            Initiator: iqn.2008-11.org.linux-kvm:one alias: none
            Connection: 0
                IP Address: 10.77.30.1
        I_T nexus: 4
            Initiator: iqn.2008-11.org.linux-kvm:one alias: none
            Connection: 0
                IP Address: 10.77.30.2
    LUN information:
        LUN: 0
            Type: controller
            Backing store path: None
        LUN: 1
            Type: disk
            Backing store path: /l/san/disks/vm1.img
    Account information:
    ACL information:
        ALL
Target 2: iqn.2026-01.trunkline.lab:demo.vm2
    I_T nexus information:
    LUN information:
        LUN: 0
            Backing store path: None
    Account information:
    ACL information:
`;
  expect(parseTargets(text)).toEqual([
    {
      iqn: "iqn.2026-01.trunkline.lab:demo.vm1",
      backingFiles: ["/l/san/disks/vm1.img"],
      acl: ["ALL"],
      sessions: [
        { initiator: "iqn.2008-11.org.linux-kvm:one", address: "10.77.30.1" },
        { initiator: "iqn.2008-11.org.linux-kvm:one", address: "10.77.30.2" },
      ],
    },
    { iqn: "iqn.2026-01.trunkline.lab:demo.vm2", backingFiles: [], acl: [], sessions: [] },
  ]);
  expect(parseTargets("")).toEqual([]);
});

test("virsh domstats gives names and states", () => {
  const text = "Domain: 'vm1'\n  state.state=1\n  state.reason=5\n\nDomain: 'my vm'\n  state.state=3\n\n";
  expect(parseDomstats(text)).toEqual([
    { name: "vm1", state: "running" },
    { name: "my vm", state: "paused" },
  ]);
  expect(parseDomstats("\n")).toEqual([]);
});
