/** Which VMs a host runs, asked of its libvirt and never remembered. */
import { run } from "../process/run.ts";
import type { HostPlan } from "../topology/lab-plan.ts";
import { virsh } from "./hypervisor.ts";

export type ShownDomain = { readonly name: string; readonly state: DomainState };

/** virDomainState (libvirt-domain.h), in the order of its numbers. */
const STATES = ["nostate", "running", "blocked", "paused", "shutdown", "shutoff", "crashed", "pmsuspended"] as const;
export type DomainState = (typeof STATES)[number];

export async function listDomains(host: HostPlan, signal?: AbortSignal): Promise<readonly ShownDomain[]> {
  return parseDomstats(await run(virsh(host, ["domstats", "--state"]), { signal }));
}

/** Blocks of "Domain: 'NAME'" and indented "state.state=NUMBER". */
export function parseDomstats(text: string): readonly ShownDomain[] {
  return text.split(/^(?=Domain: )/m).flatMap((block) => {
    const name = /^Domain: '(.+)'/.exec(block)?.[1];
    const state = STATES[Number(/state\.state=(\d+)/.exec(block)?.[1] ?? 0)];
    return name === undefined || state === undefined ? [] : [{ name, state }];
  });
}
