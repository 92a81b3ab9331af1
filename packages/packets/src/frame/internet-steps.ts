/** What lies inside IP and inside UDP, by the numbers that IANA gave and, for HSRP's and GLBP's friends, those in use. */
import { PacketError } from "../errors.ts";
import { decodeIcmp } from "../internet/icmp.ts";
import { decodeTcp } from "../internet/tcp.ts";
import { decodeUdp, udpProtocol } from "../internet/udp.ts";
import type { UdpHeader } from "../internet/udp.ts";
import { decodeLisp } from "../overlay/lisp.ts";
import { decodeVxlan } from "../overlay/vxlan.ts";
import { decodeGlbp } from "../redundancy/glbp.ts";
import { decodeHsrp } from "../redundancy/hsrp.ts";
import { decodeVrrp, vrrpProtocol } from "../redundancy/vrrp.ts";
import { decodeBfd } from "../routing/bfd.ts";
import { decodeOspfHello, ospfProtocol } from "../routing/ospf-hello.ts";
import type { IpCarrier } from "../wire/checksum.ts";
import { last } from "./layer.ts";
import type { Layer, Step } from "./layer.ts";

const icmpProtocol = 1;
const tcpProtocol = 6;
const icmpV6Protocol = 58;

const hsrpPort = 1985;
const hsrpV6Port = 2029;
const glbpPort = 3222;
const bfdPorts: ReadonlySet<number> = new Set([3784, 4784]);
const lispControlPort = 4342;
/** RFC 7348, and the port that Linux uses unless told otherwise (drivers/net/vxlan). */
const vxlanPorts: ReadonlySet<number> = new Set([4789, 8472]);

export function stepIp(protocol: number, bytes: Uint8Array, carrier: IpCarrier): Step | PacketError | undefined {
  switch (protocol) {
    case icmpProtocol:
      return last(decodeIcmp(bytes, 4));
    case icmpV6Protocol:
      return last(decodeIcmp(bytes, 6));
    case tcpProtocol: {
      const tcp = decodeTcp(bytes);
      return tcp instanceof PacketError ? tcp : { layer: tcp.header };
    }
    case udpProtocol: {
      const udp = decodeUdp(bytes, carrier);
      if (udp instanceof PacketError) return udp;
      return { layer: udp.header, rest: { kind: "datagram", udp: udp.header, carrier, bytes: udp.payload } };
    }
    case ospfProtocol:
      return unlessUnsupported(decodeOspfHello(bytes));
    case vrrpProtocol:
      return last(decodeVrrp(bytes, carrier));
    default:
      return undefined;
  }
}

export function stepDatagram(udp: UdpHeader, bytes: Uint8Array, carrier: IpCarrier): Step | PacketError | undefined {
  const { sourcePort, targetPort } = udp;
  if (targetPort === hsrpPort || targetPort === hsrpV6Port) return last(decodeHsrp(bytes, carrier.target));
  if (targetPort === glbpPort) return last(decodeGlbp(bytes));
  if (bfdPorts.has(targetPort)) return last(decodeBfd(bytes));
  if (vxlanPorts.has(targetPort)) {
    const vxlan = decodeVxlan(bytes);
    if (vxlan instanceof PacketError) return vxlan;
    return { layer: vxlan.header, rest: { kind: "ethernet", bytes: vxlan.payload } };
  }
  if (targetPort === lispControlPort || sourcePort === lispControlPort) return stepLisp(bytes);
  return undefined;
}

function stepLisp(bytes: Uint8Array): Step | PacketError {
  const lisp = decodeLisp(bytes);
  if (lisp instanceof PacketError) return lisp;
  if (lisp.message !== "encapsulated" || lisp.hasSecurity) return { layer: lisp };
  const isV6 = (lisp.payload[0] ?? 0) >> 4 === 6;
  return { layer: lisp, rest: { kind: "ether-type", etherType: isV6 ? 0x86dd : 0x0800, bytes: lisp.payload } };
}

/** The other messages of OSPF are sound, and of no interest here. */
function unlessUnsupported(layer: Layer | PacketError): Step | PacketError | undefined {
  return layer instanceof PacketError && layer.code === "packets.unsupported" ? undefined : last(layer);
}
