/**
 * The gateway part of a device: started, stopped, and asked who is active. What it consists of follows from the kinds of
 * the gateways that the device is a member of; a static gateway is the router itself and needs nothing.
 */
import type { LabContext } from "../context.ts";
import { LabError } from "../lab-error.ts";
import { GATEWAY_START_TIMEOUT_MS, KILL_TIMEOUT_MS } from "../limits.ts";
import { commandLine, identify, isAlive, signalProcess } from "../process/identity.ts";
import type { ProcessIdentity } from "../process/identity.ts";
import { waitFor } from "../process/wait.ts";
import type { GatewayPlan, NodePlan } from "../topology/lab-plan.ts";
import { namespacePids } from "../world/namespaces.ts";
import { ensureHsrpSpeaker, HSRP } from "./hsrp-daemon.ts";
import { KEEPALIVED, ensureKeepalived, removePidFiles } from "./keepalived.ts";
import { gatewaysAt, memberOf } from "./member.ts";
import { ensureSharedGateway, removeSharedGateway } from "./shared-mac.ts";
import { bearsAddress, removeVirtualDevice } from "./virtual-device.ts";

/** "resign": in good order, with a word to the others. "crash": at once, as when the device loses its power. */
export type GatewayEnd = "resign" | "crash";

/** The devices that are a member of some gateway that needs more than an address. */
export function gatewayNodes(gateways: readonly GatewayPlan[]): readonly NodePlan[] {
  const members = gateways.filter(({ kind }) => kind !== "static").flatMap(({ members }) => members);
  return members.map(({ node }) => node).filter((node, index, all) => all.indexOf(node) === index);
}

export async function startGateways(context: LabContext, node: NodePlan): Promise<void> {
  const { gateways } = context.plan;
  const at = <Kind extends GatewayPlan["kind"]>(kind: Kind) => gatewaysAt(gateways, node.name, kind);
  for (const gateway of [...at("mlag"), ...at("anycast")]) await ensureSharedGateway(context, node, gateway);
  if (at("vrrp").length > 0) await ensureKeepalived(context, node, at("vrrp"));
  if (at("hsrp").length > 0) await ensureHsrpSpeaker(context, node, at("hsrp"));
}

/** Returns when nothing of it is left: no process, no interface with a virtual MAC. */
export async function stopGateways(context: LabContext, node: NodePlan, how: GatewayEnd): Promise<void> {
  const { gateways } = context.plan;
  for (const role of [KEEPALIVED, HSRP]) await endDaemon(context, node, role, how);
  removePidFiles(node);
  for (const kind of ["mlag", "anycast"] as const) {
    for (const gateway of gatewaysAt(gateways, node.name, kind)) await removeSharedGateway(context, node, gateway);
  }
  // A killed daemon leaves its interfaces, and the kernel would go on answering and forwarding by them.
  for (const kind of ["vrrp", "hsrp"] as const) {
    for (const gateway of gatewaysAt(gateways, node.name, kind)) {
      await removeVirtualDevice(memberOf(gateway, node.name), context.signal);
    }
  }
}

async function endDaemon(context: LabContext, node: NodePlan, role: string, how: GatewayEnd): Promise<void> {
  const known = context.state.process(node.name, role);
  if (known === undefined) return;
  const [program] = commandLine(known.pid);
  // keepalived works in a child of the recorded process; with a command line of the same beginning, in the same place.
  const family = [known, ...(await childrenOf(node, known, program))];
  if (how === "resign") {
    signalProcess(known, "SIGTERM");
  } else {
    // Stopped first: a child whose parent dies before it has the time to resign, a parent to start another child.
    for (const signal of ["SIGSTOP", "SIGKILL"] as const)
      for (const identity of family) signalProcess(identity, signal);
  }
  const gone = await waitFor(() => (family.some(isAlive) ? undefined : true), {
    timeoutMs: KILL_TIMEOUT_MS,
    signal: context.signal,
  });
  if (gone !== true) {
    throw new LabError("lab.left-over", `${role} of ${node.name} (process ${known.pid}) does not end`, {
      hint: `See what it waits for with \`cat /proc/${known.pid}/stack\`.`,
    });
  }
  context.state.forgetProcess(node.name, role);
}

async function childrenOf(
  node: NodePlan,
  parent: ProcessIdentity,
  program: string | undefined,
): Promise<readonly ProcessIdentity[]> {
  if (program === undefined) return [];
  const own = commandLine(parent.pid).join("\0");
  const pids = await namespacePids(node.namespace);
  return pids
    .filter((pid) => pid !== parent.pid && commandLine(pid).join("\0") === own)
    .map(identify)
    .filter((identity) => identity !== undefined);
}

/** The members that bear the gateway's address now, asked of their kernels: none, one, or several. */
export async function activeMembers(context: LabContext, gateway: GatewayPlan): Promise<readonly string[]> {
  if (gateway.kind === "static") return gateway.members.map(({ node }) => node.name);
  const asked = await Promise.all(
    gateway.members.map(async (member) => ({
      name: member.node.name,
      isActive: await bearsAddress(member, gateway.address, context.signal),
    })),
  );
  return asked.filter(({ isActive }) => isActive).map(({ name }) => name);
}

/** Waits until each gateway has an active member: HSRP listens and speaks for two hold times first. */
export async function awaitGateways(context: LabContext): Promise<void> {
  for (const gateway of context.plan.gateways) {
    const active = await waitFor(
      async () => {
        const members = await activeMembers(context, gateway);
        return members.length > 0 ? members : undefined;
      },
      { timeoutMs: GATEWAY_START_TIMEOUT_MS, signal: context.signal },
    );
    if (active === undefined) {
      throw new LabError("lab.daemon", `No member of the gateway ${gateway.name} became active`, {
        hint: `Read the logs in the folders gateway/ of ${gateway.members.map(({ node }) => node.folder).join(", ")}.`,
        details: { gateway: gateway.name },
      });
    }
    context.log(`${gateway.name}: ${gateway.address} is at ${active.join(" and ")}`);
  }
}
