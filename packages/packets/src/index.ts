/**
 * What a network says about itself, read from its packets and captures. Pure: bytes in, values out. A decoder returns what
 * it read or a PacketError, and never throws for what the network sent; an encoder throws PacketError for what cannot be sent.
 *
 * | protocol | source of the layout | certainty |
 * |---|---|---|
 * | Ethernet, LLC/SNAP, 802.1Q and stacked tags | IEEE 802.3, 802, 802.1Q | specified |
 * | ISL | Cisco document 17056, captures | observed |
 * | Linux cooked, versions 1 and 2 | tcpdump.org, LINKTYPE_LINUX_SLL and _SLL2 | specified |
 * | ARP, RARP, gratuitous ARP | RFC 826, 903, 5227 | specified |
 * | IPv4, IPv6, UDP, TCP header, ICMP echo | RFC 791, 8200, 768, 9293, 792, 4443 | specified |
 * | LACP | IEEE 802.1AX | specified |
 * | STP, RSTP, MSTP | IEEE 802.1D, 802.1Q | specified |
 * | PVST+ | dissectors, captures | observed |
 * | LLDP with 802.1 and 802.3 TLVs | IEEE 802.1AB, 802.1Q annex D, 802.3 clause 79 | specified |
 * | CDP, DTP | dissectors, captures | observed |
 * | VTP 1 and 2 | Cisco document 10558, dissectors; the VLAN entries never seen in a capture | observed |
 * | UDLD | RFC 5171 | specified |
 * | HSRP 1 | RFC 2281; interface states by dissector and captures | specified |
 * | HSRP 2 | dissectors, captures | observed |
 * | VRRP 2 and 3 | RFC 3768, 9568 | specified |
 * | GLBP | one dissector, no capture | best effort, marked in every message |
 * | LISP control | RFC 9301, 8060 | specified |
 * | VXLAN | RFC 7348 | specified |
 * | BFD, OSPF hello | RFC 5880, 2328, 5340 | specified |
 * | pcap, pcapng | draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng | specified |
 */
export { PacketError } from "./errors.ts";
export type { PacketErrorCode, PacketPlace } from "./errors.ts";
export { decodeFrame, decodePacket, layerOf } from "./frame/decode-frame.ts";
export type { Frame } from "./frame/decode-frame.ts";
export type { Layer, LayerKind } from "./frame/layer.ts";
export { CaptureReader, readCapture } from "./capture/capture-reader.ts";
export { ethernetLinkType } from "./capture/captured-packet.ts";
export type { CapturedPacket, CaptureProgress } from "./capture/captured-packet.ts";
export { encodePcap, encodePcapHeader, encodePcapPacket } from "./capture/pcap-writer.ts";
export { decodeEthernet, encodeEthernet, vlanTag } from "./link/ethernet.ts";
export type { Carried } from "./wire/carried.ts";
export type { EthernetContent, EthernetHeader, EthernetSettings, VlanTag } from "./link/ethernet.ts";
export { decodeArp, encodeGratuitousArp, encodeRarpAnnouncement } from "./link/arp.ts";
export type { AnnouncementSettings, Arp, ArpOperation, GratuitousArpSettings } from "./link/arp.ts";
export { decodeIsl } from "./link/isl.ts";
export type { IslHeader } from "./link/isl.ts";
export { decodeLinuxCooked } from "./link/linux-cooked.ts";
export type { LinuxCookedHeader } from "./link/linux-cooked.ts";
export { decodeLacp } from "./link/lacp.ts";
export type { Lacp, LacpParty } from "./link/lacp.ts";
export { decodeIpv4, encodeIpv4 } from "./internet/ipv4.ts";
export type { Ipv4Header, Ipv4Settings } from "./internet/ipv4.ts";
export { decodeIpv6, encodeIpv6 } from "./internet/ipv6.ts";
export type { Ipv6Header, Ipv6Settings } from "./internet/ipv6.ts";
export { decodeUdp, encodeUdp } from "./internet/udp.ts";
export type { UdpHeader, UdpSettings } from "./internet/udp.ts";
export { decodeTcp } from "./internet/tcp.ts";
export type { TcpHeader } from "./internet/tcp.ts";
export { decodeIcmp } from "./internet/icmp.ts";
export type { Icmp, IcmpEcho } from "./internet/icmp.ts";
export type { ChecksumVerdict, IpCarrier } from "./wire/checksum.ts";
export { decodeBpdu } from "./spanning-tree/bpdu.ts";
export type { Bpdu, BpduForm, BpduTimes } from "./spanning-tree/bpdu.ts";
export type { BridgeId, PortRole } from "./spanning-tree/bridge-id.ts";
export type { MultipleSpanningTree, SpanningTreeInstance } from "./spanning-tree/mst.ts";
export { decodeLldp } from "./discovery/lldp.ts";
export type { Lldp, LldpForeignTlv } from "./discovery/lldp.ts";
export type { LldpAggregation } from "./discovery/lldp-aggregation.ts";
export type { LldpCapability } from "./discovery/lldp-capability.ts";
export type { LldpDot1, LldpProtocolVlan, LldpVlanName } from "./discovery/lldp-dot1.ts";
export type { LldpDot3, LldpPhysical, LldpPower } from "./discovery/lldp-dot3.ts";
export type { LldpIdentity, LldpIdentityForm, ManagementAddress } from "./discovery/lldp-identity.ts";
export { encodeLldpFrame } from "./discovery/lldp-encode.ts";
export type { LldpSettings } from "./discovery/lldp-encode.ts";
export { decodeCdp } from "./discovery/cdp.ts";
export type { Cdp, CdpCapability } from "./discovery/cdp.ts";
export { decodeVtp } from "./discovery/vtp.ts";
export type { Vtp, VtpVlan } from "./discovery/vtp.ts";
export { decodeDtp } from "./discovery/dtp.ts";
export type { Dtp, DtpEncapsulation, DtpMode } from "./discovery/dtp.ts";
export { decodeUdld } from "./discovery/udld.ts";
export type { Udld, UdldNeighbor } from "./discovery/udld.ts";
export { decodeHsrp, decodeHsrpV1, encodeHsrpV1 } from "./redundancy/hsrp.ts";
export type { Hsrp, HsrpV1, HsrpV1Group, HsrpV1InterfaceState, HsrpV1Settings } from "./redundancy/hsrp.ts";
export { decodeHsrpV2, encodeHsrpV2 } from "./redundancy/hsrp-v2.ts";
export type {
  HsrpAuthentication,
  HsrpMessage,
  HsrpState,
  HsrpV2,
  HsrpV2Group,
  HsrpV2Settings,
} from "./redundancy/hsrp-v2.ts";
export { decodeVrrp, encodeVrrpV2, encodeVrrpV3 } from "./redundancy/vrrp.ts";
export type { Vrrp, VrrpChecksum, VrrpV2Settings, VrrpV3Settings } from "./redundancy/vrrp.ts";
export { decodeGlbp } from "./redundancy/glbp.ts";
export type { Glbp, GlbpForwarder, GlbpHello, GlbpState } from "./redundancy/glbp.ts";
export { virtualMacOf, virtualMacText } from "./redundancy/virtual-mac.ts";
export type { VirtualMac } from "./redundancy/virtual-mac.ts";
export {
  encodeHsrpV1Frame,
  encodeHsrpV2Frame,
  encodeVrrpV2Frame,
  encodeVrrpV3Frame,
} from "./redundancy/hello-frames.ts";
export type { Sender } from "./redundancy/hello-frames.ts";
export { decodeLisp } from "./overlay/lisp.ts";
export type {
  Lisp,
  LispEncapsulated,
  LispEndpoint,
  LispInfo,
  LispRegistration,
  LispReply,
  LispRequest,
} from "./overlay/lisp.ts";
export type { LispAddress, LispLocator, LispRecord } from "./overlay/lisp-record.ts";
export { decodeVxlan } from "./overlay/vxlan.ts";
export type { VxlanHeader } from "./overlay/vxlan.ts";
export { decodeBfd } from "./routing/bfd.ts";
export type { Bfd } from "./routing/bfd.ts";
export { decodeOspfHello } from "./routing/ospf-hello.ts";
export type { OspfHello } from "./routing/ospf-hello.ts";

/** For tests and benchmarks, of other packages as well: sound packets of every kind, the same ones made hostile, and a judge. */
export { frames as sampleFrames } from "./frame/samples.ts";
export { costlyFrames } from "./hostile/costly.ts";
export { drawFrom } from "./hostile/draw.ts";
export type { Draw } from "./hostile/draw.ts";
export { examine, examineFrame } from "./hostile/examination.ts";
export type { Examination } from "./hostile/examination.ts";
export { mutate } from "./hostile/mutation.ts";
