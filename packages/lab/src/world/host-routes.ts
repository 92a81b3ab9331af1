/**
 * Host routes: static routes to single VMs on the routers outside, as an operator or a routing daemon would set them after a
 * move. Which next hop stands for which site is in the plan.
 */
import type { LabContext } from "../context.ts";
import { run } from "../process/run.ts";
import type { NodePlan, VmPlan } from "../topology/lab-plan.ts";
import { replaceRoutes } from "./routing.ts";

/** The routes to the VM lead to this site; where it is undefined they are taken away, and the subnet's prefix decides. */
export async function setHostRoute(context: LabContext, vm: VmPlan, site: string | undefined): Promise<void> {
  const prefix = `${vm.address}/32`;
  for (const { segment, routers } of context.plan.hostRoutes) {
    if (segment.name !== vm.segment.name) continue;
    for (const { node, viaBySite } of routers) {
      const via = site === undefined ? undefined : viaBySite[site];
      if (via === undefined) await removeRoute(context, node, prefix);
      else await replaceRoutes(node.namespace, [{ prefix, via }], context.signal);
    }
  }
}

async function removeRoute(context: LabContext, node: NodePlan, prefix: string): Promise<void> {
  // `flush` of what is not there succeeds, other than `delete`.
  await run(["ip", "-n", node.namespace, "route", "flush", "exact", prefix], { signal: context.signal });
}
