/** What a host says of itself and its VMs when it is asked. */
import type { HostFacts, HostName, VmDescription, VmId, VmSummary } from "@trunkline/model";
import type { EmulatorOffer, VmSurvey } from "@trunkline/ports";
import { diskPathOf } from "../host/host.ts";
import type { Host } from "../host/host.ts";
import type { Vm } from "../host/vm.ts";

export function summariesOf(host: Host, label: HostName): readonly VmSummary[] {
  const active = [...host.copies.values()].map((copy) => summaryOf(copy.vm, host, label));
  const stopped = [...host.definitions.values()].filter((vm) => !host.copies.has(vm.id));
  return [...active, ...stopped.map((vm) => summaryOf(vm, host, label))];
}

function summaryOf(vm: Vm, host: Host, label: HostName): VmSummary {
  const copy = host.copies.get(vm.id);
  return {
    id: vm.id,
    name: vm.name,
    host: label,
    power: copy?.power ?? "shutoff",
    reason: copy?.reason ?? "other",
    memoryMiB: vm.memoryMiB,
    macs: vm.nics.map((nic) => nic.mac),
    persistent: host.definitions.has(vm.id),
  };
}

export function surveyOf(host: Host, label: HostName): readonly VmSurvey[] {
  host.settleLoad();
  return summariesOf(host, label).map((summary) => {
    const copy = host.copies.get(summary.id);
    const vm = copy?.vm ?? host.definitions.get(summary.id);
    const traffic = copy === undefined ? undefined : Math.round(copy.trafficBytes);
    return {
      ...summary,
      vcpus: vm?.vcpus ?? 1,
      cpuTimeNs: copy === undefined ? undefined : Math.round(copy.cpuTimeNs),
      memoryInUseMiB: copy === undefined ? undefined : Math.round(copy.vm.memoryInUseBytes / bytesPerMiB),
      rxBytes: traffic,
      txBytes: traffic,
    };
  });
}

export function factsOf(host: Host, label: HostName): HostFacts {
  const { spec } = host;
  return {
    host: label,
    hostname: host.name,
    hostUuid: host.uuid,
    hypervisorVersion: spec.hypervisorVersion ?? { major: 8, minor: 2, patch: 2 },
    libvirtVersion: spec.libvirtVersion ?? { major: 10, minor: 0, patch: 0 },
    memoryMiB: spec.memoryMiB,
    memoryFreeMiB: Math.max(0, spec.memoryMiB - host.memoryHeldMiB),
    arch,
    vms: summariesOf(host, label),
  };
}

export function offerOf({ spec }: Host, wanted: string): EmulatorOffer {
  if (wanted !== arch) return { machines: [], accelerators: [] };
  return { machines: spec.machines ?? [machine, "q35", "pc"], accelerators: ["qemu", "kvm"] };
}

export function describe(host: Host, id: VmId): VmDescription | undefined {
  const copy = host.copies.get(id);
  const vm = copy?.vm ?? host.definitions.get(id);
  if (vm === undefined) return undefined;
  const backing = { kind: "file", path: diskPathOf(vm) } as const;
  return {
    id,
    name: vm.name,
    accelerator: "kvm",
    arch,
    machine,
    emulator,
    memoryMiB: vm.memoryMiB,
    vcpus: vm.vcpus,
    cpuXml: `<cpu mode='custom' match='exact'><model>${vm.cpuModel}</model></cpu>`,
    cpuModel: vm.cpuModel,
    disks: [{ target: "vda", device: "disk", backing, format: "qcow2", isReadOnly: false }],
    nics: vm.nics.map((nic, at) => {
      const port = copy?.ports[at];
      return { ...nic, isTrunk: nic.vlans.length > 1, kind: "bridge", ...(port === undefined ? {} : { port }) };
    }),
    hostDevices: vm.hostDevices,
    hostFiles: [{ role: "emulator", path: emulator }],
    firmwarePath: undefined,
    snapshotCount: 0,
    job: copy?.job ?? "none",
    memoryInUseBytes: copy === undefined ? undefined : vm.memoryInUseBytes,
    ramBlockBytes: undefined,
  };
}

export const emulator = "/usr/bin/qemu-system-x86_64";
const arch = "x86_64";
const machine = "pc-q35-8.2";
const bytesPerMiB = 1024 * 1024;
