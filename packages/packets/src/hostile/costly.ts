/** Packets built to cost the most: each is as large as a packet can be, of the smallest or of the dearest pieces. */
import { frames } from "../frame/samples.ts";
import { encodeIpv4 } from "../internet/ipv4.ts";
import { encodeUdp } from "../internet/udp.ts";
import { MAX_PACKET_BYTES, MAX_TLVS } from "../limits.ts";
import { encodeEthernet } from "../link/ethernet.ts";
import { hex } from "../wire/hex.ts";

/** A datagram's length has 16 bits and counts its header and that of IP, which has the same limit. */
const datagramBytes = 0xffff - 28;
const ends = { target: "01:00:5e:00:00:66", source: "00:1c:73:00:00:01" };

export const costlyFrames: Readonly<Record<string, Uint8Array>> = {
  "LLDP of VLAN names": lldp("fe07 0080c2 03 0001 00", MAX_TLVS - 3),
  "LLDP of more TLVs than may be": lldp("fe07 0080c2 03 0001 00", 4 * MAX_TLVS),
  "LLDP of TLVs that cannot be read": lldp("0e00", MAX_TLVS),
  "LLDP of foreign TLVs, each as long as can be": lldp(`ffff 00000c 01 ${"5a".repeat(507)}`, MAX_TLVS),
  "HSRP 2 of unknown TLVs": datagram(
    1985,
    "09 00",
    "01 28 02 00 05 04 03e8 001c73000001 00000064 00000bb8 00002710 0a000001 000000000000000000000000",
  ),
  "HSRP 1 with TLVs after it": datagram(
    1985,
    "09 00",
    "00 00 10 03 0a 6e 0a 00 636973636f000000 0a000001",
    "224.0.0.2",
  ),
  "GLBP of forwarders": datagram(
    3222,
    "02 14 01 20 00 a7 64 00000000000000 0007b403fd01",
    "01 00 03fd 0000 001c73000001",
  ),
  "GLBP of unknown TLVs": datagram(3222, "09 02", "01 00 03fd 0000 001c73000001"),
  "LISP of records with 255 locators": datagram(
    4342,
    `000005a0 ff 20 10 00 0000 0001 0a000009 ${"01 64 ff 00 0005 0001 c0a80001".repeat(255)}`,
    "200000ff 0102030405060708",
    "10.0.0.4",
  ),
  "LISP of one address as long as can be": datagram(
    4342,
    "5a".repeat(60_000),
    "20000001 0102030405060708 0000000f 00 18 10 00 0000 4003 0000 01 00 ea60",
    "10.0.0.4",
  ),
  "frames in VXLAN in frames": inVxlan(frames.lldp, 12),
};

function filled(head: Uint8Array, piece: Uint8Array, room: number, most: number): Uint8Array {
  const copies = Math.min(most, Math.floor((room - head.length) / piece.length));
  const bytes = new Uint8Array(head.length + copies * piece.length);
  bytes.set(head);
  for (let copy = 0; copy < copies; copy++) bytes.set(piece, head.length + copy * piece.length);
  return bytes;
}

function lldp(tlv: string, most: number): Uint8Array {
  const head = hex("0180c200000e 001c73000001 88cc 0207 04 001c73000001 0403 05 6531 0602 0078");
  return filled(head, hex(tlv), MAX_PACKET_BYTES, most);
}

function datagram(port: number, piece: string, head: string, target = "224.0.0.102"): Uint8Array {
  return carried(port, filled(hex(head), hex(piece), datagramBytes, Number.MAX_SAFE_INTEGER), target);
}

function carried(port: number, body: Uint8Array, target: string): Uint8Array {
  const carrier = { family: 4, source: "10.0.0.3", target } as const;
  const udp = encodeUdp({ sourcePort: port, targetPort: port, carrier }, body);
  const ip = encodeIpv4({ source: carrier.source, target, protocol: 17, ttl: 255 }, udp);
  return encodeEthernet({ ...ends, content: { kind: "ether-type", etherType: 0x0800 } }, ip);
}

function inVxlan(frame: Uint8Array, depth: number): Uint8Array {
  let outer = frame;
  for (let level = 0; level < depth; level++) {
    const room = level === 0 ? datagramBytes - 600 : 8 + outer.length;
    const body = new Uint8Array(room);
    body.set(hex("08 000000 000064 00"));
    body.set(outer, 8);
    outer = carried(4789, body, "10.0.0.4");
  }
  return outer;
}
