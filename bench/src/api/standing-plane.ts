/** A controller whose cluster stands still: it has a snapshot to list, and refuses whatever would change something. */
import type { ControlPlane } from "@trunkline/controller";
import { TrunklineError, hostName, vmId } from "@trunkline/model";
import type { Snapshot } from "@trunkline/model";

export function standingPlane(hosts: number, vms: number): ControlPlane {
  const snapshot = snapshotOf(hosts, vms);
  const refuse = async (): Promise<never> => {
    throw new TrunklineError("service.unavailable", "this cluster stands still");
  };
  return {
    snapshot: () => snapshot,
    refresh: async () => snapshot,
    automation: () => ({ paused: false }),
    evacuation: async () => undefined,
    pageMoves: async () => [],
    accuracy: refuse,
    requestMove: refuse,
    previewMove: refuse,
    cancelMove: refuse,
    setPriority: refuse,
    findMove: refuse,
    transitions: refuse,
    previewBatch: refuse,
    requestBatch: refuse,
    cancelBatch: refuse,
    findBatch: refuse,
    listBatches: refuse,
    planBalance: refuse,
    addHost: refuse,
    removeHost: refuse,
    previewEvacuation: refuse,
    enterMaintenance: refuse,
    exitMaintenance: refuse,
    fabric: refuse,
    observeFabric: refuse,
    changePorts: refuse,
    pauseAutomation: refuse,
    resumeAutomation: refuse,
  };
}

function snapshotOf(hosts: number, vms: number): Snapshot {
  const at = new Date(0).toISOString();
  return {
    version: 1,
    sequence: 1,
    takenAt: at,
    hosts: Array.from({ length: hosts }, (_, index) => ({
      name: hostName(`host-${index}`),
      uri: `qemu+tls://host-${index}/system`,
      reach: { kind: "up" },
      observedAt: at,
      figures: null,
      maintenance: "no",
    })),
    vms: Array.from({ length: vms }, (_, index) => ({
      id: vmId(`6f1d9d1e-1111-4222-8333-${index.toString(16).padStart(12, "0")}`),
      // Multiplying by a prime keeps names from being sorted as they come.
      name: `vm-${(index * 7_919) % vms}.${["web", "db", "cache", "build"][index % 4] ?? ""}`,
      host: hostName(`host-${index % hosts}`),
      power: index % 10 === 0 ? "shutoff" : "running",
      reason: "booted",
      memoryMiB: 1_024 * ((index % 16) + 1),
      macs: [`52:54:00:${[16, 8, 0].map((shift) => ((index >> shift) & 255).toString(16).padStart(2, "0")).join(":")}`],
      persistent: true,
      vcpus: 4,
      cpuUsedRatio: (index % 100) / 100,
      memoryInUseMiB: 512,
      rxBps: index,
      txBps: index,
      observedAt: at,
      isLastSeen: false,
    })),
    inventory: { hosts: [], switches: [], links: [], probes: [], services: [] },
    automation: { paused: false },
  };
}
