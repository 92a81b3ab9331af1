/**
 * What happened on a host between two readings of it, as the cluster's events. Pure.
 *
 * A VM is gone when its host answered without it, never because its host is silent. A host's first answer makes no VM
 * appear: they were there before anybody looked, and "host-reach" says that there is something to read.
 */
import type { ClusterEvent, HostName, VmObservation } from "@trunkline/model";
import type { HostReading } from "./snapshot-builder.ts";

export function changesOf(before: HostReading, after: HostReading): readonly ClusterEvent[] {
  const { name, reach } = after.observation;
  const events: ClusterEvent[] = [];
  if (reach.kind !== before.observation.reach.kind) events.push({ kind: "host-reach", host: name, reach });
  if (reach.kind !== "up" || before.observation.observedAt === null) return events;
  const left = new Map(before.vms.map((vm) => [vm.id, vm]));
  for (const vm of after.vms) {
    const known = left.get(vm.id);
    left.delete(vm.id);
    if (known === undefined) events.push(vmEvent(name, vm, "appeared"));
    else if (known.power !== vm.power) events.push(vmEvent(name, vm, "power"));
  }
  for (const vm of left.values()) events.push(vmEvent(name, vm, "gone"));
  return events;
}

function vmEvent(host: HostName, vm: VmObservation, change: "appeared" | "gone" | "power"): ClusterEvent {
  return { kind: "vm", vm: vm.id, vmName: vm.name, host, change, power: vm.power };
}
