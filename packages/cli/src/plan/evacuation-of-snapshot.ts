/**
 * The evacuation of a host as a snapshot alone allows to plan it: hosts, VMs, memory and budgets of that moment. Nobody
 * is asked, so what only hosts and switches can say (CPU, disks, VLANs) is told as unknown.
 */
import { predict } from "@trunkline/migration";
import { planEvacuation } from "@trunkline/scheduler";
import type { MoveVerdict } from "@trunkline/scheduler";
import { TrunklineError } from "@trunkline/model";
import type { EvacuationPlan, HostName, Snapshot, VmId, VmObservation } from "@trunkline/model";

/** @throws host.unknown. */
export function evacuationOfSnapshot(snapshot: Snapshot, name: string): EvacuationPlan {
  const host = snapshot.hosts.find((candidate) => candidate.name === name);
  if (host === undefined)
    throw new TrunklineError("host.unknown", `the snapshot has no host "${name}"`, {
      details: { host: name, known: snapshot.hosts.map((known) => known.name) },
    });
  return planEvacuation({
    host: host.name,
    snapshot,
    arrivals: [],
    verdictOf: (id, target) => unaskedVerdict(snapshot, id, target, host.name),
  });
}

/** @param on the host that the VM is on, where it may be on several. */
export function unaskedVerdict(snapshot: Snapshot, id: VmId, target: HostName, on?: HostName): MoveVerdict | undefined {
  const vm = snapshot.vms.find((candidate) => candidate.id === id && (on === undefined || candidate.host === on));
  const rateBps = snapshot.inventory.hosts.find((known) => known.name === target)?.migration?.rateBps;
  return vm === undefined ? undefined : { checks: [notAsked(target)], predicted: predictionOf(vm, rateBps) };
}

const notAsked = (target: string): EvacuationPlan["blocked"][number]["candidates"][number]["checks"][number] => ({
  rule: "snapshot-only",
  severity: "unknown",
  subject: target,
  message: `${target} was not asked: the plan rests on the snapshot`,
});

/** QEMU's default for `downtime-limit`. */
const defaultDowntimeMs = 300;

const predictionOf = (vm: VmObservation, rateBps: number | undefined): ReturnType<typeof predict> =>
  predict({
    memoryInUseBytes: vm.memoryInUseMiB === null ? undefined : vm.memoryInUseMiB * 1024 * 1024,
    memoryMiB: vm.memoryMiB,
    history: [],
    rateBps,
    maxDowntimeMs: defaultDowntimeMs,
  });
