/** The frames that keep two gateways aware of each other, for filters to match. */
import type { Fabric, Gateway } from "../fabric.ts";
import type { ConfigChange, GatewayFilterPart } from "./config-change.ts";
import { gatewayAddressOf, isHsrpVersion2, portOf, vlanPortOf } from "./target.ts";

/** A filter at a port, as frames that it drops. Every language writes as much of them as it can match. */
export interface GatewayFilter {
  readonly port: string;
  readonly gateway: Gateway;
  /** Undefined where the VLAN travels without a tag there. */
  readonly tag: number | undefined;
  readonly vlan: number;
  readonly hellos: readonly Hello[];
  /** Undefined: the part was not asked for. */
  readonly virtualMac: string | undefined;
  readonly arp: GatewayArp | undefined;
  /** Asked for, and the fabric does not say what to match. */
  readonly missing: readonly GatewayFilterPart[];
}

/** ARP for the gateway's address; where the address is IPv6, neighbour discovery in its place. */
export interface GatewayArp {
  readonly address: string;
  /** For lists that cannot look into ARP: what the gateway answers comes from here. */
  readonly mac: string | undefined;
  readonly etherType: "0x0806" | "0x86dd";
}

/** How hellos look on the wire. HSRP: RFC 2281; VRRP: RFC 9568, 5.1; GLBP: as Wireshark's dissector reads it. */
export interface Hello {
  readonly protocol: string;
  readonly group: string;
  readonly groupMac: string;
  readonly ipProtocol: "udp" | "vrrp";
  readonly udpPort?: number;
}

const hsrp1: Hello = {
  protocol: "HSRP version 1",
  group: "224.0.0.2",
  groupMac: "01:00:5e:00:00:02",
  ipProtocol: "udp",
  udpPort: 1985,
};
const hsrp2: Hello = {
  protocol: "HSRP version 2",
  group: "224.0.0.102",
  groupMac: "01:00:5e:00:00:66",
  ipProtocol: "udp",
  udpPort: 1985,
};
const hsrp6: Hello = {
  protocol: "HSRP for IPv6",
  group: "ff02::66",
  groupMac: "33:33:00:00:00:66",
  ipProtocol: "udp",
  udpPort: 2029,
};
const vrrp4: Hello = { protocol: "VRRP", group: "224.0.0.18", groupMac: "01:00:5e:00:00:12", ipProtocol: "vrrp" };
const vrrp6: Hello = {
  protocol: "VRRP for IPv6",
  group: "ff02::12",
  groupMac: "33:33:00:00:00:12",
  ipProtocol: "vrrp",
};
const glbp: Hello = {
  protocol: "GLBP",
  group: "224.0.0.102",
  groupMac: "01:00:5e:00:00:66",
  ipProtocol: "udp",
  udpPort: 3222,
};

export function gatewayFilterOf(
  fabric: Fabric,
  change: Extract<ConfigChange, { readonly kind: "filter-gateway" }>,
): GatewayFilter | undefined {
  const found = fabric.gateways.find((candidate) => candidate.name === change.gateway);
  const at = found === undefined ? undefined : gatewayAddressOf(fabric, change.port.device, found.name, found.address);
  if (at === undefined) return undefined;
  const carried = portOf(fabric, change.port)?.vlans;
  const isUntagged =
    (carried?.kind === "access" && carried.tag === at.vlan) ||
    (carried?.kind === "trunk" && carried.native === at.vlan);
  const hellos = hellosOf(at.gateway, at.isIpv6);
  return {
    port: vlanPortOf(fabric, change.port),
    gateway: at.gateway,
    tag: isUntagged ? undefined : at.vlan,
    vlan: at.vlan,
    hellos: change.what.includes("hello") ? hellos : [],
    virtualMac: change.what.includes("virtual-mac") ? at.mac : undefined,
    arp: change.what.includes("gateway-arp")
      ? { address: at.address, mac: at.mac, etherType: at.isIpv6 ? "0x86dd" : "0x0806" }
      : undefined,
    missing: [
      ...(change.what.includes("hello") && hellos.length === 0 ? (["hello"] as const) : []),
      ...(change.what.includes("virtual-mac") && at.mac === undefined ? (["virtual-mac"] as const) : []),
    ],
  };
}

function hellosOf(gateway: Gateway, isIpv6: boolean): readonly Hello[] {
  const mac = gateway.mac?.toLowerCase() ?? "";
  if (gateway.kind === "vrrp" || mac.startsWith("00:00:5e:00:0")) return [isIpv6 ? vrrp6 : vrrp4];
  if (gateway.kind === "glbp") return [glbp];
  if (gateway.kind !== "hsrp" && !mac.startsWith("00:00:0c:")) return [];
  if (isIpv6) return [hsrp6];
  if (isHsrpVersion2(gateway)) return [hsrp2];
  return mac.startsWith("00:00:0c:07:ac") ? [hsrp1] : [hsrp1, hsrp2];
}

/** A sentence for each part that was asked for and that a list which matches `by` cannot do. */
export function missingParts(filter: GatewayFilter, by: "address" | "mac"): readonly string[] {
  const isArpMissing = by === "mac" && filter.arp !== undefined && filter.arp.mac === undefined;
  return [...filter.missing, ...(isArpMissing ? ["gateway-arp"] : [])].map(
    (part) => `the ${part} part is left out: the frames of gateway ${filter.gateway.name} are not described`,
  );
}
