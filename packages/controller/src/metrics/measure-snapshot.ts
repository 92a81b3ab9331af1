/** One snapshot as gauges: each state of the table has a value, so that what vanishes becomes zero and not old. */
import type { Snapshot, VmObservation } from "@trunkline/model";
import { maintenances, powers, reaches } from "./instruments.ts";
import type { Instruments } from "./instruments.ts";

export function measureSnapshot(instruments: Instruments, snapshot: Snapshot): void {
  const { hosts, automation } = snapshot;
  for (const reach of reaches)
    instruments.hosts.set({ reach }, hosts.filter((host) => host.reach.kind === reach).length);
  for (const state of maintenances)
    instruments.hostsByMaintenance.set({ state }, hosts.filter((host) => host.maintenance === state).length);
  const vms = eachOnce(snapshot.vms);
  for (const power of powers) instruments.vms.set({ power }, vms.filter((vm) => vm.power === power).length);
  instruments.vmsLastSeen.set(vms.filter((vm) => vm.isLastSeen).length);
  instruments.automationPaused.set(automation.paused ? 1 : 0);
  instruments.snapshotTime.set(Date.parse(snapshot.takenAt) / msPerSecond);
}

/** A VM on its way stands on two hosts: the copy that runs counts, and what a host says now before what one said last. */
function eachOnce(observations: readonly VmObservation[]): readonly VmObservation[] {
  const rank = (vm: VmObservation): number => (vm.isLastSeen ? 0 : 2) + (vm.power === "running" ? 1 : 0);
  const byId = new Map<string, VmObservation>();
  for (const vm of observations) {
    const other = byId.get(vm.id);
    if (other === undefined || rank(vm) > rank(other)) byId.set(vm.id, vm);
  }
  return [...byId.values()];
}

const msPerSecond = 1_000;
