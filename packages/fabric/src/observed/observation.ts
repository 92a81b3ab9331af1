/**
 * What the network showed of itself: one fact, where it was seen and when. Who saw it (a database that was asked, a capture,
 * a discovery daemon) makes observations; this room compares them with a fabric and makes a fabric of them.
 *
 * An observation says what was seen, never what was not: from silence nothing follows.
 */
import type { DeviceKind } from "../fabric.ts";
import type { FabricEnd, PortVlans } from "../ports.ts";

interface Seen {
  /** Since 1970, UTC. */
  readonly atMs: number;
}

/** The port at which somebody listened or that was asked; without a port the device as a whole. */
export interface Spot {
  readonly device: string;
  readonly port?: string;
}

export type Observation =
  | PortSeen
  | NeighborSeen
  | GatewayHello
  | AnnouncementSeen
  | MappingSeen
  | MacEntrySeen
  | VtpDomainSeen;

/** A port as its own device describes it. */
export interface PortSeen extends Seen {
  readonly kind: "port";
  readonly where: FabricEnd;
  readonly vlans?: PortVlans;
  readonly mtu?: number;
  readonly deviceKind?: DeviceKind;
  /** Open vSwitch: the bridge of the port, and how its database is addressed. */
  readonly bridge?: string;
  readonly ovsdb?: string;
}

/** What the device at the other end of the cable says of itself, by LLDP or CDP. */
export interface NeighborSeen extends Seen {
  readonly kind: "neighbor";
  readonly where: FabricEnd;
  readonly protocol: "lldp" | "cdp";
  /** Names that it goes by, the one it is called by first; a chassis that is a MAC address is `mac`. */
  readonly names: readonly string[];
  /** Names of its port, that of the interface first, then descriptions. */
  readonly ports: readonly string[];
  readonly mac?: string;
  readonly addresses: readonly string[];
  readonly roles: readonly ("bridge" | "router" | "station")[];
  /** VLAN of its untagged frames: LLDP's port VLAN, CDP's native VLAN. */
  readonly untaggedVlan?: number;
  /** VLANs that it is certainly a member of. Others may be missing: a sender need not name any. */
  readonly vlanNames: readonly { readonly vlan: number; readonly name: string }[];
  readonly mtu?: number;
  /** With header and check sequence, as IEEE 802.3 counts. */
  readonly maxFrameBytes?: number;
  readonly vtpDomain?: string;
}

/** A hello of a first-hop redundancy protocol. */
export interface GatewayHello extends Seen {
  readonly kind: "gateway-hello";
  readonly where: Spot;
  readonly protocol: "hsrp" | "vrrp" | "glbp";
  readonly group: number;
  /** A VRRP advertisement comes from the active router alone. "resigned": it gives the role up. */
  readonly state: "active" | "standby" | "other" | "resigned";
  readonly priority: number;
  /** Virtual addresses; more than one with VRRP only. */
  readonly addresses: readonly string[];
  /** The router's own address. */
  readonly source: string;
  /** Of the frame: the virtual one where the active router sends from it. */
  readonly sourceMac?: string;
  readonly virtualMac?: string;
  /** The tag; without it the frame was untagged, and its VLAN is that of the port. */
  readonly vlan?: number;
  readonly helloMs: number;
  readonly holdMs: number;
}

/** A machine, or its host on its behalf, tells where it is. */
export interface AnnouncementSeen extends Seen {
  readonly kind: "announcement";
  readonly where: Spot;
  readonly form: "reverse-arp" | "gratuitous-arp";
  readonly mac: string;
  /** Reverse ARP bears none. */
  readonly address?: string;
  readonly vlan?: number;
}

/** LISP: by which locators an identifier is reached. */
export interface MappingSeen extends Seen {
  readonly kind: "mapping";
  readonly where: Spot;
  readonly message: "map-register" | "map-notify";
  /** With its length: 10.1.120.42/32. */
  readonly prefix: string;
  /** None: the mapping was withdrawn. */
  readonly locators: readonly string[];
}

/** A line of a switch's MAC table. */
export interface MacEntrySeen extends Seen {
  readonly kind: "mac-entry";
  readonly where: FabricEnd;
  readonly mac: string;
  /** 0: without a VLAN. */
  readonly vlan: number;
}

/** A VTP message that came in at a port. The domain is its sender's. */
export interface VtpDomainSeen extends Seen {
  readonly kind: "vtp-domain";
  readonly where: FabricEnd;
  readonly domain: string;
}
