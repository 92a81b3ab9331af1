/**
 * ISL, by which Cisco's switches marked VLANs before 802.1Q (Cisco document 17056, frame format). The frame travels whole
 * inside a frame to a group address whose first five bytes say what it is. Nobody builds such a trunk any more, but DTP offers
 * them, and taken for an ordinary SNAP header the VLAN number would choose the protocol inside.
 */
import type { PacketError } from "../errors.ts";
import type { Carried } from "../wire/carried.ts";
import { decoding } from "../wire/cursor.ts";

export interface IslHeader {
  readonly kind: "isl";
  readonly source: string;
  /** 15 bits, of which switches use ten. */
  readonly vlan: number;
  /** The frame inside is of the spanning tree, CDP or VTP. */
  readonly isControl: boolean;
}

/** 01-00-0c-00-00 and 03-00-0c-00-00. */
const firstBytes: ReadonlySet<number | undefined> = new Set([1, 3]);
const otherBytes = [0, 0x0c, 0, 0];
const groupBytes = 5;
const ethernetType = 0;
/** From the SNAP header to the reserved field, which the length counts although they come before the frame inside. */
const countedHeaderBytes = 12;

export function isIsl(frame: Uint8Array): boolean {
  return firstBytes.has(frame[0]) && otherBytes.every((byte, place) => frame[place + 1] === byte);
}

export function decodeIsl(frame: Uint8Array): Carried<IslHeader> | PacketError {
  return decoding(frame, "isl", (cursor) => {
    cursor.skip(groupBytes, "target");
    const type = cursor.u8("type") >> 4;
    if (type !== ethernetType) throw cursor.wrong("type", `${type} is not 0, Ethernet.`, 1, "packets.unsupported");
    const source = cursor.mac("source");
    const length = cursor.u16("length");
    if (length < countedHeaderBytes) throw cursor.wrong("length", `${length} bytes do not hold the header.`, 2);
    cursor.skip(6, "SNAP header");
    const bits = cursor.u16("VLAN");
    cursor.skip(4, "index");
    const payload = cursor.bytes(Math.min(length - countedHeaderBytes, cursor.remaining), "payload");
    return { header: { kind: "isl", source, vlan: bits >> 1, isControl: (bits & 1) === 1 }, payload };
  });
}
