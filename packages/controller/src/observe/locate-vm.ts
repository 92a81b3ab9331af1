/** Where is the VM of that name or UUID? All hosts are asked; a silent one makes the answer incomplete, and says so. */
import { TrunklineError, messageOf } from "@trunkline/model";
import type { HostName, VmSummary } from "@trunkline/model";
import type { World } from "@trunkline/ports";

export interface VmList {
  readonly vms: readonly VmSummary[];
  readonly silent: readonly { readonly host: HostName; readonly why: string }[];
}

export async function listAllVms(world: World, signal: AbortSignal): Promise<VmList> {
  const silent: { host: HostName; why: string }[] = [];
  const lists = await Promise.all(
    world.inventory.hosts.map(async ({ name }) => {
      try {
        return await world.hypervisor(name).listVms(signal);
      } catch (error) {
        silent.push({ host: name, why: messageOf(error) });
        return [];
      }
    }),
  );
  return { vms: lists.flat(), silent };
}

/**
 * @param wanted a name or a UUID.
 * @param target where it is to go: another VM that bears its name there is a collision, which the checks tell, and no
 *   other candidate for the move.
 * @returns the copy that runs (or rests paused), else the stopped one.
 * @throws vm.unknown, vm.ambiguous.
 */
export async function locateVm(
  world: World,
  wanted: string,
  target: HostName,
  signal: AbortSignal,
): Promise<VmSummary> {
  const { vms, silent } = await listAllVms(world, signal);
  const bearers = vms.filter((vm) => vm.name === wanted || vm.id === wanted.toLowerCase());
  const elsewhere = new Set(bearers.filter((vm) => vm.host !== target).map((vm) => vm.id));
  const matches = elsewhere.size === 1 ? bearers.filter((vm) => elsewhere.has(vm.id)) : bearers;
  const ids = new Set(matches.map((vm) => vm.id));
  if (ids.size > 1)
    throw new TrunklineError(
      "vm.ambiguous",
      `${matches.length} VMs answer to "${wanted}": ${matches.map((vm) => `${vm.id} on ${vm.host}`).join(", ")}`,
    );
  const rank = (vm: VmSummary): number => ({ running: 0, paused: 1, other: 2, crashed: 3, shutoff: 4 })[vm.power];
  const [best] = matches.toSorted((left, right) => rank(left) - rank(right));
  if (best !== undefined) return best;
  const answered = world.inventory.hosts.filter((host) => !silent.some((other) => other.host === host.name));
  const asked = answered.length === 0 ? "no host answered" : `asked: ${answered.map((host) => host.name).join(", ")}`;
  const quiet = silent.length === 0 ? "" : `; silent: ${silent.map((host) => `${host.host} (${host.why})`).join(", ")}`;
  throw new TrunklineError("vm.unknown", `no host has a VM "${wanted}" (${asked}${quiet})`);
}
