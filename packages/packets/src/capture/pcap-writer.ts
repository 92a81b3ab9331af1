/** Captures for tests and as evidence: pcap with nanoseconds, which every tool reads. */
import { MAX_PACKET_BYTES } from "../limits.ts";
import { ByteWriter } from "../wire/byte-writer.ts";
import { ethernetLinkType } from "./captured-packet.ts";
import type { CapturedPacket } from "./captured-packet.ts";

const nanoMagic = 0xa1b2_3c4d;

/** To be written once, before the packets. */
export function encodePcapHeader(linkType: number = ethernetLinkType): Uint8Array {
  return new ByteWriter("pcap")
    .u32(nanoMagic, "magic")
    .u16(2, "major version")
    .u16(4, "minor version")
    .zeros(8)
    .u32(MAX_PACKET_BYTES, "snapshot length")
    .u32(linkType, "link type")
    .finish();
}

export function encodePcapPacket(packet: Omit<CapturedPacket, "linkType">): Uint8Array {
  const { timestampNs, bytes, originalBytes } = packet;
  return new ByteWriter("pcap")
    .u32(Number(timestampNs / 1_000_000_000n), "seconds")
    .u32(Number(timestampNs % 1_000_000_000n), "nanoseconds")
    .u32(bytes.length, "captured length")
    .u32(originalBytes, "original length")
    .raw(bytes)
    .finish();
}

/** A whole capture at once. */
export function encodePcap(packets: readonly Omit<CapturedPacket, "linkType">[], linkType?: number): Uint8Array {
  const writer = new ByteWriter("pcap").raw(encodePcapHeader(linkType));
  for (const packet of packets) writer.raw(encodePcapPacket(packet));
  return writer.finish();
}
