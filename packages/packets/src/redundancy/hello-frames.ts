/** Hellos of gateways as whole frames, with the addresses, ports, hop limits and checksums that each protocol asks for. */
import { encodeIpv4 } from "../internet/ipv4.ts";
import { encodeIpv6 } from "../internet/ipv6.ts";
import { encodeUdp, udpProtocol } from "../internet/udp.ts";
import { encodeEthernet, vlanTag } from "../link/ethernet.ts";
import { encodeHsrpV1, hsrpV2Target } from "./hsrp.ts";
import type { HsrpV1Settings } from "./hsrp.ts";
import { encodeHsrpV2 } from "./hsrp-v2.ts";
import type { HsrpV2Settings } from "./hsrp-v2.ts";
import { virtualMacText } from "./virtual-mac.ts";
import { encodeVrrpV2, encodeVrrpV3, vrrpProtocol } from "./vrrp.ts";
import type { VrrpV2Settings, VrrpV3Settings } from "./vrrp.ts";

export interface Sender {
  /** Own address of the router, not the virtual one. */
  readonly address: string;
  /** Own MAC of the router; the frame has the virtual one where the protocol wants it. */
  readonly mac: string;
  readonly vlan?: number;
}

/** Precedence 6, internetwork control: what Cisco's routers send hellos with (seen in captures). */
const controlTypeOfService = 0xc0;
const hsrpV1Target = "224.0.0.2";
const hsrpV6Target = "ff02::66";
const vrrpTarget = { 4: "224.0.0.18", 6: "ff02::12" } as const;
const hsrpPort = 1985;
const hsrpV6Port = 2029;
/** RFC 9568, section 5.1.1.3: whatever came over a router has less and is dropped. */
const farthestHops = 255;

/** RFC 2281, section 5.1: TTL 1. The active router sends from the virtual MAC. */
export function encodeHsrpV1Frame(sender: Sender, hello: HsrpV1Settings): Uint8Array {
  const virtual = { protocol: "hsrp", version: 1, family: 4, group: hello.group } as const;
  const source = hello.state === "active" ? virtualMacText(virtual) : sender.mac;
  return datagramFrame(sender, { source, target: hsrpV1Target, port: hsrpPort, hops: 1 }, encodeHsrpV1(hello));
}

export function encodeHsrpV2Frame(sender: Sender, hello: HsrpV2Settings): Uint8Array {
  const { family, group, state } = hello.group;
  const virtual = { protocol: "hsrp", version: 2, family, group } as const;
  const source = state === "active" ? virtualMacText(virtual) : sender.mac;
  const way = family === 4 ? { target: hsrpV2Target, port: hsrpPort } : { target: hsrpV6Target, port: hsrpV6Port };
  return datagramFrame(sender, { source, ...way, hops: farthestHops }, encodeHsrpV2(hello));
}

/** RFC 3768, section 7.3: always from the virtual MAC. */
export function encodeVrrpV2Frame(sender: Sender, advert: VrrpV2Settings): Uint8Array {
  const carrier = { family: 4, source: sender.address, target: vrrpTarget[4] } as const;
  const source = virtualMacText({ protocol: "vrrp", family: 4, group: advert.group });
  const packet = ipPacket(carrier, vrrpProtocol, farthestHops, encodeVrrpV2(advert));
  return groupFrame(sender, source, carrier.target, packet);
}

/** RFC 9568, section 7.3: always from the virtual MAC. */
export function encodeVrrpV3Frame(sender: Sender, advert: Omit<VrrpV3Settings, "carrier">): Uint8Array {
  const family = sender.address.includes(":") ? 6 : 4;
  const carrier = { family, source: sender.address, target: vrrpTarget[family] } as const;
  const source = virtualMacText({ protocol: "vrrp", family, group: advert.group });
  const packet = ipPacket(carrier, vrrpProtocol, farthestHops, encodeVrrpV3({ ...advert, carrier }));
  return groupFrame(sender, source, carrier.target, packet);
}

interface Way {
  readonly source: string;
  readonly target: string;
  readonly port: number;
  readonly hops: number;
}

function datagramFrame(sender: Sender, way: Way, body: Uint8Array): Uint8Array {
  const family = way.target.includes(":") ? 6 : 4;
  const carrier = { family, source: sender.address, target: way.target } as const;
  const datagram = encodeUdp({ sourcePort: way.port, targetPort: way.port, carrier }, body);
  return groupFrame(sender, way.source, way.target, ipPacket(carrier, udpProtocol, way.hops, datagram));
}

interface Ends {
  readonly family: 4 | 6;
  readonly source: string;
  readonly target: string;
}

function ipPacket(ends: Ends, protocol: number, hops: number, body: Uint8Array): Uint8Array {
  const { family, source, target } = ends;
  if (family === 6) return encodeIpv6({ source, target, protocol, hopLimit: hops }, body);
  return encodeIpv4({ source, target, protocol, ttl: hops, typeOfService: controlTypeOfService }, body);
}

/** The group's address makes the frame's: RFC 1112, section 6.4 and RFC 2464, section 7. All groups here are below 256. */
function groupFrame(sender: Sender, source: string, group: string, packet: Uint8Array): Uint8Array {
  const isV6 = group.includes(":");
  const last = isV6
    ? group.slice(group.lastIndexOf(":") + 1)
    : Number(group.slice(group.lastIndexOf(".") + 1)).toString(16);
  const target = `${isV6 ? "33:33:00:00:00" : "01:00:5e:00:00"}:${last.padStart(2, "0")}`;
  const tags = sender.vlan === undefined ? [] : [vlanTag(sender.vlan)];
  const content = { kind: "ether-type", etherType: isV6 ? 0x86dd : 0x0800 } as const;
  return encodeEthernet({ target, source, tags, content }, packet);
}
