/** The state of a lab as its hypervisors and switches tell it, and the list of labs. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { runUnchecked } from "./process/run.ts";
import { openPlan } from "./plan.ts";
import { labRoot } from "./state/lab-folder.ts";
import type { HostPlan } from "./topology/lab-plan.ts";
import { listDomains } from "./world/domains.ts";
import type { DomainState, ShownDomain } from "./world/domains.ts";
import { livingLibvirtd, libvirtUri } from "./world/hypervisor.ts";
import { vsctl } from "./world/open-vswitch.ts";

export type LabStatus = {
  readonly topology: string;
  readonly hosts: readonly { readonly name: string; readonly libvirtUri: string; readonly state: "up" | "down" }[];
  readonly switches: readonly { readonly name: string; readonly state: "up" | "down" }[];
  /** A VM in mid-migration stands here twice, once per host that knows it; one that nobody knows is absent. */
  readonly vms: readonly {
    readonly name: string;
    readonly host: string | null;
    readonly state: DomainState | "absent";
    readonly ip: string | null;
  }[];
};

export type LabOptions = { readonly root?: string | undefined; readonly signal?: AbortSignal };

export async function labStatus(name: string, options: LabOptions = {}): Promise<LabStatus> {
  const { plan } = openPlan(name, options.root);
  const hosts = await Promise.all(
    plan.hosts.map(async (host) => ({ host, domains: await domainsOf(host, options.signal) })),
  );
  const switches = plan.bridges.filter((bridge) => bridge.node.kind === "switch");
  const addresses = new Map(plan.vms.map((vm) => [vm.name, vm.address]));
  const seen = hosts.flatMap(({ host, domains }) =>
    (domains ?? []).map((domain) => ({ ...domain, host: host.node.name, ip: addresses.get(domain.name) ?? null })),
  );
  const absent = plan.vms
    .filter((vm) => !seen.some((domain) => domain.name === vm.name))
    .map((vm) => ({ name: vm.name, host: null, state: "absent" as const, ip: vm.address }));
  return {
    topology: plan.topology,
    hosts: hosts.map(({ host, domains }) => ({
      name: host.node.name,
      libvirtUri: libvirtUri(host),
      state: domains === undefined ? "down" : "up",
    })),
    switches: await Promise.all(
      switches.map(async (bridge) => {
        const { exitCode } = await runUnchecked(vsctl(bridge, ["show"]), { signal: options.signal });
        return { name: bridge.node.name, state: exitCode === 0 ? ("up" as const) : ("down" as const) };
      }),
    ),
    vms: [...seen.map(({ name, host, state, ip }) => ({ name, host, state, ip })), ...absent].sort((a, b) =>
      a.name.localeCompare(b.name, "en", { numeric: true }),
    ),
  };
}

/** The names of all labs under the root, also of those that are half built. */
export function listLabs(root?: string): readonly string[] {
  const folder = labRoot(root);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, "state.json")));
}

/** Undefined when the host's libvirt does not answer. */
async function domainsOf(host: HostPlan, signal: AbortSignal | undefined): Promise<readonly ShownDomain[] | undefined> {
  if (livingLibvirtd(host) === undefined) return undefined;
  try {
    return await listDomains(host, signal);
  } catch {
    return undefined;
  }
}
