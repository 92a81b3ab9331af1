/** IPv4 (RFC 791). Fragments after the first carry no header of what they are a part of, and say so. */
import type { PacketError } from "../errors.ts";
import { ByteWriter, withChecksum } from "../wire/byte-writer.ts";
import type { Carried } from "../wire/carried.ts";
import { checksumOf, onesSum } from "../wire/checksum.ts";
import { decoding } from "../wire/cursor.ts";

export interface Ipv4Header {
  readonly kind: "ipv4";
  readonly source: string;
  readonly target: string;
  readonly protocol: number;
  readonly ttl: number;
  readonly typeOfService: number;
  readonly identification: number;
  readonly isDontFragment: boolean;
  readonly hasMoreFragments: boolean;
  readonly fragmentOffsetBytes: number;
  readonly isChecksumValid: boolean;
  /** How many bytes the total length promises beyond those that are there: a snapshot length, or a lie. */
  readonly missingBytes: number;
}

const minHeaderBytes = 20;

export function decodeIpv4(bytes: Uint8Array): Carried<Ipv4Header> | PacketError {
  return decoding(bytes, "ipv4", (cursor) => {
    const first = cursor.u8("version");
    if (first >> 4 !== 4) throw cursor.wrong("version", `${first >> 4} is not 4.`, 1);
    const headerBytes = (first & 15) * 4;
    if (headerBytes < minHeaderBytes) throw cursor.wrong("header length", `${headerBytes} bytes are too few.`, 1);
    const typeOfService = cursor.u8("type of service");
    const totalBytes = cursor.u16("total length");
    // Network cards that cut segments by themselves let captures see 0 here.
    const isUnknown = totalBytes === 0;
    if (!isUnknown && totalBytes < headerBytes)
      throw cursor.wrong("total length", `${totalBytes} bytes do not hold the header.`, 2);
    const identification = cursor.u16("identification");
    const fragment = cursor.u16("fragment");
    const ttl = cursor.u8("time to live");
    const protocol = cursor.u8("protocol");
    cursor.skip(2, "checksum");
    const source = cursor.ipv4("source");
    const target = cursor.ipv4("target");
    cursor.skip(headerBytes - minHeaderBytes, "options");
    const promised = isUnknown ? cursor.remaining : totalBytes - headerBytes;
    const missingBytes = Math.max(0, promised - cursor.remaining);
    const header: Ipv4Header = {
      kind: "ipv4",
      source,
      target,
      protocol,
      ttl,
      typeOfService,
      identification,
      isDontFragment: (fragment & 0x4000) !== 0,
      hasMoreFragments: (fragment & 0x2000) !== 0,
      fragmentOffsetBytes: (fragment & 0x1fff) * 8,
      isChecksumValid: onesSum(bytes.subarray(0, headerBytes)) === 0xffff,
      missingBytes,
    };
    return { header, payload: cursor.bytes(promised - missingBytes, "payload") };
  });
}

export interface Ipv4Settings {
  readonly source: string;
  readonly target: string;
  readonly protocol: number;
  readonly ttl: number;
  readonly typeOfService?: number;
}

export function encodeIpv4(settings: Ipv4Settings, payload: Uint8Array): Uint8Array {
  const header = new ByteWriter("ipv4")
    .u8(0x45, "version")
    .u8(settings.typeOfService ?? 0, "type of service")
    .u16(minHeaderBytes + payload.length, "total length")
    .u32(0, "fragment")
    .u8(settings.ttl, "time to live")
    .u8(settings.protocol, "protocol")
    .u16(0, "checksum")
    .ipv4(settings.source, "source")
    .ipv4(settings.target, "target")
    .finish();
  return new ByteWriter("ipv4")
    .raw(withChecksum(header, 10, checksumOf(header)))
    .raw(payload)
    .finish();
}
