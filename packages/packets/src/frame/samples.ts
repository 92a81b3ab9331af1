/**
 * One message of every kind, written down from the published layouts; checksums were computed apart from this package.
 * The unit tests say what is in them, tshark reads them too, and hostile input is made of them.
 */
import { encodeIpv4 } from "../internet/ipv4.ts";
import { encodeIpv6 } from "../internet/ipv6.ts";
import { encodeUdp } from "../internet/udp.ts";
import { encodeEthernet } from "../link/ethernet.ts";
import type { EthernetContent } from "../link/ethernet.ts";
import { hex, padded } from "../wire/hex.ts";
import { hexOf } from "../wire/text.ts";

/** Bodies without the headers around them. */
export const bodies = {
  /** RFC 826: who has 10.0.0.2. */
  arpRequest: hex("0001 0800 06 04 0001 525400000001 0a000001 000000000000 0a000002"),
  /** RFC 903, as QEMU fills it in (net/announce.c). */
  rarp: hex("0001 0800 06 04 0003 525400123456 00000000 525400123456 00000000"),
  /** IEEE 802.1AX-2014, figure 6-7. */
  lacp: hex(
    `01 01
     01 14 8000 001c73000001 0001 7fff 0007 3d 000000
     02 14 4000 001c73000002 0002 8000 0009 c2 000000
     03 10 0032 000000000000000000000000
     00 00 ${padded("", 50)}`,
  ),
  /** IEEE 802.1D-1998, section 9.3.1: priority 32768, extension 1, cost 4, port 8007, 1 s of age. */
  stpConfiguration: hex("0000 00 00 81 8001001c73000001 00000004 8001001c73000002 8007 0100 1400 0200 0f00"),
  stpTopologyChange: hex("0000 00 80"),
  /** IEEE 802.1D-2004, section 9.3.3: a designated port that learns, forwards and proposes. */
  rstp: hex("0000 02 02 3e 1001001c73000001 00000004 8001001c73000002 8007 0000 1400 0200 0f00 00"),
  /** The same with Cisco's TLV: VLAN 120. */
  pvst: hex("0000 02 02 3e 1078001c73000001 00000004 8078001c73000002 8007 0000 1400 0200 0f00 00 0000 0002 0078"),
  /** IEEE 802.1Q-2018, section 14.4: region "dc1", one instance. */
  mstp: hex(
    `0000 03 02 7c 1000001c73000001 00000004 8000001c73000002 8007 0000 1400 0200 0f00 00
     0050 00 ${padded("dc1", 32)} 0002 000102030405060708090a0b0c0d0e0f 000007d0 8000001c73000003 13
     3c 1001001c73000001 000003e8 80 70 12`,
  ),
  /** IEEE 802.1AB-2016, clause 8, with every TLV that is read; a TLV of LLDP-MED that is not; one name too long. */
  lldp: hex(
    `0207 04 001c73000001
     0407 03 001c73000007
     0602 0078
     0806 ${padded("to esx", 6)}
     0a05 ${padded("leaf3", 5)}
     0c03 ${padded("EOS", 3)}
     0e04 0014 0004
     100c 05 01 0a000007 02 00000007 00
     1018 11 02 20010db8000000000000000000000007 01 00000000 00
     fe06 0080c2 01 000a
     fe07 0080c2 02 06 0014
     fe0b 0080c2 03 0001 04 ${padded("mgmt", 4)}
     fe0a 0080c2 03 0078 03 ${padded("web", 3)}
     fe09 0080c2 03 0079 ff 4142
     fe07 0080c2 04 02 0180
     fe08 0080c2 05 deadbeef
     fe06 0080c2 06 0063
     fe09 0080c2 07 03 000003e9
     fe09 00120f 01 03 c036 001e
     fe0c 00120f 02 07 01 05 54 00ff 00fa
     fe06 00120f 04 2400
     fe05 0012bb 01 0f
     0000`,
  ),
  /** print-cdp.c of tcpdump; an even number of bytes. */
  cdp: hex(
    `02 b4 fcd1
     0001 0009 6c65616633
     0003 000f 45746865726e6574312f37
     0004 0008 00000029
     0006 000e 4e394b2d433933313830
     0009 0007 6c6162
     000a 0006 0005
     000b 0005 01
     000e 0007 01000f
     0011 0008 00002400
     0002 002d 00000002 01 01 cc 0004 c0a80001 02 08 aaaa0300000086dd 0010 fe80000000000000021c73fffe000007`,
  ),
  /** What the one above leaves out; an odd number of bytes, summed as Cisco does it. */
  cdpSwitch: hex(
    `02 b4 6c35
     0014 0009 6c65616634
     0005 0015 46697273740a5365636f6e64206c696e65
     0016 0011 00000001 01 01 cc 0004 c0a80002`,
  ),
  /** print-vtp.c of tcpdump. */
  vtpSummary: hex(
    `01 01 01 03 ${padded("lab", 32)} 00000007 0a000001 ${padded("261122220000", 12)} 000102030405060708090a0b0c0d0e0f`,
  ),
  vtpSubset: hex(
    `01 02 01 03 ${padded("lab", 32)} 00000007
     14 00 01 07 0001 05dc 000186a1 ${padded("default", 8)}
     14 01 01 08 0078 05dc 00018718 ${padded("web-prod", 8)}`,
  ),
  vtpJoin: hex(`01 04 00 03 ${padded("lab", 32)} 00000001`),
  vtpRequest: hex(`01 03 00 03 ${padded("lab", 32)} 00000001`),
  /** print-dtp.c of tcpdump: a trunk by 802.1Q, told to be one. */
  dtp: hex("01 0001 0008 6c616200 0002 0005 81 0003 0005 a5 0004 000a 001c73000001"),
  /** RFC 5171, section 5. */
  udld: hex(
    `21 03 1442
     0001 0008 464f4331
     0002 0009 4769302f31
     0003 0015 00000001 0004 464f4332 0005 4661302f32
     0004 0005 07
     0005 0005 05
     0006 0006 5331
     0007 0008 00000001`,
  ),
  /** RFC 2281, section 5.1: active, 3 s, 10 s, priority 110, group 10. */
  hsrpHello: hex("00 00 10 03 0a 6e 0a 00 636973636f000000 0a000001"),
  hsrpMd5: hex(
    `00 00 08 03 0a 64 0a 00 0000000000000000 0a000001
     04 1c 01 00 0000 0a000003 00000001 000102030405060708090a0b0c0d0e0f`,
  ),
  /** packet-hsrp.c of Wireshark: operation 3, interface state. */
  hsrpAdvertise: hex("00 03 0001 000e 02 00 0000 0001 00000000"),
  /** packet-hsrp.c of Wireshark: version 2, group 1000, standby, with text and an interface state. */
  hsrpV2: hex(
    `01 28 02 00 05 04 03e8 001c73000001 00000064 00000bb8 00002710 0a000001 000000000000000000000000
     02 04 0001 0002
     03 08 ${padded("secret", 8)}`,
  ),
  hsrpV2Ipv6: hex(
    `01 28 02 00 06 06 0001 001c73000001 00000064 00000bb8 00002710 fe80000000000000000573fffea00001
     04 1c 01 00 0000 0a000003 00000007 000102030405060708090a0b0c0d0e0f`,
  ),
  /** RFC 3768, section 5.1. */
  vrrpV2: hex("21 2a 64 02 01 01 2983 0a000001 0a000002 7365637265740000"),
  /** RFC 9568, section 5.1; sums with and without pseudo-header (10.0.0.3 to 224.0.0.18). */
  vrrpV3: hex("31 2c 64 01 0064 75db 0a000001"),
  vrrpV3Plain: hex("31 2c 64 01 0064 606d 0a000001"),
  vrrpV3Ipv6: hex("31 2d 64 02 0064 6ab2 fe8000000000000002005efffe00022d 20010db8000000000000000000000001"),
  /** packet-glbp.c of Wireshark. */
  glbp: hex(
    `01 00 03fd 0000 001c73000001
     01 1c 00 20 00 64 0000 00000bb8 00002710 0258 3840 0000 01 04 0a000001
     02 14 01 20 00 a7 64 00000000000000 0007b403fd01
     03 08 01 04 61626364`,
  ),
  /** RFC 9301, section 5.2: a question for 10.0.0.9/32. */
  lispRequest: hex("10000001 0102030405060708 0001 0a000009 0001 c0a80001 00 20 0001 0a000009"),
  /** Section 5.6 with I and M set, one record of two locators, and the trailer. */
  lispRegister: hex(
    `36000101 0102030405060708 00 01 0014 000102030405060708090a0b0c0d0e0f10111213
     000005a0 02 20 10 00 0007 0001 0a000009
     01 64 ff 00 0005 0001 c0a80001
     02 32 ff 00 0001 0002 20010db8000000000000000000000001
     000102030405060708090a0b0c0d0e0f 0000000000000001`,
  ),
  /** Section 5.7; the I flag without a trailer; an identifier with an instance (RFC 8060, section 4.1). */
  lispNotify: hex(
    `48000001 0102030405060708 00 00 0000
     000005a0 01 20 50 00 0000 4003 00 00 02 20 000a 000007d0 0001 0a000009
     01 64 ff 00 0001 0001 c0a80002`,
  ),
  lispReply: hex("28000001 0102030405060708 0000000f 00 18 30 00 0000 0001 0a000000"),
  lispAck: hex("50000001 0102030405060708 00 00 0000 000005a0 00 20 10 00 0000 0001 0a000009"),
  /** RFC 8111, section 6.4. */
  lispReferral: hex("60000001 0102030405060708 0000000f 00 18 10 00 0000 0001 0a000000"),
  /** RFC 5880, section 4.1. */
  bfd: hex("20 c8 03 18 00000001 00000002 000493e0 000493e0 00000000"),
  /** RFC 2328, section A.3.2; RFC 5340, section A.3.2. */
  ospfV2: hex(
    `02 01 0030 0a0000fe 00000000 0000 0000 0000000000000000
     ffffff00 000a 02 01 00000028 0a000001 0a000002 0a0000fd`,
  ),
  ospfV3: hex("03 01 0028 0a0000fe 00000001 0000 00 00 00000007 64 000013 000a 0028 0a000001 0a000002 0a0000fd"),
  /** RFC 9293, section 3.1: SYN. */
  tcpSyn: hex("c000 00b3 00000001 00000000 60 02 ffff 0000 0000 020405b4"),
  icmpEcho: hex("08 00 0000 0102 0003 61626364"),
  icmpV6Echo: hex("81 00 0000 0102 0003 61626364"),
} as const;

const mac = "00:1c:73:00:00:01";
const group = "01:00:5e:00:00:66";
const ipv6Source = "fe80::21c:73ff:fe00:7";

function etherFrame(etherType: number, body: Uint8Array): Uint8Array {
  return encodeEthernet({ target: group, source: mac, content: { kind: "ether-type", etherType } }, body);
}

function llcFrame(content: EthernetContent, body: Uint8Array): Uint8Array {
  return encodeEthernet({ target: "01:80:c2:00:00:00", source: mac, content }, body);
}

function snapFrame(protocolId: number, body: Uint8Array): Uint8Array {
  return llcFrame({ kind: "snap", organization: 0x00_00_0c, protocolId }, body);
}

function ipFrame(protocol: number, body: Uint8Array, target = "224.0.0.18"): Uint8Array {
  return etherFrame(0x0800, encodeIpv4({ source: "10.0.0.3", target, protocol, ttl: 255 }, body));
}

function ipv6Frame(protocol: number, body: Uint8Array, target = "ff02::12"): Uint8Array {
  return etherFrame(0x86dd, encodeIpv6({ source: ipv6Source, target, protocol, hopLimit: 255 }, body));
}

function ipv6Datagram(port: number, body: Uint8Array, target: string): Uint8Array {
  const carrier = { family: 6, source: ipv6Source, target } as const;
  return encodeUdp({ sourcePort: port, targetPort: port, carrier }, body);
}

function udpFrame(port: number, body: Uint8Array, target = "224.0.0.102"): Uint8Array {
  const carrier = { family: 4, source: "10.0.0.3", target } as const;
  return ipFrame(17, encodeUdp({ sourcePort: port, targetPort: port, carrier }, body), target);
}

/** Cisco document 17056: VLAN 5, a control frame; the length counts the twelve bytes after it, the frame and its sum. */
function inIsl(frame: Uint8Array): Uint8Array {
  const length = (12 + frame.length + 4).toString(16).padStart(4, "0");
  return hex(`01000c0000 00 001c73000001 ${length} aaaa03 00000c 000b 0000 0000 ${hexOf(frame)} 00000000 00000000`);
}

const spanningTree: EthernetContent = { kind: "llc", targetSap: 0x42, sourceSap: 0x42, control: 3 };
const inVxlan = (frame: Uint8Array): Uint8Array => hex(`08 000000 000064 00 ${hexOf(frame)}`);

/** Every body in the frame that brings it. */
export const frames = {
  arp: etherFrame(0x0806, bodies.arpRequest),
  rarp: etherFrame(0x8035, bodies.rarp),
  lacp: etherFrame(0x8809, bodies.lacp),
  stp: llcFrame(spanningTree, bodies.stpConfiguration),
  stpTopologyChange: llcFrame(spanningTree, bodies.stpTopologyChange),
  rstp: llcFrame(spanningTree, bodies.rstp),
  mstp: llcFrame(spanningTree, bodies.mstp),
  pvst: snapFrame(0x010b, bodies.pvst),
  lldp: etherFrame(0x88cc, bodies.lldp),
  cdp: snapFrame(0x2000, bodies.cdp),
  cdpSwitch: snapFrame(0x2000, bodies.cdpSwitch),
  vtpSummary: snapFrame(0x2003, bodies.vtpSummary),
  vtpSubset: snapFrame(0x2003, bodies.vtpSubset),
  vtpJoin: snapFrame(0x2003, bodies.vtpJoin),
  vtpRequest: snapFrame(0x2003, bodies.vtpRequest),
  dtp: snapFrame(0x2004, bodies.dtp),
  isl: inIsl(snapFrame(0x2004, bodies.dtp)),
  udld: snapFrame(0x0111, bodies.udld),
  hsrpHello: udpFrame(1985, bodies.hsrpHello, "224.0.0.2"),
  hsrpMd5: udpFrame(1985, bodies.hsrpMd5, "224.0.0.2"),
  hsrpAdvertise: udpFrame(1985, bodies.hsrpAdvertise, "224.0.0.2"),
  hsrpV2: udpFrame(1985, bodies.hsrpV2),
  vrrpV2: ipFrame(112, bodies.vrrpV2),
  vrrpV3: ipFrame(112, bodies.vrrpV3),
  vrrpV3Ipv6: ipv6Frame(112, bodies.vrrpV3Ipv6),
  glbp: udpFrame(3222, bodies.glbp),
  lispRequest: udpFrame(4342, bodies.lispRequest, "10.0.0.4"),
  lispRegister: udpFrame(4342, bodies.lispRegister, "10.0.0.4"),
  lispNotify: udpFrame(4342, bodies.lispNotify, "10.0.0.4"),
  lispReply: udpFrame(4342, bodies.lispReply, "10.0.0.4"),
  lispAck: udpFrame(4342, bodies.lispAck, "10.0.0.4"),
  lispReferral: udpFrame(4342, bodies.lispReferral, "10.0.0.4"),
  vxlan: udpFrame(4789, inVxlan(etherFrame(0x0806, bodies.arpRequest)), "10.0.0.4"),
  bfd: udpFrame(3784, bodies.bfd, "10.0.0.4"),
  ospfV2: ipFrame(89, bodies.ospfV2, "224.0.0.5"),
  ospfV3: ipv6Frame(89, bodies.ospfV3, "ff02::5"),
  tcp: ipFrame(6, bodies.tcpSyn, "10.0.0.4"),
  icmp: ipFrame(1, bodies.icmpEcho, "10.0.0.4"),
  icmpV6: ipv6Frame(58, bodies.icmpV6Echo, "2001:db8::4"),
  /** A hop-by-hop header and a fragment header before the datagram. */
  hsrpV2Ipv6: ipv6Frame(
    0,
    hex(`2c 00 0502 0000 0100 11 00 0001 00000001 ${hexOf(ipv6Datagram(2029, bodies.hsrpV2Ipv6, "ff02::66"))}`),
    "ff02::66",
  ),
} satisfies Readonly<Record<string, Uint8Array>>;
