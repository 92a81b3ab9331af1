/** Which VM is meant by a name or a UUID, and where it is, as far as the snapshot knows. */
import { TrunklineError } from "@trunkline/model";
import type { HostName, PowerState, Snapshot, VmObservation } from "@trunkline/model";

/**
 * @param target where it is to go: another VM that bears its name there is a collision, which the checks tell, and no
 *   other candidate for the move. Undefined: not decided yet.
 * @returns the copy that runs (or rests paused), else the stopped one.
 * @throws vm.unknown, vm.ambiguous.
 */
export function chooseVm(snapshot: Snapshot, wanted: string, target: HostName | undefined): VmObservation {
  const bearers = snapshot.vms.filter((vm) => vm.name === wanted || vm.id === wanted.toLowerCase());
  const elsewhere = new Set(bearers.filter((vm) => vm.host !== target).map((vm) => vm.id));
  const matches = elsewhere.size === 1 ? bearers.filter((vm) => elsewhere.has(vm.id)) : bearers;
  const ids = new Set(matches.map((vm) => vm.id));
  if (ids.size > 1)
    throw new TrunklineError(
      "vm.ambiguous",
      `${matches.length} VMs answer to "${wanted}": ${matches.map((vm) => `${vm.id} on ${vm.host}`).join(", ")}`,
    );
  const [best] = matches.toSorted((left, right) => rank(left) - rank(right));
  if (best !== undefined) return best;
  throw new TrunklineError("vm.unknown", `no host has a VM "${wanted}" (${whoWasAsked(snapshot)})`);
}

const ranks: Readonly<Record<PowerState, number>> = { running: 0, paused: 1, other: 2, crashed: 3, shutoff: 4 };

/** What was seen just now counts before what was last seen of a silent host. */
const rank = (vm: VmObservation): number => ranks[vm.power] + (vm.isLastSeen ? 10 : 0);

function whoWasAsked({ hosts }: Snapshot): string {
  const up = hosts.filter((host) => host.reach.kind === "up").map((host) => host.name);
  const asked = up.length === 0 ? "no host answered" : `asked: ${up.join(", ")}`;
  const silent = hosts.flatMap(({ name, reach }) => (reach.kind === "unreachable" ? [`${name} (${reach.why})`] : []));
  return silent.length === 0 ? asked : `${asked}; silent: ${silent.join(", ")}`;
}
