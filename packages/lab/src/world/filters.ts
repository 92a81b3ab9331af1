/**
 * Filters on a link, as OpenFlow rules that drop a frame at the port where it arrives. Set at both ends they work in both
 * directions; what is dropped has crossed the cable, and stands in the counters of the end that sent it.
 *
 * The rules bear a mark of their own (the cookie), by which they are found and replaced as one.
 */
import { dirname, join } from "node:path";
import type { LabContext } from "../context.ts";
import { run } from "../process/run.ts";
import type { BridgePlan, CableEnd, CablePlan, FilterKind, FilterPlan, GatewayPlan } from "../topology/lab-plan.ts";
import { BRIDGE } from "./open-vswitch.ts";

/** "tlfilter" as bytes; any number that nobody else uses. */
const COOKIE = "0x746c66696c746572";
/** Above the rule of priority 0 by which a bridge switches. */
const PRIORITY = 1000;

export function managementSocket(bridge: BridgePlan): string {
  return join(dirname(bridge.controlSocket), `${BRIDGE}.mgmt`);
}

/** The filters of the topology; nothing is asked of a link that never had any. */
export async function ensureFilters(context: LabContext, cable: CablePlan): Promise<void> {
  if (context.plan.gateways.length > 0) await setFilters(context, cable, cable.filters);
}

/** Puts exactly these filters on the link, in place of all that the lab put there before. */
export async function setFilters(
  context: LabContext,
  cable: CablePlan,
  filters: FilterPlan | undefined,
): Promise<void> {
  for (const end of [cable.a, cable.b]) {
    const bridge = context.plan.bridges.find((candidate) => candidate.node.name === end.node.name);
    if (bridge === undefined) continue;
    await setRules(bridge, end, dropRules(filters, context.plan.gateways, end.vlans), context.signal);
  }
}

/** In one transaction: no frame sees the port without the old or the new filters. */
async function setRules(
  bridge: BridgePlan,
  end: CableEnd,
  rules: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const port = `in_port=${end.port}`;
  const lines = [
    `delete cookie=${COOKIE}/-1,${port}`,
    ...rules.map((rule) => `add cookie=${COOKIE},priority=${PRIORITY},${port},${rule},actions=drop`),
  ];
  const command = ["ovs-ofctl", "-O", "OpenFlow14", "--bundle", "add-flows", `unix:${managementSocket(bridge)}`, "-"];
  await run(command, { input: `${lines.join("\n")}\n`, signal });
}

/** Matches of ovs-fields(7), one for each kind of frame that is dropped at a port with these VLANs. */
export function dropRules(
  filters: FilterPlan | undefined,
  gateways: readonly GatewayPlan[],
  vlans: CableEnd["vlans"],
): readonly string[] {
  if (filters === undefined || vlans === undefined) return [];
  const concerned = gateways.filter(({ name, segment }) => {
    const isCarried =
      vlans.kind === "access" ? vlans.vlanId === segment.vlanId : vlans.vlanIds.includes(segment.vlanId);
    return isCarried && (filters.gateways?.includes(name) ?? true);
  });
  const rules = filters.drops.flatMap((kind) =>
    concerned.flatMap((gateway) => {
      const tag = vlans.kind === "access" ? "" : `,dl_vlan=${gateway.segment.vlanId}`;
      return matchesOf(kind, gateway).map((match) => `${match}${tag}`);
    }),
  );
  return [...new Set(rules)].toSorted();
}

function matchesOf(kind: FilterKind, gateway: GatewayPlan): readonly string[] {
  switch (kind) {
    case "hello":
      return helloMatches(gateway.kind);
    case "virtualMac":
      return gateway.kind === "static" ? [] : [`dl_src=${gateway.mac}`, `dl_dst=${gateway.mac}`];
    case "gatewayArp":
      return [`arp,arp_spa=${gateway.address}`, `arp,arp_tpa=${gateway.address}`];
  }
}

/** Of all groups in the segment: a hello's group number lies deeper than these rules look. */
function helloMatches(kind: GatewayPlan["kind"]): readonly string[] {
  switch (kind) {
    case "vrrp":
      // IP protocol 112 (RFC 9568, 5.1.1.4).
      return ["ip,nw_proto=112"];
    case "hsrp":
      // UDP port 1985 to 224.0.0.2 (RFC 2281, 5).
      return ["udp,nw_dst=224.0.0.2,tp_dst=1985"];
    case "mlag":
    case "anycast":
    case "static":
      return [];
  }
}
