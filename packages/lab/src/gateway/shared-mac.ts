/**
 * MLAG and anycast gateways: every member bears the address and the MAC, and forwards.
 *
 * In each member's MAC table the shared MAC stands fixed at the member's own interface. Otherwise a reply of another member,
 * passing through, would move it there, and the first switch on the way would no longer be the one that routes. A bridge
 * daemon that was started anew has lost the entry; `up` puts it back.
 */
import type { LabContext } from "../context.ts";
import { run, runUnchecked } from "../process/run.ts";
import type { BridgePlan, NodePlan } from "../topology/lab-plan.ts";
import { BRIDGE } from "../world/open-vswitch.ts";
import { memberOf } from "./member.ts";
import type { GatewayOf } from "./member.ts";
import { ensureVirtualDevice, removeVirtualDevice } from "./virtual-device.ts";

type SharedGateway = GatewayOf<"mlag"> | GatewayOf<"anycast">;

export async function ensureSharedGateway(context: LabContext, node: NodePlan, gateway: SharedGateway): Promise<void> {
  const member = memberOf(gateway, node.name);
  await ensureVirtualDevice(member, gateway, context.signal);
  const bridge = bridgeOf(context, node);
  if (bridge === undefined) return;
  const entry = ["fdb/add", BRIDGE, member.device, String(gateway.segment.vlanId), gateway.mac];
  await run(["ovs-appctl", "-t", bridge.controlSocket, ...entry], { signal: context.signal });
}

export async function removeSharedGateway(context: LabContext, node: NodePlan, gateway: SharedGateway): Promise<void> {
  const bridge = bridgeOf(context, node);
  if (bridge !== undefined) {
    const entry = ["fdb/del", BRIDGE, String(gateway.segment.vlanId), gateway.mac];
    // There may be none: the bridge's daemon was started anew, or this is the second call.
    await runUnchecked(["ovs-appctl", "-t", bridge.controlSocket, ...entry], { signal: context.signal });
  }
  await removeVirtualDevice(memberOf(gateway, node.name), context.signal);
}

function bridgeOf(context: LabContext, node: NodePlan): BridgePlan | undefined {
  return context.plan.bridges.find((candidate) => candidate.node.name === node.name);
}
