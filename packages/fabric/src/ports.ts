/**
 * A layer-2 fabric as far as VLAN reach needs it: devices with ports, and links between ports.
 * Port modes are those of IEEE 802.1Q as Open vSwitch names them (ovs-vswitchd.conf.db(5), Port table, `vlan_mode`).
 */
export type PortVlans =
  /** Carries one VLAN, untagged. */
  | { readonly kind: "access"; readonly tag: number }
  /** Carries the listed VLANs tagged, "all" when nothing was listed; `native` travels as well, with or without its tag. */
  | { readonly kind: "trunk"; readonly trunks: readonly number[] | "all"; readonly native?: number }
  /** Nobody could read it. */
  | { readonly kind: "unknown"; readonly why: string };

export interface FabricPort {
  readonly name: string;
  readonly vlans: PortVlans;
  readonly mtu?: number;
}

export interface FabricDevice {
  readonly name: string;
  readonly ports: readonly FabricPort[];
  /** The bridge that its ports belong to, for the repair command. */
  readonly bridge?: string;
  /** How a repair command addresses the device's database. */
  readonly ovsdb?: string;
}

export interface FabricEnd {
  readonly device: string;
  readonly port: string;
}

export interface FabricLink {
  readonly a: FabricEnd;
  readonly b: FabricEnd;
}

export interface FabricView {
  readonly devices: readonly FabricDevice[];
  readonly links: readonly FabricLink[];
}

export type Carries = "yes" | "no" | "unknown";

/** Does this port carry `vlan` between the device and what hangs on the port? Three-valued. */
export function carries(vlans: PortVlans, vlan: number): Carries {
  switch (vlans.kind) {
    case "access":
      return vlans.tag === vlan ? "yes" : "no";
    case "trunk":
      if (vlans.trunks === "all" || vlans.native === vlan) return "yes";
      return vlans.trunks.includes(vlan) ? "yes" : "no";
    case "unknown":
      return "unknown";
  }
}

/** Lists are sets: their order says nothing. */
export function isSamePortVlans(left: PortVlans, right: PortVlans): boolean {
  return canonical(left) === canonical(right);
}

function canonical(vlans: PortVlans): string {
  switch (vlans.kind) {
    case "access":
      return `access ${vlans.tag}`;
    case "trunk": {
      const list = vlans.trunks === "all" ? "all" : [...new Set(vlans.trunks)].sort((a, b) => a - b).join(",");
      return `trunk ${list} native ${vlans.native ?? "none"}`;
    }
    case "unknown":
      return "unknown";
  }
}
