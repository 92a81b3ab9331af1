/**
 * Every reason to refuse a move, made real and then mended: the switch, the target or the VM is broken on a lab, the
 * command must say what is wrong and where, nothing may have moved, the printed repair is run as printed wherever it
 * is a command, and then the VM moves. Each case runs from wherever the VM happens to be.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { labDown, labUp, openLab } from "@trunkline/lab";
import type { Lab } from "@trunkline/lab";
import type { MoveReport } from "@trunkline/model";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { RunningCommand } from "./testing/command.fixture.ts";
import type { Ended } from "./testing/command.fixture.ts";
import { readHistories } from "./testing/move-history.fixture.ts";
import { applyFix, hostsOf, photograph, placesOf, smallGuestXml, virsh } from "./testing/second-opinion.fixture.ts";
import type { SmallGuest } from "./testing/second-opinion.fixture.ts";

const isRoot = process.getuid?.() === 0;
const name = `refuse${process.pid}`;
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "tl-refusals-"));
const state = join(folder, "state");
/** Asked so often, with a pause in between, until a job shows itself or a copy is gone. */
const patience = { attempts: 100, pauseMs: 200 } as const;
const tiny: SmallGuest = { name: "tiny", mac: "52:54:00:77:99:01" };

let lab: Lab;

interface Places {
  readonly source: string;
  readonly target: string;
}

interface Refusal {
  readonly what: string;
  /** vm1, or a small guest that is started for this case. */
  readonly guest?: SmallGuest;
  readonly breakIt: (places: Places) => Promise<void>;
  readonly rule: string;
  readonly subject: (places: Places) => string;
  readonly says: (places: Places) => string;
  /** Where no command of ours could mend it. Without it, the fix is run as it is printed. */
  readonly mend?: (places: Places) => Promise<void>;
}

const refusals: readonly Refusal[] = [
  {
    what: "the tenant VLAN is missing on a trunk port of the middle switch",
    breakIt: async ({ target }) => await vsctl("sw1", "remove", "port", `p-${target}`, "trunks", "10"),
    rule: "vlan-trunked",
    subject: ({ target }) => `sw1/p-${target}`,
    says: ({ target }) => `port p-${target} of switch sw1 does not carry VLAN 10`,
  },
  {
    what: "the target cannot open the disk: the storage VLAN does not reach it",
    breakIt: async ({ target }) => await vsctl("sw1", "remove", "port", `p-${target}`, "trunks", "30"),
    rule: "disk-reachable",
    subject: () => "vm1/vda",
    says: ({ target }) => `${target} cannot open iscsi://`,
    mend: async ({ target }) => await vsctl("sw1", "add", "port", `p-${target}`, "trunks", "30"),
  },
  {
    what: "the migration VLAN is missing on a trunk port",
    guest: tiny,
    breakIt: async ({ target }) => await vsctl("sw1", "remove", "port", `p-${target}`, "trunks", "20"),
    rule: "migration-network",
    subject: ({ target }) => `sw1/p-${target}`,
    says: ({ target }) => `port p-${target} of switch sw1 does not carry the migration VLAN 20`,
  },
  {
    what: "the bridge is missing on the target",
    guest: { ...tiny, bridge: "br7" },
    breakIt: async ({ target }) => await vsctl(target, "--if-exists", "del-br", "br7"),
    rule: "bridge-present",
    subject: ({ target }) => `${target}/br7`,
    says: ({ target }) => `${target} has no bridge br7`,
  },
  {
    what: "the target is full",
    guest: tiny,
    breakIt: async ({ target }) => await start(target, { name: "big", memoryMiB: 2032 }, "--paused"),
    rule: "memory-fits",
    subject: ({ target }) => target,
    says: ({ target }) => `${target} would be 16 MiB over: 2032 MiB placed + 0 MiB on the way + 32 MiB for tiny`,
    mend: async ({ target }) => {
      await virsh(lab, target, "destroy", "big");
    },
  },
  {
    what: "another VM of the target bears its name",
    guest: tiny,
    breakIt: async ({ target }) => await define(target, { name: "tiny", uuid: "00000000-0000-4000-8000-00000000beef" }),
    rule: "identity-collision",
    subject: () => "tiny",
    says: ({ target }) => `${target} already has another VM named tiny (UUID 00000000-0000-4000-8000-00000000beef)`,
  },
  {
    what: "another VM of the target has its MAC address",
    guest: tiny,
    breakIt: async ({ target }) => await define(target, { ...tiny, name: "twin" }),
    rule: "identity-collision",
    subject: () => `tiny/${tiny.mac}`,
    says: ({ target }) => `twin on ${target} has the same MAC address ${tiny.mac}`,
    mend: async ({ target }) => {
      await virsh(lab, target, "undefine", "twin");
    },
  },
  {
    what: "the target's libvirt does not answer",
    guest: tiny,
    breakIt: async ({ target }) => await lab.killLibvirtd(target),
    rule: "target-reachable",
    subject: ({ target }) => target,
    says: ({ target }) => `libvirt on ${target} does not answer`,
    mend: async ({ target }) => await lab.startLibvirtd(target),
  },
  {
    what: "it has a snapshot",
    guest: tiny,
    breakIt: async ({ source }) => {
      const domain = await virsh(lab, source, "dumpxml", "tiny");
      const old = `<domainsnapshot><name>old</name><state>running</state><creationTime>1</creationTime>${domain}</domainsnapshot>`;
      await virsh(lab, source, "snapshot-create", "tiny", fileOf("snapshot.xml", old), "--redefine");
    },
    rule: "snapshots",
    subject: () => "tiny",
    says: () => "it has 1 snapshot(s)",
  },
  {
    what: "the CD in its drive is a file that only its host has",
    guest: { ...tiny, cd: "/var/lib/libvirt/only-here.iso" },
    breakIt: async () => undefined,
    rule: "host-local-backing",
    subject: () => "tiny/sda",
    says: ({ source }) => `the CD in sda is a file of ${source} (/var/lib/libvirt/only-here.iso)`,
  },
  {
    what: "the target cannot offer its CPU",
    guest: {
      ...tiny,
      cpu: `<cpu mode="custom" match="exact"><model>qemu64</model><feature policy="require" name="avx2"/></cpu>`,
    },
    breakIt: async ({ target }) => await hideAvx2(target),
    rule: "cpu-compatible",
    subject: () => "tiny/cpu",
    says: () => "required features: avx2",
    mend: async ({ target }) => await probeAgain(target),
  },
];

describe.skipIf(!isRoot)("the command refuses", () => {
  beforeAll(async () => {
    await labUp({ name, topology: "two-hosts" });
    lab = openLab(name);
  });

  afterEach(async () => {
    for (const host of hostsOf(lab)) {
      await lab.startLibvirtd(host);
      const extra = async (...flags: readonly string[]): Promise<readonly string[]> =>
        (await namesOn(host, ...flags)).filter((domain) => domain !== "vm1");
      for (const domain of await extra("--persistent", "--all")) await virsh(lab, host, "undefine", domain);
      for (const domain of await extra()) await virsh(lab, host, "destroy", domain);
      await vsctl(host, "--if-exists", "del-br", "br7");
    }
  });

  afterAll(async () => {
    await labDown({ name });
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(refusals)("when $what, and moves when it is mended", async (refusal) => {
    const { guest, breakIt, mend } = refusal;
    if (guest !== undefined) await startForCase(guest);
    const vm = guest?.name ?? "vm1";
    const places = await placesOf(lab, vm);
    await breakIt(places);
    const before = await photograph(lab, state);

    const refused = await migrate(vm, places.target);
    expect(await photograph(lab, state)).toEqual(before);
    expect(refused).toMatchObject({ exitCode: 1, json: { outcome: "refused", runsOn: places.source, measured: null } });
    expect(await phaseOf(reportOf(refused))).toBe("refused");
    const blocking = reportOf(refused).checks.filter(isBlocking);
    expect(new Set(blocking.map((check) => check.rule))).toEqual(new Set([refusal.rule]));
    const check = blocking.find((candidate) => candidate.subject === refusal.subject(places));
    expect(check?.message).toContain(refusal.says(places));
    expect(check?.fix).toMatch(/\S/);

    if (mend === undefined) await applyFix(lab, check?.fix);
    else await mend(places);
    const moved = await migrate(vm, places.target);
    // In this form the first line of the failure says what is still in the way.
    expect(blocksIn(moved)).toEqual([]);
    expect(moved).toMatchObject({ exitCode: 0, json: { outcome: "completed", runsOn: places.target } });
    expect(await placesOf(lab, vm)).toEqual({ source: places.target, target: places.source });
  });

  test("when another migration of the VM is on its way, and is ready once that is called off", async () => {
    const { source, target } = await placesOf(lab, "vm1");
    const peer = lab.inventory().hosts.find((host) => host.name === target)?.peerUri ?? "";
    const [file = "", ...place] = lab.hostCommand(source);
    const slow = ["virsh", "-c", "qemu:///system", "migrate", "--live", "--p2p", "--bandwidth", "1", "vm1", peer];
    const ended = run(file, [...place, ...slow]).then(
      () => "completed",
      () => "called off",
    );
    await until(async () => /^Job type:\s+Unbounded/m.test(await virsh(lab, source, "domjobinfo", "vm1")));
    // The incoming copy is no longer starting up: what is photographed below stands still.
    await until(async () => /migrating/.test(await virsh(lab, target, "domstate", "--reason", "vm1")));
    const before = await photograph(lab, state);

    const refused = await migrate("vm1", target);
    expect(await photograph(lab, state)).toEqual(before);
    expect(refused).toMatchObject({ exitCode: 1, json: { outcome: "refused", runsOn: source } });
    const check = reportOf(refused).checks.find((candidate) => candidate.rule === "job-in-progress");
    expect(check).toMatchObject({ severity: "block", subject: "vm1" });
    expect(check?.message).toContain("libvirt already runs a job on it (migration-out)");

    await applyFix(lab, check?.fix);
    expect(await ended).toBe("called off");
    await until(async () => !(await namesOn(target, "--all")).includes("vm1"));
    expect(await migrate("vm1", target, "--dry-run")).toMatchObject({ exitCode: 0, json: { outcome: "ready" } });
  });

  test("a CPU that names nothing to compare is not called compatible", async () => {
    await startForCase({ name: "tiny", cpu: '<cpu mode="maximum"/>' });
    const { target } = await placesOf(lab, "tiny");
    const report = reportOf(await migrate("tiny", target, "--dry-run"));
    expect(report.checks.find((check) => check.rule === "cpu-compatible")?.severity).toBe("unknown");
  });

  test("a CPU of which the emulator leaves out parts is compared by what the guest really got", async () => {
    // TCG has no AVX-512; with check='none' libvirt starts the guest all the same, and its live XML says what is missing.
    await startForCase({
      name: "tiny",
      cpu: '<cpu mode="custom" match="exact" check="none"><model>Skylake-Server</model></cpu>',
    });
    const { target } = await placesOf(lab, "tiny");
    const report = reportOf(await migrate("tiny", target, "--dry-run"));
    expect(report.checks.find((check) => check.rule === "cpu-compatible")?.severity).toBe("pass");
  });

  test("nothing is touched by a dry run, and nothing is done where nothing is to do", async () => {
    const { source, target } = await placesOf(lab, "vm1");
    const before = await photograph(lab, state);
    expect(await migrate("vm1", target, "--dry-run")).toMatchObject({ exitCode: 0, json: { outcome: "ready" } });
    expect(await migrate("vm1", source)).toMatchObject({
      exitCode: 0,
      json: { outcome: "completed", runsOn: source, measured: null },
    });
    expect(await photograph(lab, state)).toEqual(before);
  });

  test.each([
    ["a VM that nobody has", ["migrate", "nobody", "--to", "h2"], 1, "vm.unknown"],
    ["a host that nobody knows", ["migrate", "vm1", "--to", "h9"], 1, "host.unknown"],
    ["a rate that is none", ["migrate", "vm1", "--to", "h2", "--rate", "fast"], 2, "usage.invalid"],
    ["no target", ["migrate", "vm1"], 2, "usage.invalid"],
    ["a move that the journal does not hold", ["move", "show", "none"], 1, "move.unknown"],
    ["a command that does not exist", ["teleport", "vm1"], 2, "usage.invalid"],
  ] as const)("%s, with a code and the next step", async (_, args, exitCode, code) => {
    const ended = await command(...args);
    expect(ended).toMatchObject({
      exitCode,
      json: { error: { code, message: expect.stringMatching(/\S/), hint: expect.stringMatching(/\S/) } },
    });
  });
});

const command = async (...args: readonly string[]): Promise<Ended> =>
  await new RunningCommand([...args, "--json", "--lab", name, "--state", state]).ended;

const migrate = async (vm: string, target: string, ...more: readonly string[]): Promise<Ended> =>
  await command("migrate", vm, "--to", target, ...more);

const isBlocking = ({ severity }: { readonly severity: string }): boolean => severity === "block";
const blocksIn = (ended: Ended): readonly string[] =>
  reportOf(ended)
    .checks.filter(isBlocking)
    .map(({ rule, message }) => `${rule}: ${message}`);

const reportOf = (ended: Ended): MoveReport => ended.json as MoveReport;

/** What the journal has of it. */
async function phaseOf({ moveId }: MoveReport): Promise<string | undefined> {
  return (await readHistories(state)).find(({ request }) => request.id === moveId)?.state.phase;
}

/** On the first host, with whatever of that host the guest needs and the other one lacks. */
async function startForCase(guest: SmallGuest): Promise<void> {
  const [host = ""] = hostsOf(lab);
  if (guest.bridge !== undefined) {
    const { stdout } = await run("ovs-vsctl", [databaseOf(host), "get", "bridge", "br0", "datapath_type"]);
    const { bridge } = guest;
    await vsctl(host, "add-br", bridge, "--", "set", "bridge", bridge, `datapath_type=${stdout.trim()}`);
  }
  if (guest.cd !== undefined) {
    const [file = "", ...place] = lab.hostCommand(host);
    await run(file, [...place, "truncate", "--size=1M", guest.cd]);
  }
  await start(host, guest);
}

async function start(host: string, guest: SmallGuest, ...flags: readonly string[]): Promise<void> {
  await virsh(lab, host, "create", fileOf("domain.xml", smallGuestXml(lab, guest)), ...flags);
}

async function define(host: string, guest: SmallGuest): Promise<void> {
  await virsh(lab, host, "define", fileOf("domain.xml", smallGuestXml(lab, guest)));
}

function fileOf(file: string, text: string): string {
  writeFileSync(join(folder, file), text);
  return join(folder, file);
}

async function namesOn(host: string, ...flags: readonly string[]): Promise<readonly string[]> {
  return (await virsh(lab, host, "list", "--name", ...flags)).split("\n").filter((domain) => domain !== "");
}

async function vsctl(device: string, ...args: readonly string[]): Promise<void> {
  await run("ovs-vsctl", [databaseOf(device), "--timeout=20", ...args]);
}

function databaseOf(device: string): string {
  const { hosts, switches } = lab.inventory();
  const access =
    hosts.find((host) => host.name === device)?.virtualSwitch ?? switches.find((one) => one.name === device);
  if (access === undefined) throw new Error(`the lab has no switch ${device}`);
  return `--db=${access.ovsdb}`;
}

/**
 * Makes a host offer less than its QEMU does: libvirt keeps what it probed as XML in its cache folder, and believes it
 * as long as neither QEMU nor libvirt changed (qemu_capabilities.c, virQEMUCapsIsValid).
 */
async function hideAvx2(host: string): Promise<void> {
  const emulator = /<emulator>(.*)<\/emulator>/.exec(smallGuestXml(lab, tiny))?.[1] ?? "";
  await virsh(lab, host, "domcapabilities", "--emulatorbin", emulator);
  await lab.killLibvirtd(host);
  for (const file of readdirSync(probedOn(host))) {
    const path = join(probedOn(host), file);
    const offered = /(<property name='avx2' type='boolean' value=)'true'/g;
    writeFileSync(path, readFileSync(path, "utf8").replaceAll(offered, "$1'false'"));
  }
  await lab.startLibvirtd(host);
}

/** Without its cache libvirt asks QEMU again. */
async function probeAgain(host: string): Promise<void> {
  await lab.killLibvirtd(host);
  rmSync(probedOn(host), { recursive: true });
  await lab.startLibvirtd(host);
}

function probedOn(host: string): string {
  const node = lab.plan.hosts.find((candidate) => candidate.node.name === host)?.node;
  if (node === undefined) throw new Error(`the lab has no host ${host}`);
  return join(node.folder, "cache/qemu/capabilities");
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < patience.attempts; attempt += 1) {
    if (await isSo()) return;
    await new Promise<void>((resolve) => {
      setTimeout(resolve, patience.pauseMs);
    });
  }
  throw new Error("it did not come to pass");
}
