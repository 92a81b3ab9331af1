/** A survey over a real socket: what it costs in questions, what it says, and what it makes of trouble. */
import { vmId } from "@trunkline/model";
import type { VmId, VmSummary } from "@trunkline/model";
import type { HypervisorEvent } from "@trunkline/ports";
import { afterEach, expect, test } from "vitest";
import { LibvirtHypervisor } from "./hypervisor.ts";
import { SmallLibvirt, smallVm, uuidOf } from "./small-libvirt.fixture.ts";
import type { SmallVm } from "./small-libvirt.fixture.ts";

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

async function hostWith(vms: readonly SmallVm[]): Promise<{ libvirt: SmallLibvirt; hypervisor: LibvirtHypervisor }> {
  const libvirt = new SmallLibvirt("h1", vms);
  await libvirt.start();
  const hypervisor = new LibvirtHypervisor(libvirt.host);
  undo.push(
    async () => await libvirt.remove(),
    async () => await hypervisor.close(),
  );
  return { libvirt, hypervisor };
}

const never = new AbortController().signal;
const nobody: ReadonlyMap<VmId, VmSummary> = new Map();

test("tells the host and its VMs, running or not, with a definition or without", async () => {
  const nics = [
    { mac: "52:54:00:AA:00:01", rxBytes: 10, txBytes: 1 },
    { mac: "52:54:00:AA:00:02", rxBytes: 20, txBytes: 2 },
  ];
  const { hypervisor } = await hostWith([
    smallVm(1, { cpuTimeNs: 5e9, nics, persistent: false }),
    smallVm(2, { power: "shutoff" }),
  ]);
  const survey = await hypervisor.survey(nobody, never);
  expect(survey).toMatchObject({
    hostname: "h1",
    hostUuid: uuidOf(99),
    arch: "x86_64",
    libvirtVersion: { major: 9, minor: 0, patch: 0 },
    hypervisorVersion: { major: 7, minor: 2, patch: 22 },
    cpuThreads: 4,
    cpuBusyNs: undefined,
    memoryMiB: 8_192,
    memoryFreeMiB: 5_120,
  });
  expect(survey.vms).toEqual([
    {
      id: uuidOf(1),
      name: "vm1",
      host: "h1",
      power: "running",
      reason: "booted",
      memoryMiB: 1_024,
      macs: ["52:54:00:aa:00:01", "52:54:00:aa:00:02"],
      persistent: false,
      vcpus: 2,
      cpuTimeNs: 5e9,
      memoryInUseMiB: 512,
      rxBytes: 30,
      txBytes: 3,
    },
    {
      id: uuidOf(2),
      name: "vm2",
      host: "h1",
      power: "shutoff",
      reason: "other",
      memoryMiB: 1_024,
      macs: ["52:54:00:00:00:02"],
      persistent: true,
      vcpus: 2,
      cpuTimeNs: undefined,
      memoryInUseMiB: undefined,
      rxBytes: undefined,
      txBytes: undefined,
    },
  ]);
});

test("a second survey asks three questions, and no description of VMs that are known", async () => {
  const { libvirt, hypervisor } = await hostWith(Array.from({ length: 20 }, (_, number) => smallVm(number)));
  const first = await hypervisor.survey(nobody, never);
  expect(libvirt.calls.filter((name) => name === "domainGetXmlDesc")).toHaveLength(20);
  libvirt.calls.length = 0;
  const second = await hypervisor.survey(new Map(first.vms.map((vm) => [vm.id, vm])), never);
  // A host that counts its processors' time is asked a fourth one.
  expect(libvirt.calls.toSorted()).toEqual(["connectGetAllDomainStats", "connectListAllDomains", "nodeGetMemoryStats"]);
  expect(second).toEqual(first);
  expect(libvirt.accepted).toBe(1);
});

test("a VM that gained an interface is described again, though it is known", async () => {
  const { libvirt, hypervisor } = await hostWith([smallVm(1), smallVm(2)]);
  const known = new Map((await hypervisor.survey(nobody, never)).vms.map((vm) => [vm.id, vm]));
  const more = [...smallVm(1).nics, { mac: "52:54:00:aa:00:09", rxBytes: 0, txBytes: 0 }];
  libvirt.vms.set(uuidOf(1), smallVm(1, { nics: more }));
  libvirt.calls.length = 0;
  const { vms } = await hypervisor.survey(known, never);
  expect(vms[0]?.macs).toEqual(["52:54:00:00:00:01", "52:54:00:aa:00:09"]);
  expect(libvirt.calls.filter((name) => name === "domainGetXmlDesc")).toHaveLength(1);
});

test("a VM that vanishes before it is described is left out", async () => {
  const { libvirt, hypervisor } = await hostWith([smallVm(1), smallVm(2)]);
  const list = libvirt.vms;
  const get = list.get.bind(list);
  list.get = (uuid) => (uuid === uuidOf(1) ? undefined : get(uuid));
  expect((await hypervisor.survey(nobody, never)).vms.map(({ name }) => name)).toEqual(["vm2"]);
});

test("silence ends with the caller's patience; its connection is given up and the next one is a new one", async () => {
  const { libvirt, hypervisor } = await hostWith([smallVm(1)]);
  await hypervisor.survey(nobody, never);
  libvirt.isSilent = true;
  await expect(hypervisor.survey(nobody, AbortSignal.timeout(50))).rejects.toMatchObject({ code: "host.unreachable" });
  await expect.poll(() => libvirt.openConnections).toBe(0);
  libvirt.isSilent = false;
  expect((await hypervisor.survey(nobody, never)).vms).toHaveLength(1);
  expect(libvirt.accepted).toBe(2);
});

test("who gives up while a connection is opened takes nothing from the others that wait for it", async () => {
  const { hypervisor } = await hostWith([smallVm(1)]);
  const impatient = new AbortController();
  const asked = [hypervisor.survey(nobody, impatient.signal), hypervisor.survey(nobody, never)];
  impatient.abort();
  const [first, second] = await Promise.allSettled(asked);
  expect(first?.status).toBe("rejected");
  expect(second?.status === "fulfilled" ? "fulfilled" : (second?.reason as unknown)).toBe("fulfilled");
});

test("a libvirt that refuses the events of migrations is watched without them", async () => {
  const { libvirt, hypervisor } = await hostWith([smallVm(1)]);
  libvirt.refusesMigrationEvents = true;
  const heard: HypervisorEvent[] = [];
  const stop = await hypervisor.watch((event) => heard.push(event), never);
  const vm = vmId(uuidOf(1));
  const definedEvent = 0;
  const stoppedEvent = 5;
  const crashedEvent = 8;
  for (const event of [definedEvent, stoppedEvent, crashedEvent]) libvirt.put(smallVm(1), event);
  await expect.poll(() => heard).toHaveLength(3);
  expect(heard).toEqual([
    { kind: "changed", vm },
    { kind: "stopped", vm, byMigration: false },
    { kind: "changed", vm },
  ]);
  await libvirt.kill();
  await expect.poll(() => heard.at(-1)?.kind).toBe("connection-lost");
  stop();
});
