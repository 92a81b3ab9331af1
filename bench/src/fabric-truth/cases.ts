/** Which placements and pairs there are. Each placement differs from the one before by one VM: one live migration. */
import type { LabPlan } from "@trunkline/lab";

export interface Placement {
  /** Host by VM. */
  readonly hosts: ReadonlyMap<string, string>;
  /** The VM that comes to this host to get there; undefined for the first. */
  readonly step: { readonly vm: string; readonly target: string } | undefined;
}

/**
 * Every way to place the VMs on the hosts, beginning with the topology's own: a Gray code of base N. Each digit runs up
 * and down again, and the one before it moves when it has come to an end (Knuth, TAOCP 4A, 7.2.1.1, algorithm H).
 */
export function placementsOf(plan: LabPlan): readonly Placement[] {
  const hosts = plan.hosts.map((host) => host.node.name);
  const vms = plan.vms.map((vm) => vm.name);
  const start = plan.vms.map((vm) => hosts.indexOf(vm.host));
  const digits = vms.map(() => 0);
  const steps = vms.map(() => 1);
  const hostAt = (vm: number): string => hosts[((start[vm] ?? 0) + (digits[vm] ?? 0)) % hosts.length] ?? "";
  const now = (): ReadonlyMap<string, string> => new Map(vms.map((vm, at) => [vm, hostAt(at)]));
  const found: Placement[] = [{ hosts: now(), step: undefined }];
  const total = hosts.length ** vms.length;
  while (found.length < total) {
    let at = 0;
    for (; at < vms.length; at += 1) {
      const next = (digits[at] ?? 0) + (steps[at] ?? 1);
      if (next >= 0 && next < hosts.length) break;
      steps[at] = -(steps[at] ?? 1);
    }
    digits[at] = (digits[at] ?? 0) + (steps[at] ?? 1);
    found.push({ hosts: now(), step: { vm: vms[at] ?? "", target: hostAt(at) } });
  }
  return found;
}

export interface Pair {
  readonly from: { readonly name: string; readonly kind: "vm" | "client" };
  readonly to: { readonly name: string; readonly address: string };
}

/** Every pair with a VM at one end at least. Clients are asked to send rather than VMs: that needs no question to a guest. */
export function pairsOf(plan: LabPlan): readonly Pair[] {
  const vms = plan.vms.map(({ name, address }) => ({ name, address: withoutPrefix(address) }));
  const fromClients = plan.clients.flatMap(({ node }) =>
    vms.map((to): Pair => ({ from: { name: node.name, kind: "client" }, to })),
  );
  const betweenVms = vms.flatMap((from, at) =>
    vms.slice(at + 1).map((to): Pair => ({ from: { name: from.name, kind: "vm" }, to })),
  );
  return [...fromClients, ...betweenVms];
}

const withoutPrefix = (address: string): string => address.split("/")[0] ?? address;
