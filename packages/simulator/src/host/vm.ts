/** A VM as it is, wherever it runs: its identity, its size, what it wants. */
import { vmId } from "@trunkline/model";
import type { VmId, VmNic } from "@trunkline/model";
import type { SeededRandom } from "../clock/seeded-random.ts";
import { bytesOf } from "./spec.ts";
import type { VmSpec } from "./spec.ts";

export interface Vm {
  readonly id: VmId;
  readonly name: string;
  readonly memoryMiB: number;
  readonly memoryInUseBytes: number;
  readonly workingSetBytes: number;
  /** What it dirties, as long as it runs; a test may change it. */
  dirtyRateBps: number;
  readonly vcpus: number;
  cpuDemand: number;
  trafficBps: number;
  readonly nics: readonly Required<Pick<VmNic, "mac" | "bridge" | "vlans">>[];
  readonly persistent: boolean;
  readonly pool: string;
  readonly cpuModel: string;
  readonly hostDevices: readonly string[];
}

export function vmOf(spec: VmSpec, random: SeededRandom): Vm {
  const { memoryMiB, vcpus = 1 } = spec;
  const memoryInUseBytes = bytesOf(spec.memoryInUseMiB ?? memoryMiB);
  return {
    id: vmId(random.uuid()),
    name: spec.name,
    memoryMiB,
    memoryInUseBytes,
    workingSetBytes: Math.min(memoryInUseBytes, bytesOf(spec.workingSetMiB ?? memoryMiB / 8)),
    dirtyRateBps: spec.dirtyRateBps ?? 0,
    vcpus,
    cpuDemand: Math.min(vcpus, spec.cpuDemand ?? vcpus / 10),
    trafficBps: spec.trafficBps ?? 0,
    nics: (spec.nics ?? [{ vlans: [10] }]).map(({ vlans, bridge = "br0" }) => ({
      mac: macOf(random),
      bridge,
      vlans,
    })),
    persistent: spec.persistent ?? true,
    pool: spec.pool ?? "san",
    cpuModel: spec.cpuModel ?? "qemu64",
    hostDevices: spec.hostDevices ?? [],
  };
}

/** 52:54:00 is QEMU's prefix for its guests. */
const macOf = (random: SeededRandom): string =>
  ["52", "54", "00", ...[0, 1, 2].map(() => random.below(256).toString(16).padStart(2, "0"))].join(":");
