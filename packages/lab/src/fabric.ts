/**
 * The lab as a Fabric: what `up` built, in the words of packages/fabric, so that whatever judges a fabric can be held
 * against real frames. Follows from the plan alone, but for the hosts on which VMs are now.
 *
 * What nobody set is left out and therefore unknown: latencies of its virtual cables, capacities of most. What is
 * changed by hand afterwards (a cut link, a filter, a stopped gateway) does not show here.
 */
import type {
  Device,
  Endpoint,
  Fabric,
  Gateway,
  GatewayMember,
  Link,
  LinkFilters,
  Nic,
  Port,
  PortVlans,
} from "@trunkline/fabric";
import { writeFabricDocument } from "@trunkline/fabric";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type {
  BridgePlan,
  CableEnd,
  CablePlan,
  GatewayMemberPlan,
  GatewayPlan,
  LabPlan,
  NicGatewayPlan,
  NodePlan,
  PortPlan,
  RouterPlan,
  SegmentPlan,
} from "./topology/lab-plan.ts";
import { BRIDGE } from "./world/open-vswitch.ts";

/** The kernel's default for veth pairs and for the cards of guests; the lab changes it below tunnels only. */
const ETHERNET_MTU = 1500;
/** Outer Ethernet, IPv4, UDP and VXLAN headers (RFC 7348, 5), and the tag of the frame inside. */
const VXLAN_OVERHEAD_BYTES = 14 + 20 + 8 + 8 + 4;

/** Host of a VM by its name, where it is not the one of the plan. */
export type Placement = ReadonlyMap<string, string>;

export function labFabric(plan: LabPlan, placement: Placement = new Map()): Fabric {
  return {
    sites: plan.sites.map((name) => ({ name })),
    segments: plan.segments.map(({ name, vlanId, subnet }) => ({
      name,
      vlan: vlanId,
      subnets: [subnet],
      mtu: ETHERNET_MTU,
    })),
    devices: [...plan.bridges.map((bridge) => bridgeDevice(plan, bridge)), ...pureRouters(plan)],
    links: plan.cables.filter(({ a, b }) => isDevice(a.node) && isDevice(b.node)).map(fabricLink),
    gateways: plan.gateways.map(fabricGateway),
    hostRoutes: plan.hostRoutes.map(({ segment, mode, ingress }) => ({ segment: segment.name, mode, ingress })),
    services: [],
    endpoints: endpoints(plan, placement),
    flows: [],
    clusters: [{ name: "hosts", hosts: plan.hosts.map(({ node }) => node.name) }],
  };
}

export const fabricFileOf = (plan: LabPlan): string => join(plan.folder, "fabric.yaml");

/** fabric.yaml in the lab's folder. */
export function writeFabric(plan: LabPlan, placement: Placement): void {
  const file = fabricFileOf(plan);
  writeFileSync(file, writeFabricDocument(labFabric(plan, placement)), { mode: 0o600 });
}

function isDevice(node: NodePlan): boolean {
  return node.kind === "host" || node.kind === "switch" || node.kind === "router";
}

function bridgeDevice(plan: LabPlan, bridge: BridgePlan): Device {
  const { node } = bridge;
  const router = plan.routers.find((candidate) => candidate.node === node);
  const host = plan.hosts.find((candidate) => candidate.node === node);
  const mlag = plan.mlagDomains[node.name];
  return {
    name: node.name,
    kind: node.kind === "host" ? "host" : "switch",
    ...siteOf(node),
    ports: bridge.ports.map((port) => fabricPort(plan, node, port)),
    ...(mlag === undefined ? {} : { mlag }),
    spanningTree: { mode: "off" },
    ...(router === undefined ? {} : routing(router)),
    ...(host === undefined ? {} : { migration: { segment: "migration", address: host.migrationAddress } }),
    platform: "open-vswitch",
    ovsdb: `unix:${bridge.databaseSocket}`,
    bridge: BRIDGE,
  };
}

function siteOf({ site }: NodePlan): { readonly site?: string } {
  return site === undefined ? {} : { site };
}

function routing({ interfaces, routes }: RouterPlan): Pick<Device, "interfaces" | "routes"> {
  return {
    interfaces: interfaces.map(({ segment, prefixedAddress }) => ({ segment: segment.name, address: prefixedAddress })),
    routes,
  };
}

/** A foot of the device itself is a port of its virtual switch too: Open vSwitch calls it internal. */
function fabricPort(plan: LabPlan, node: NodePlan, port: PortPlan): Port {
  switch (port.kind) {
    case "trunk":
      return { name: port.name, vlans: { kind: "trunk", trunks: port.vlanIds }, mtu: ETHERNET_MTU };
    case "access":
    case "internal":
      return { name: port.name, vlans: { kind: "access", tag: port.vlanId }, mtu: ETHERNET_MTU };
    case "tunnel": {
      const cable = plan.cables.find(({ a, b }) => [a, b].some((end) => end.node === node && end.port === port.name));
      const vlans = { kind: "trunk", trunks: port.vlanIds } as const;
      return { name: port.name, vlans, mtu: cable?.mtu ?? ETHERNET_MTU };
    }
  }
}

function pureRouters(plan: LabPlan): readonly Device[] {
  return plan.routers
    .filter(({ node }) => node.kind === "router")
    .map((router): Device => ({
      name: router.node.name,
      kind: "router",
      ...siteOf(router.node),
      ports: plan.cables
        .flatMap(({ a, b }) => [a, b])
        .filter((end) => end.node === router.node)
        .map((end) => ({ name: end.port, vlans: endVlans(end), mtu: ETHERNET_MTU })),
      ...routing(router),
    }));
}

function endVlans({ node, port, vlans }: CableEnd): PortVlans {
  if (vlans?.kind !== "access") throw new Error(`the port ${port} of ${node.name} is in no segment`);
  return { kind: "access", tag: vlans.vlanId };
}

function fabricLink({ a, b, kind, filters, capacityBps, moveBudget }: CablePlan): Link {
  return {
    a: { device: a.node.name, port: a.port },
    b: { device: b.node.name, port: b.port },
    ...(kind === "wire" ? {} : { kind }),
    ...(kind === "dci"
      ? {
          dci: {
            technology: "vxlan" as const,
            overheadBytes: VXLAN_OVERHEAD_BYTES,
            floodsUnknownUnicast: "yes" as const,
            // A bridge of Open vSwitch keeps frames to 01:80:c2:00:00:0x to itself (`forward-bpdu`).
            carriesBpdus: "no" as const,
          },
        }
      : {}),
    ...(capacityBps === undefined ? {} : { capacityBps, capacityBackBps: capacityBps }),
    ...(filters === undefined ? {} : { filters: linkFilters(filters.drops, filters.gateways) }),
    ...(moveBudget === undefined ? {} : { moveBudget: moveBudget as NonNullable<Link["moveBudget"]> }),
  };
}

/** Nothing stands between the ends of a link but what the lab puts there: what is not dropped passes. */
function linkFilters(drops: readonly string[], gateways: readonly string[] | undefined): LinkFilters {
  const isDropped = (kind: string) => (drops.includes(kind) ? "yes" : "no");
  return {
    hello: isDropped("hello"),
    virtualMac: isDropped("virtualMac"),
    gatewayArp: isDropped("gatewayArp"),
    ...(gateways === undefined ? {} : { gateways }),
  };
}

function fabricGateway(gateway: GatewayPlan): Gateway {
  const isElected = gateway.kind === "vrrp" || gateway.kind === "hsrp";
  return {
    name: gateway.name,
    segment: gateway.segment.name,
    kind: gateway.kind,
    address: gateway.address,
    ...("mac" in gateway ? { mac: gateway.mac } : {}),
    ...("group" in gateway ? { group: gateway.group } : {}),
    ...("helloMs" in gateway ? { helloMs: gateway.helloMs } : {}),
    ...("holdMs" in gateway ? { holdMs: gateway.holdMs } : {}),
    members: gateway.members.map((member) => fabricMember(member, isElected)),
    ...(gateway.intendedActive === undefined ? {} : { intendedActive: gateway.intendedActive }),
  };
}

function fabricMember({ node, address, priority, preempts }: GatewayMemberPlan, isElected: boolean): GatewayMember {
  return { device: node.name, address, ...(isElected ? { priority, preempts } : {}) };
}

function endpoints(plan: LabPlan, placement: Placement): readonly Endpoint[] {
  return [
    ...plan.vms.map((vm): Endpoint => ({
      name: vm.name,
      kind: "vm",
      device: placement.get(vm.name) ?? vm.host,
      nics: [{ ...nic(vm.segment, vm.address, vm.gateway), mac: vm.mac }],
      memoryMiB: vm.memoryMiB,
    })),
    ...plan.clients.map((client): Endpoint => ({
      name: client.node.name,
      // Behind a router is outside of what the lab's switches reach.
      kind: plan.bridges.some(({ node }) => node.name === client.attachedTo.device) ? "server" : "external",
      ...client.attachedTo,
      nics: [nic(client.segment, client.address, client.gateway)],
    })),
    {
      name: plan.san.node.name,
      kind: "server",
      ...plan.san.attachedTo,
      nics: [{ segment: "storage", addresses: [plan.san.address] }],
    },
  ];
}

function nic(segment: SegmentPlan, address: string, gateway: NicGatewayPlan | undefined): Nic {
  return {
    segment: segment.name,
    addresses: [address],
    ...(gateway === undefined ? {} : { gateway: gateway.name }),
  };
}
