/** Routed interfaces, gateways with their virtual MACs, default gateways of VMs and clients, host routes. */
import { isInSubnet, withPrefixLength } from "./ipv4.ts";
import type {
  GatewayMemberPlan,
  GatewayPlan,
  HostRoutePlan,
  InterfacePlan,
  NicGatewayPlan,
  RouterPlan,
} from "./lab-plan.ts";
import { internalPortName, known } from "./lookup.ts";
import type { Lookup } from "./lookup.ts";
import type { GatewaySpec, HostRoutesSpec, InterfaceSpec, RouteSpec } from "./routing-schema.ts";

/** RFC 9568, 6.1 and RFC 2281, 5.1. */
const DEFAULT_PRIORITY = 100;

export function compileRouters(lookup: Lookup): readonly RouterPlan[] {
  const { switches, routers } = lookup.topology;
  const forwarding = [
    ...switches.map((spec) => ({ ...spec, deviceOf: (vlanId: number) => internalPortName(vlanId) })),
    ...routers.map((spec) => ({ ...spec, deviceOf: (vlanId: number) => routerPort(lookup, spec.name, vlanId) })),
  ];
  return forwarding
    .filter(({ interfaces }) => interfaces.length > 0)
    .map(({ name, interfaces, routes, deviceOf }) => ({
      node: lookup.node(name),
      interfaces: interfaces.map((spec) => compileInterface(lookup, spec, deviceOf)),
      routes: routes.map(({ prefix, via, metric }: RouteSpec) => ({
        prefix,
        via,
        ...(metric === undefined ? {} : { metric }),
      })),
    }));
}

function compileInterface(
  lookup: Lookup,
  { segment: name, address }: InterfaceSpec,
  deviceOf: (vlanId: number) => string,
): InterfacePlan {
  const segment = lookup.segment(name);
  return {
    segment,
    device: deviceOf(segment.vlanId),
    address,
    prefixedAddress: withPrefixLength(address, segment.subnet),
  };
}

function routerPort(lookup: Lookup, router: string, vlanId: number): string {
  const ends = lookup.topology.links.flatMap((link) => [link.a, link.b]);
  const end = ends.find(
    ({ device, access }) => device === router && access !== undefined && lookup.segment(access).vlanId === vlanId,
  );
  return known(end, router).port;
}

export function compileGateways(lookup: Lookup, routers: readonly RouterPlan[]): readonly GatewayPlan[] {
  return lookup.topology.gateways.map((spec): GatewayPlan => {
    const segment = lookup.segment(spec.segment);
    const virtualDevice = `gw${segment.vlanId}-${"group" in spec ? spec.group : 0}`;
    const common = {
      name: spec.name,
      segment,
      address: spec.address,
      ...(spec.intendedActive === undefined ? {} : { intendedActive: spec.intendedActive }),
      members: spec.members.map((member) => compileMember(lookup, spec, member, routers, virtualDevice)),
    };
    switch (spec.kind) {
      case "vrrp":
        return {
          ...common,
          kind: "vrrp",
          group: spec.group,
          mac: virtualMac("00:00:5e:00:01", spec.group),
          helloMs: spec.helloMs,
        };
      case "hsrp":
        return {
          ...common,
          kind: "hsrp",
          group: spec.group,
          mac: virtualMac("00:00:0c:07:ac", spec.group),
          helloMs: spec.helloMs,
          holdMs: spec.holdMs,
        };
      case "mlag":
      case "anycast":
        return { ...common, kind: spec.kind, mac: spec.mac };
      case "static":
        return { ...common, kind: "static" };
    }
  });
}

/** RFC 9568, 7.3 for VRRP; RFC 2281, 5.2 for HSRP: five bytes of the protocol, one of the group. */
function virtualMac(prefix: string, group: number): string {
  return `${prefix}:${group.toString(16).padStart(2, "0")}`;
}

function compileMember(
  lookup: Lookup,
  gateway: GatewaySpec,
  member: GatewaySpec["members"][number],
  routers: readonly RouterPlan[],
  virtualDevice: string,
): GatewayMemberPlan {
  const router = routers.find(({ node }) => node.name === member.device);
  const own = known(
    router?.interfaces.find(({ segment }) => segment.name === gateway.segment),
    member.device,
  );
  return {
    node: lookup.node(member.device),
    device: own.device,
    address: own.address,
    virtualDevice,
    priority: member.priority ?? DEFAULT_PRIORITY,
    // VRRP preempts unless told otherwise (RFC 9568, 6.1), HSRP does not.
    preempts: member.preempts ?? gateway.kind === "vrrp",
  };
}

/** The named gateway, else the segment's only one; without one there is no default route. */
export function nicGateway(
  gateways: readonly GatewayPlan[],
  nic: { readonly segment: string; readonly gateway?: string | undefined },
): NicGatewayPlan | undefined {
  const candidates = gateways.filter(({ segment }) => segment.name === nic.segment);
  const chosen =
    nic.gateway === undefined
      ? candidates.length === 1
        ? candidates[0]
        : undefined
      : candidates.find(({ name }) => name === nic.gateway);
  return chosen && { name: chosen.name, address: chosen.address };
}

export function compileHostRoutes(lookup: Lookup, routers: readonly RouterPlan[]): readonly HostRoutePlan[] {
  const pure = routers.filter(({ node }) => node.kind === "router");
  return lookup.topology.hostRoutes.map((policy): HostRoutePlan => ({
    segment: lookup.segment(policy.segment),
    mode: policy.mode,
    ingress: policy.ingress.map(({ site, metric }) => ({ site, ...(metric === undefined ? {} : { metric }) })),
    routers: policy.mode === "prefix" ? [] : pure.flatMap((router) => holderOf(router, policy, routers)),
  }));
}

/**
 * A router holds the policy's routes when it reaches a device with an interface in the segment directly: in each site
 * that one is the next hop.
 */
function holderOf(
  router: RouterPlan,
  policy: HostRoutesSpec,
  routers: readonly RouterPlan[],
): HostRoutePlan["routers"] {
  const owners = routers.filter(({ interfaces }) => interfaces.some(({ segment }) => segment.name === policy.segment));
  const viaBySite: Record<string, string> = {};
  for (const owner of owners) {
    const { site } = owner.node;
    const near = owner.interfaces.find(({ address }) =>
      router.interfaces.some(({ segment }) => isInSubnet(address, segment.subnet)),
    );
    if (site !== undefined && near !== undefined) viaBySite[site] ??= near.address;
  }
  return Object.keys(viaBySite).length === 0 ? [] : [{ node: router.node, viaBySite }];
}
