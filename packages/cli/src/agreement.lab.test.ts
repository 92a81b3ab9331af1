/**
 * virsh, an independent client of the same hypervisors, is asked for everything that we print about where a VM runs and
 * how it is configured: before a move, after one, for a VM without a definition and for one that has it.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labDown, labUp, openLab } from "@trunkline/lab";
import type { Lab } from "@trunkline/lab";
import type { MoveReport } from "@trunkline/model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RunningCommand } from "./testing/command.fixture.ts";
import { hostsOf, placesOf, smallGuestXml, uriOf, virsh } from "./testing/second-opinion.fixture.ts";
import type { SmallGuest } from "./testing/second-opinion.fixture.ts";

const isRoot = process.getuid?.() === 0;
const name = `agree${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), "tl-agreement-"));

let lab: Lab;

describe.skipIf(!isRoot)("virsh agrees", () => {
  beforeAll(async () => {
    await labUp({ name, topology: "two-hosts" });
    lab = openLab(name);
    const [first = "", second = ""] = hostsOf(lab);
    await define(first, { name: "kept", mac: "52:54:00:77:98:01", memoryMiB: 48 });
    await virsh(lab, first, "start", "kept");
    await define(first, { name: "off", mac: "52:54:00:77:98:02" });
    await define(second, { name: "still", memoryMiB: 40 });
    await virsh(lab, second, "start", "still", "--paused");
  });

  afterAll(async () => {
    await labDown({ name });
    rmSync(folder, { recursive: true, force: true });
  });

  test("with every listing, for VMs that run, rest, and are off", async () => {
    expect(await expectAgreement("kept")).toBe(4);
  });

  test("with what the checks say about a VM's parts", async () => {
    const { source, target } = await placesOf(lab, "vm1");
    const xml = await virsh(lab, source, "dumpxml", "vm1");
    const { checks } = (await trunkline("migrate", "vm1", "--to", target, "--dry-run")) as MoveReport;
    const said = (rule: string, subject: string): string =>
      checks.find((check) => check.rule === rule && check.subject === subject)?.message ?? `no ${rule} of ${subject}`;

    const disks = tableOf(await virsh(lab, source, "domblklist", "vm1"));
    expect(disks).toHaveLength(1);
    for (const [disk = "", backing = ""] of disks) expect(said("disk-reachable", `vm1/${disk}`)).toContain(backing);
    const nics = tableOf(await virsh(lab, source, "domiflist", "vm1"));
    expect(nics).toHaveLength(1);
    for (const [, , bridge = ""] of nics) expect(said("bridge-present", `${target}/${bridge}`)).toContain(bridge);
    for (const [, tag = ""] of xml.matchAll(/<tag id='(\d+)'\/>/g))
      expect(said("vlan-trunked", `VLAN ${tag}`)).toContain(tag);
    const machine = /machine='([^']+)'/.exec(xml)?.[1] ?? "";
    expect(said("machine-type", machine)).toContain(machine);
    expect(said("cpu-compatible", "vm1/cpu")).toContain(/<model[^>]*>([^<]+)</.exec(xml)?.[1] ?? "no model");
    for (const role of ["emulator", "kernel", "initrd"])
      expect(said("host-file", `vm1/${role}`)).toContain(
        new RegExp(`<${role}>([^<]+)<`).exec(xml)?.[1] ?? `no ${role}`,
      );
    const maxMiB = Number(/^Max memory:\s+(\d+) KiB$/m.exec(await virsh(lab, source, "dominfo", "vm1"))?.[1]) / 1024;
    expect(said("memory-fits", target)).toContain(`${maxMiB} MiB for vm1`);
  });

  test("with the report of a move, and that nothing of the VM changed but its place", async () => {
    const { source, target } = await placesOf(lab, "vm1");
    const configured = await virsh(lab, source, "dumpxml", "vm1", "--migratable");

    const report = (await trunkline("migrate", "vm1", "--to", target)) as MoveReport;
    expect(report).toMatchObject({ outcome: "completed", source, target, runsOn: target });
    expect(await placesOf(lab, "vm1")).toEqual({ source: target, target: source });
    expect(await virsh(lab, target, "domstate", "--reason", "vm1")).toBe("running (migrated)");
    expect(await virsh(lab, target, "dumpxml", "vm1", "--migratable")).toBe(configured);
    expect(await virsh(lab, target, "dominfo", "vm1")).toMatch(/^Persistent:\s+no$/m);
    await expectAgreement("vm1");

    const job = await virsh(lab, target, "domjobinfo", "vm1", "--completed", "--keep-completed", "--rawstats");
    const figure = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(job)?.[1]);
    expect(report.measured?.downtimeMs).toBe(figure("downtime"));
    expect(report.measured?.rounds).toBe(figure("memory_iteration"));
    expect(report.measured?.bytesSent).toBe(figure("data_processed"));
  });

  test("that a VM with a definition takes it along, and leaves none behind", async () => {
    const { source, target } = await placesOf(lab, "kept");
    const defined = await virsh(lab, source, "dumpxml", "kept", "--inactive");

    const report = (await trunkline("migrate", "kept", "--to", target)) as MoveReport;
    expect(report).toMatchObject({ outcome: "completed", runsOn: target });
    expect(namesIn(await virsh(lab, source, "list", "--all", "--name"))).not.toContain("kept");
    expect(await virsh(lab, target, "dominfo", "kept")).toMatch(/^Persistent:\s+yes$/m);
    expect(await virsh(lab, target, "dumpxml", "kept", "--inactive")).toBe(defined);
    await expectAgreement("kept");
  });
});

/** Every listing of ours, and one VM by itself, against virsh's answers for the same hosts; tells how many VMs. */
async function expectAgreement(shown: string): Promise<number> {
  const domains = (await Promise.all(hostsOf(lab).map(domainsOf))).flat();

  const { vms, silent } = (await trunkline("vm", "list")) as { vms: readonly Shown[]; silent: readonly unknown[] };
  expect(silent).toEqual([]);
  expect(sorted(vms.map(comparable))).toEqual(sorted(domains));
  const copies = domains.filter((domain) => domain.name === shown);
  const one = (await trunkline("vm", "show", shown)) as { vm: Shown; copies: readonly Shown[] };
  expect(one.copies.map(comparable)).toEqual(copies);
  expect([comparable(one.vm)]).toEqual(copies);

  const { hosts } = (await trunkline("host", "list")) as { hosts: readonly Record<string, unknown>[] };
  const expected = hostsOf(lab).map(async (host) => {
    const version = await virsh(lab, host, "version", "--daemon");
    return {
      name: host,
      uri: uriOf(lab, host),
      state: "up",
      libvirt: /^Running against daemon: (.+)$/m.exec(version)?.[1],
      qemu: /^Running hypervisor: QEMU (.+)$/m.exec(version)?.[1],
      vms: domains.filter((domain) => domain.host === host).length,
    };
  });
  expect(hosts).toMatchObject(await Promise.all(expected));

  const status = (await trunkline("lab", "status")) as Awaited<ReturnType<Lab["status"]>>;
  expect(status.hosts.map(({ name: host, state }) => ({ host, state }))).toEqual(
    hostsOf(lab).map((host) => ({ host, state: "up" })),
  );
  const places = domains.map(({ name: vm, host, power }) => ({ vm, host, state: power }));
  expect(sorted(status.vms.map(({ name: vm, host, state }) => ({ vm, host: host ?? "", state })))).toEqual(
    sorted(places),
  );
  return domains.length;
}

interface Shown {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly power: string;
  readonly reason: string;
  readonly memoryMiB: number;
  readonly macs: readonly string[];
  readonly persistent: boolean;
}

/** Why a VM is off is more than we tell: there our word is "other". */
function comparable({ id, name: vm, host, power, reason, memoryMiB, macs, persistent }: Shown): Shown {
  return { id, name: vm, host, power, reason, memoryMiB, macs, persistent };
}

async function domainsOf(host: string): Promise<readonly Shown[]> {
  const names = namesIn(await virsh(lab, host, "list", "--all", "--name"));
  return await Promise.all(
    names.map(async (vm) => {
      const info = await virsh(lab, host, "dominfo", vm);
      const state = await virsh(lab, host, "domstate", "--reason", vm);
      const [, power = "", reason = ""] = /^([\w ]+) \((.+)\)$/.exec(state) ?? [];
      const isOff = power === "shut off";
      return {
        id: /^UUID:\s+(\S+)$/m.exec(info)?.[1] ?? "",
        name: vm,
        host,
        power: isOff ? "shutoff" : power,
        reason: isOff ? "other" : reason.replaceAll(" ", "-"),
        memoryMiB: Number(/^Max memory:\s+(\d+) KiB$/m.exec(info)?.[1]) / 1024,
        macs: tableOf(await virsh(lab, host, "domiflist", vm)).map((cells) => cells[4] ?? ""),
        persistent: /^Persistent:\s+yes$/m.test(info),
      };
    }),
  );
}

/** The rows of a table as virsh prints it: a line of titles, a rule, then cells between two or more blanks. */
function tableOf(text: string): readonly (readonly string[])[] {
  const lines = text.split("\n").slice(2);
  return lines.filter((line) => line.trim() !== "").map((line) => line.trim().split(/\s{2,}/));
}

const namesIn = (text: string): readonly string[] => text.split("\n").filter((line) => line !== "");

const sorted = <T extends object>(rows: readonly T[]): readonly T[] =>
  rows.toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));

async function define(host: string, guest: SmallGuest): Promise<void> {
  const file = join(folder, `${guest.name}.xml`);
  writeFileSync(file, smallGuestXml(lab, guest));
  await virsh(lab, host, "define", file);
}

async function trunkline(...args: readonly string[]): Promise<unknown> {
  const ended = await new RunningCommand([...args, "--json", "--lab", name, "--state", join(folder, "state")]).ended;
  expect([ended.exitCode, ended.stderr]).toEqual([0, expect.anything()]);
  return ended.json;
}
