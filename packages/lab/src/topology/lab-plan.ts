/**
 * What a lab will consist of, as data: compile.ts makes it, everything else of this package builds, shows or removes it.
 * Nothing in it depends on what happens later; where a VM runs after a move is asked of the hypervisors.
 */
import type { HostSpec, LinkSpec } from "./schema.ts";

export type NodePlan = {
  readonly name: string;
  readonly kind: "host" | "switch" | "router" | "san" | "client";
  readonly site?: string;
  readonly namespace: string;
  readonly folder: string;
};

/** A VLAN of the topology; the Fabric calls it a segment. */
export type SegmentPlan = { readonly name: string; readonly vlanId: number; readonly subnet: string };

/** How a port of an Open vSwitch bridge treats VLANs. */
export type PortPlan =
  | { readonly kind: "trunk"; readonly name: string; readonly vlanIds: readonly number[] }
  | { readonly kind: "access"; readonly name: string; readonly vlanId: number }
  /** The node's own foot in a VLAN: a host's address, or the SVI of a layer-3 switch. */
  | { readonly kind: "internal"; readonly name: string; readonly vlanId: number; readonly address: string }
  | {
      readonly kind: "tunnel";
      readonly name: string;
      readonly vlanIds: readonly number[];
      readonly vni: number;
      readonly localAddress: string;
      readonly remoteAddress: string;
    };

export type BridgePlan = {
  readonly node: NodePlan;
  readonly ports: readonly PortPlan[];
  /** The bridges below tunnels: with the userspace datapath the tunnel's packets are switched, too. */
  readonly underlays: readonly UnderlayPlan[];
  readonly database: string;
  readonly databaseSocket: string;
  readonly controlSocket: string;
};

export type UnderlayPlan = {
  readonly bridge: string;
  readonly device: string;
  readonly address: string;
  readonly mtu: number;
};

export type CableEnd = {
  readonly node: NodePlan;
  /** The port as the topology and the Fabric call it. */
  readonly port: string;
  /** The veth's end: the port itself, or below a tunnel its underlay. */
  readonly device: string;
  readonly address: string | undefined;
  readonly vlans:
    | { readonly kind: "trunk"; readonly vlanIds: readonly number[] }
    | { readonly kind: "access"; readonly vlanId: number }
    | undefined;
};

export type CablePlan = {
  readonly a: CableEnd;
  readonly b: CableEnd;
  readonly kind: "wire" | "peer-link" | "dci";
  readonly mtu?: number;
  readonly filters?: FilterPlan;
  /** Each end sends no faster; without it, as fast as the machine lets it. */
  readonly capacityBps?: number;
  readonly moveBudget: LinkSpec["moveBudget"];
};

export type FilterKind = "hello" | "virtualMac" | "gatewayArp";

/** What a link drops in both directions, of which gateways; all of them where none is named. */
export type FilterPlan = { readonly drops: readonly FilterKind[]; readonly gateways?: readonly string[] };

export type HostPlan = {
  readonly node: NodePlan;
  readonly bridge: BridgePlan;
  readonly uuid: string;
  readonly memoryMiB: number;
  readonly cpuThreads: number | undefined;
  readonly managementAddress: string;
  readonly migrationAddress: string;
  readonly migrationPort: string;
  readonly libvirtSocket: string;
  readonly moveBudget: HostSpec["moveBudget"];
};

export type SanTargetPlan = {
  readonly id: number;
  readonly iqn: string;
  readonly file: string;
  readonly sizeBytes: number;
};

export type SanPlan = {
  readonly node: NodePlan;
  readonly address: string;
  readonly targets: readonly SanTargetPlan[];
  readonly attachedTo: Attachment;
};

export type Attachment = { readonly device: string; readonly port: string };

export type ClientPlan = {
  readonly node: NodePlan;
  readonly address: string;
  readonly segment: SegmentPlan;
  readonly gateway?: NicGatewayPlan;
  readonly attachedTo: Attachment;
};

/** The gateway that a VM or client has its default route to. */
export type NicGatewayPlan = { readonly name: string; readonly address: string };

export type VmPlan = {
  readonly name: string;
  readonly uuid: string;
  readonly host: string;
  readonly memoryMiB: number;
  readonly vcpus: number;
  readonly segment: SegmentPlan;
  readonly address: string;
  readonly prefixedAddress: string;
  readonly gateway?: NicGatewayPlan;
  readonly mac: string;
  /** A local one is a file of the host that the VM runs on (world/local-disks.ts); the SAN's target then lies idle. */
  readonly disk: "san" | "local";
  readonly target: SanTargetPlan;
  readonly definition: string;
  readonly console: string;
  readonly patrol: { readonly bufferMiB: number; readonly rateMiBps: number };
  readonly recordsPerSecond: number;
};

/** A node that forwards packets: a layer-3 switch or a router. */
export type RouterPlan = {
  readonly node: NodePlan;
  readonly interfaces: readonly InterfacePlan[];
  readonly routes: readonly RoutePlan[];
};

export type InterfacePlan = {
  readonly segment: SegmentPlan;
  readonly device: string;
  readonly address: string;
  readonly prefixedAddress: string;
};

export type RoutePlan = { readonly prefix: string; readonly via: string; readonly metric?: number };

export type GatewayPlan = {
  readonly name: string;
  readonly segment: SegmentPlan;
  readonly address: string;
  readonly intendedActive?: string;
  readonly members: readonly GatewayMemberPlan[];
} & (
  | { readonly kind: "vrrp"; readonly group: number; readonly mac: string; readonly helloMs: number }
  | {
      readonly kind: "hsrp";
      readonly group: number;
      readonly mac: string;
      readonly helloMs: number;
      readonly holdMs: number;
    }
  | { readonly kind: "mlag"; readonly mac: string }
  | { readonly kind: "anycast"; readonly mac: string }
  | { readonly kind: "static" }
);

export type GatewayMemberPlan = {
  readonly node: NodePlan;
  /** The interface in the segment, and the member's own address there. */
  readonly device: string;
  readonly address: string;
  /** The interface above it that bears the gateway's address and virtual MAC. */
  readonly virtualDevice: string;
  readonly priority: number;
  readonly preempts: boolean;
};

/** Routers that hold a route for each VM of the segment, and by which next hop a VM in a site is reached. */
export type HostRoutePlan = {
  readonly segment: SegmentPlan;
  readonly mode: "prefix" | "route-injection";
  readonly ingress: readonly { readonly site: string; readonly metric?: number }[];
  readonly routers: readonly { readonly node: NodePlan; readonly viaBySite: Readonly<Record<string, string>> }[];
};

export type LabPlan = {
  readonly lab: string;
  readonly topology: string;
  readonly folder: string;
  readonly sites: readonly string[];
  readonly segments: readonly SegmentPlan[];
  readonly nodes: readonly NodePlan[];
  /** Switches by the MLAG domain that they belong to. */
  readonly mlagDomains: Readonly<Record<string, string>>;
  readonly bridges: readonly BridgePlan[];
  readonly cables: readonly CablePlan[];
  readonly hosts: readonly HostPlan[];
  readonly san: SanPlan;
  readonly clients: readonly ClientPlan[];
  readonly routers: readonly RouterPlan[];
  readonly gateways: readonly GatewayPlan[];
  readonly hostRoutes: readonly HostRoutePlan[];
  readonly vms: readonly VmPlan[];
  readonly migrationVlanId: number;
};
