/** Snapshots of small clusters, in a line per host and VM. */
import { hostName } from "@trunkline/model";
import type {
  HostObservation,
  HostReach,
  Inventory,
  PowerState,
  Prediction,
  Snapshot,
  VmObservation,
} from "@trunkline/model";
import { star, unpaused, vmNumber } from "../admission/cluster.fixture.ts";

export const at = (second: number): string => new Date(1_800_000_000_000 + second * 1000).toISOString();

interface HostChange {
  readonly reach?: HostReach["kind"];
  readonly maintenance?: HostObservation["maintenance"];
  readonly cpuUsedRatio?: number | null;
  readonly memoryFreeMiB?: number;
}

/** `host("h2", 8192)`: 16 threads, a tenth of them busy. */
export function host(name: string, memoryMiB: number, change: HostChange = {}): HostObservation {
  const reach: HostReach =
    change.reach === "unreachable"
      ? { kind: "unreachable", since: at(0), why: "connection refused" }
      : { kind: change.reach ?? "up" };
  return {
    name: hostName(name),
    uri: `qemu+tcp://${name}/system`,
    reach,
    observedAt: at(0),
    figures: {
      hostname: name,
      hostUuid: name,
      arch: "x86_64",
      libvirtVersion: { major: 9, minor: 0, patch: 0 },
      hypervisorVersion: { major: 7, minor: 2, patch: 0 },
      cpuThreads: 16,
      cpuUsedRatio: change.cpuUsedRatio === undefined ? 0.1 : change.cpuUsedRatio,
      memoryMiB,
      memoryFreeMiB: change.memoryFreeMiB ?? 1_000_000,
    },
    maintenance: change.maintenance ?? "no",
  };
}

/** `vm("vm1 h1 2048")`, `vm("vm2 h1 2048 shutoff")`: one vCPU, half busy. */
export function vm(line: string, observedAt = at(0)): VmObservation {
  const [name = "", on = "", memoryMiB = "0", power = "running"] = line.split(" ");
  return {
    id: vmNumber(Number(name.replaceAll(/\D/g, ""))),
    name,
    host: hostName(on),
    power: power as PowerState,
    reason: "booted",
    memoryMiB: Number(memoryMiB),
    macs: [],
    persistent: true,
    vcpus: 1,
    cpuUsedRatio: 0.5,
    memoryInUseMiB: null,
    rxBps: null,
    txBps: null,
    observedAt,
    isLastSeen: false,
  };
}

export function snapshot(
  hosts: readonly HostObservation[],
  vms: readonly (string | VmObservation)[],
  inventory: Inventory = star(hosts.map((observed) => observed.name)),
): Snapshot {
  return {
    version: 1,
    sequence: 1,
    takenAt: at(0),
    hosts,
    vms: vms.map((line) => (typeof line === "string" ? vm(line) : line)),
    inventory,
    automation: unpaused,
  };
}

export const predicted = (totalMs: number, bytes = 0): Prediction => ({
  totalMs,
  downtimeMs: 100,
  bytes,
  rounds: 3,
  converges: true,
  basis: "made up",
});
