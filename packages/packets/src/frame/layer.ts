/** What a frame can be made of. */
import { PacketError } from "../errors.ts";
import type { Cdp } from "../discovery/cdp.ts";
import type { Dtp } from "../discovery/dtp.ts";
import type { Lldp } from "../discovery/lldp.ts";
import type { Udld } from "../discovery/udld.ts";
import type { Vtp } from "../discovery/vtp.ts";
import type { Icmp } from "../internet/icmp.ts";
import type { Ipv4Header } from "../internet/ipv4.ts";
import type { Ipv6Header } from "../internet/ipv6.ts";
import type { TcpHeader } from "../internet/tcp.ts";
import type { UdpHeader } from "../internet/udp.ts";
import type { Arp } from "../link/arp.ts";
import type { EthernetHeader } from "../link/ethernet.ts";
import type { IslHeader } from "../link/isl.ts";
import type { Lacp } from "../link/lacp.ts";
import type { LinuxCookedHeader } from "../link/linux-cooked.ts";
import type { Lisp } from "../overlay/lisp.ts";
import type { VxlanHeader } from "../overlay/vxlan.ts";
import type { Glbp } from "../redundancy/glbp.ts";
import type { Hsrp } from "../redundancy/hsrp.ts";
import type { Vrrp } from "../redundancy/vrrp.ts";
import type { Bfd } from "../routing/bfd.ts";
import type { OspfHello } from "../routing/ospf-hello.ts";
import type { Bpdu } from "../spanning-tree/bpdu.ts";
import type { IpCarrier } from "../wire/checksum.ts";

export type Layer =
  | EthernetHeader
  | LinuxCookedHeader
  | IslHeader
  | Arp
  | Lacp
  | Bpdu
  | Lldp
  | Cdp
  | Vtp
  | Dtp
  | Udld
  | Ipv4Header
  | Ipv6Header
  | UdpHeader
  | TcpHeader
  | Icmp
  | Hsrp
  | Vrrp
  | Glbp
  | Lisp
  | VxlanHeader
  | Bfd
  | OspfHello;

export type LayerKind = Layer["kind"];

/** What is not taken apart yet, and how to go about it. */
export type Rest =
  | { readonly kind: "ethernet"; readonly bytes: Uint8Array }
  | { readonly kind: "linux-cooked"; readonly version: 1 | 2; readonly bytes: Uint8Array }
  | { readonly kind: "ether-type"; readonly etherType: number; readonly bytes: Uint8Array }
  | { readonly kind: "llc"; readonly targetSap: number; readonly control: number; readonly bytes: Uint8Array }
  | { readonly kind: "snap"; readonly organization: number; readonly protocolId: number; readonly bytes: Uint8Array }
  | { readonly kind: "ip"; readonly protocol: number; readonly carrier: IpCarrier; readonly bytes: Uint8Array }
  | { readonly kind: "datagram"; readonly udp: UdpHeader; readonly carrier: IpCarrier; readonly bytes: Uint8Array };

/** One layer taken off; no `rest` when nothing lies inside that is read here. */
export interface Step {
  readonly layer: Layer;
  readonly rest?: Rest;
}

/** The step of a protocol that carries nothing further. */
export function last(layer: Layer | PacketError): Step | PacketError {
  return layer instanceof PacketError ? layer : { layer };
}
