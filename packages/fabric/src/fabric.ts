/**
 * The fabric: everything that decides which way a frame goes, as one value. It is what a fabric document says
 * (document/), what imports fill in (imports/) and what the lab builds; every judgement of this room takes it.
 *
 * Invariants, which document/ checks and everything below relies on:
 * - names are unique among their kind, and every reference leads somewhere;
 * - a VLAN number is not a segment's key: the same number may be two segments in two sites, and one segment may have
 *   another number in each site;
 * - knowledge has three values. A field that is left out is unknown, unless its comment names a default;
 * - a `Fabric` is also a `FabricView` (ports.ts): whatever reads a view reads a fabric.
 *
 * Units: bits per second in each direction, microseconds one way, bytes of MTU without the Ethernet header.
 */
import type { FabricEnd, PortVlans } from "./ports.ts";

/** "unknown" is honest: silence is not proof. */
export type Tri = "yes" | "no" | "unknown";

export interface Fabric {
  readonly sites: readonly Site[];
  readonly segments: readonly Segment[];
  readonly devices: readonly Device[];
  readonly links: readonly Link[];
  readonly gateways: readonly Gateway[];
  readonly hostRoutes: readonly HostRoutePolicy[];
  readonly services: readonly Service[];
  readonly endpoints: readonly Endpoint[];
  readonly flows: readonly Flow[];
  readonly clusters: readonly Cluster[];
}

export interface Site {
  readonly name: string;
}

/** A broadcast domain as it is meant to be. Which ports it really reaches is worked out, not declared. */
export interface Segment {
  readonly name: string;
  readonly vlan: number;
  /** Where the segment has another number than `vlan`, by site. */
  readonly vlanBySite?: Readonly<Record<string, number>>;
  /** Where it exists; without it, in every site. Outside of these the same VLAN number means something else. */
  readonly sites?: readonly string[];
  readonly vni?: number;
  /** Segments of different VRFs are not routed to each other. */
  readonly vrf?: string;
  /** CIDR, IPv4 or IPv6. */
  readonly subnets: readonly string[];
  /** The largest packet that its members send; without it nothing is known about it. */
  readonly mtu?: number;
}

/**
 * Everything that forwards frames or packets. A host's virtual switch is a device and has the host's name. A layer-3
 * switch is a `switch` with interfaces: it bridges and routes.
 */
export type DeviceKind = "host" | "switch" | "router" | "firewall" | "load-balancer" | "external";

export interface Device {
  readonly name: string;
  readonly kind: DeviceKind;
  readonly site?: string;
  readonly ports: readonly Port[];
  /** VLANs that the device has defined; without it, all. A trunk does not carry a VLAN that its device lacks. */
  readonly vlans?: readonly number[];
  /** Devices with the same name here are one MLAG domain (vPC, VSS, MC-LAG). */
  readonly mlag?: string;
  readonly spanningTree?: SpanningTree;
  /** Its own addresses in segments, as SVI or routed port; gateway members need none besides. */
  readonly interfaces?: readonly DeviceInterface[];
  readonly routes?: readonly Route[];
  /** VXLAN tunnel endpoint: segments with a VNI are joined between all of these, over the routed underlay. */
  readonly vtep?: { readonly address: string; readonly irb?: "asymmetric" | "symmetric" };
  /** The host's foot in the migration network; moves of memory run between these. */
  readonly migration?: { readonly segment: string; readonly address: string };
  /** Named networks that a NIC may ask for (libvirt networks, port groups), by label. */
  readonly networks?: readonly NamedNetwork[];
  /** Whether a VM that arrives here is announced to the switches by a reverse-ARP frame. Default "yes": QEMU does. */
  readonly announces?: Tri;
  /** Shares, reservations and limits of traffic classes on the host's uplinks, as of an HTB queue or NIOC. */
  readonly shaping?: readonly TrafficClass[];
  /** For printing a repair: which command language the device speaks. */
  readonly platform?: Platform;
  /** Open vSwitch: how its database is addressed, and the bridge that its ports belong to. */
  readonly ovsdb?: string;
  readonly bridge?: string;
}

export type Platform = "open-vswitch" | "linux-bridge" | "ios" | "nx-os" | "eos" | "junos";

export interface Port {
  readonly name: string;
  readonly vlans: PortVlans;
  readonly mtu?: number;
  /** Default true. */
  readonly isEnabled?: boolean;
  /** Ports of one device (or of an MLAG domain, under one name) with the same name here are one link aggregation group. */
  readonly lag?: string;
  /** How the VLANs of the port are known. Default "config". */
  readonly knowledge?: "config" | "observed" | "assumed";
}

export interface SpanningTree {
  /** "rstp" is one tree for all VLANs, "rpvst" one for each, "mst" one for each instance. */
  readonly mode: "off" | "rstp" | "rpvst" | "mst";
  /** Default 32768 (IEEE 802.1D-2004, 17.14). */
  readonly priority?: number;
  readonly priorityByVlan?: Readonly<Record<number, number>>;
  /** MST instances; VLANs that stand in none belong to instance 0. */
  readonly instances?: readonly {
    readonly id: number;
    readonly vlans: readonly number[];
    readonly priority?: number;
  }[];
  /** Breaks ties between equal priorities. Without it the device's name does, and the result is uncertain. */
  readonly mac?: string;
}

export interface DeviceInterface {
  readonly segment: string;
  /** With its prefix length: 10.1.10.2/24. */
  readonly address: string;
  readonly mac?: string;
}

export interface Route {
  /** CIDR; 0.0.0.0/0 is the default route. */
  readonly prefix: string;
  /** Address of the next hop, in a segment in which the device has an interface. */
  readonly via: string;
  readonly metric?: number;
}

export interface NamedNetwork {
  readonly name: string;
  readonly vlan: number;
  readonly bridge?: string;
  /** Anything else that must be equal on both hosts, such as promiscuous mode or a port-security profile. */
  readonly policy?: Readonly<Record<string, string>>;
}

export interface TrafficClass {
  readonly name: "migration" | "vm" | "storage" | "management";
  /** Guaranteed first. */
  readonly reservationBps?: number;
  /** Weight of what is left over. Default 1. */
  readonly shares?: number;
  readonly limitBps?: number;
}

export interface Link {
  readonly a: FabricEnd;
  readonly b: FabricEnd;
  /** Default "wire". */
  readonly kind?: "wire" | "peer-link" | "dci";
  /** From a to b, and back where nothing else is said. */
  readonly capacityBps?: number;
  readonly capacityBackBps?: number;
  readonly latencyUs?: number;
  readonly latencyBackUs?: number;
  /** Default true. */
  readonly isUp?: boolean;
  readonly dci?: Interconnect;
  readonly filters?: LinkFilters;
  /** What migrations may take of it together, in either direction. */
  readonly moveBudget?: { readonly moves?: number; readonly rateBps?: number };
}

/** How two sites are joined at layer 2. */
export interface Interconnect {
  readonly technology: "dark-fibre" | "vpls" | "otv" | "vxlan" | "evpn";
  /** Bytes that it adds to each frame; taken off the MTU of what it runs over. */
  readonly overheadBytes?: number;
  /** OTV does not flood what it has not learned, so that a silent move is a black hole. */
  readonly floodsUnknownUnicast?: Tri;
  readonly carriesBpdus?: Tri;
}

/** "yes": frames of this kind are dropped on the link, in both directions. */
export interface LinkFilters {
  /** Hellos of first-hop redundancy protocols. */
  readonly hello?: Tri;
  /** Frames from or to a gateway's virtual MAC address. */
  readonly virtualMac?: Tri;
  /** ARP for a gateway's address. */
  readonly gatewayArp?: Tri;
  /** Only for these gateways; without it, for all. */
  readonly gateways?: readonly string[];
}

export type GatewayKind =
  /** One active router in each component of members that hear each other's hellos. */
  | "hsrp"
  | "vrrp"
  /** Several forwarders; a VM keeps the one whose virtual MAC its ARP cache holds. */
  | "glbp"
  /** Every member forwards; the first on the way does. */
  | "anycast"
  /** Members of an MLAG domain forward both (vPC, VSS). */
  | "mlag"
  /** A fixed router, wherever the VM is (centralised routing). */
  | "central"
  /** As anycast: each member also answers for the MAC addresses of the others. */
  | "proxy"
  /** One router without redundancy. */
  | "static";

export interface Gateway {
  readonly name: string;
  readonly segment: string;
  readonly kind: GatewayKind;
  /** What hosts use as their gateway, without a prefix length. */
  readonly address: string;
  /** The virtual MAC; without it, the one that the protocol's group number gives. */
  readonly mac?: string;
  readonly group?: number;
  readonly helloMs?: number;
  readonly holdMs?: number;
  readonly members: readonly GatewayMember[];
  /** MLAG: a member also forwards frames to its peer's physical MAC (vPC peer-gateway). Default "unknown". */
  readonly peerGateway?: Tri;
  /** What the operator wants to be active; only for findings. */
  readonly intendedActive?: string;
}

export interface GatewayMember {
  readonly device: string;
  /** Its own address in the segment; breaks ties of elections. */
  readonly address?: string;
  /** Default 100 for HSRP and VRRP (RFC 2281, 5.1; RFC 9568, 5.2.4). */
  readonly priority?: number;
  /** Default: VRRP yes (RFC 9568, 6.1), HSRP no. */
  readonly preempts?: boolean;
  /** GLBP: weight of the forwarder. */
  readonly weight?: number;
  /** Default true. */
  readonly isUp?: boolean;
  /** Known to be active now; decides where nobody preempts. */
  readonly isIncumbent?: boolean;
  /** Whether the member really has the gateway's address; an anycast leaf that lacks it bridges on. Default "yes". */
  readonly hasAddress?: Tri;
}

/** How the rest of the network learns on which side of a stretched segment an address is. */
export interface HostRoutePolicy {
  readonly segment: string;
  /**
   * "prefix": the subnet alone is advertised, by the sites of `ingress`. The others follow the VM: LISP with an extended
   * subnet or across subnets, injected host routes, or EVPN virtual-machine traffic optimisation.
   */
  readonly mode: "prefix" | "lisp-extended" | "lisp-across" | "route-injection" | "vmto";
  /** Sites that advertise the prefix, lowest metric first. */
  readonly ingress: readonly { readonly site: string; readonly metric?: number }[];
  /** From the moment the VM was heard in its new place until the routes point there. */
  readonly convergeMs?: number;
}

/** A box that traffic is led through. */
export interface Service {
  readonly name: string;
  readonly kind: "firewall" | "load-balancer" | "nat";
  readonly device: string;
  readonly isStateful: Tri;
  /** Services of one cluster stand for each other where a flow names the cluster. */
  readonly cluster?: string;
  /** Sessions are known to all members of the cluster. */
  readonly syncsState?: Tri;
}

/** Whatever sends and receives: a VM, a server, or something outside. */
export interface Endpoint {
  readonly name: string;
  readonly kind: "vm" | "server" | "external";
  /** Where it is attached: for a VM the host it runs on. */
  readonly device: string;
  readonly port?: string;
  readonly nics: readonly Nic[];
  readonly memoryMiB?: number;
}

export interface Nic {
  readonly segment: string;
  readonly mac?: string;
  readonly addresses: readonly string[];
  /** The label of the network that it asks for on its host. */
  readonly network?: string;
  /** Name of the gateway that it uses; without it, the segment's only one. */
  readonly gateway?: string;
  /** GLBP: the member whose virtual MAC its ARP cache holds. */
  readonly forwarder?: string;
}

export interface Flow {
  readonly name: string;
  /** Names of endpoints. */
  readonly from: string;
  readonly to: string;
  readonly rateBps: number;
  readonly reverseRateBps?: number;
  /** A pinned flow is a session that exists: its stateful services stay those it began with. Default "new". */
  readonly state?: "pinned" | "new";
  /** Services or clusters of services that it is led through, in the order from `from` to `to`. */
  readonly via?: readonly string[];
  /** Default "vm". */
  readonly trafficClass?: TrafficClass["name"];
}

/** Hosts among which VMs move: what one host must carry, all must. */
export interface Cluster {
  readonly name: string;
  readonly hosts: readonly string[];
}

export const emptyFabric: Fabric = {
  sites: [],
  segments: [],
  devices: [],
  links: [],
  gateways: [],
  hostRoutes: [],
  services: [],
  endpoints: [],
  flows: [],
  clusters: [],
};
